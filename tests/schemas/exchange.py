"""A request as it went over the wire, and its answer as it came."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import httpx
import httpx2


@dataclass(frozen=True)
class Exchange:
    """Header names are in lower case; ``path`` is still percent-encoded."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes
    status: int
    answer_headers: Mapping[str, str]
    answer: bytes

    @property
    def sent(self) -> Any:
        """The request's JSON."""
        return json.loads(self.body)

    @property
    def answered(self) -> Any:
        """The answer's JSON."""
        return json.loads(self.answer)

    def __str__(self) -> str:
        return f"{self.method} {self.path} → {self.status}"


def exchange_of(response: httpx.Response | httpx2.Response, *, under: str = "") -> Exchange:
    """The exchange that ended with this answer, already read; ``under`` is the interface's base path."""
    request = response.request
    path, _, query = request.url.raw_path.decode().partition("?")
    return Exchange(
        method=request.method,
        path=path.removeprefix(under),
        query=tuple(parse_qsl(query, keep_blank_values=True)),
        headers=dict(request.headers.items()),
        body=request.content,
        status=response.status_code,
        answer_headers=dict(response.headers.items()),
        answer=response.content,
    )
