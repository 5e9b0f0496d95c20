"""A server in the place of Muster's API: it keeps what it is asked, and answers what a test says."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.serving import Listener, serving
from sandbox.up.servers.ports import free_port
from tests.support.waiting import Changes

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True)
class Called:
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Told:
    """An answer: a status and a JSON body, after so many seconds."""

    status: int = 200
    body: Any = None
    after: float = 0


@dataclass
class CalledApi:
    """``answers`` are by the end of the path, each used once but the last; any other path is answered 200."""

    answers: dict[str, list[Told]] = field(default_factory=dict)
    called: list[Called] = field(default_factory=list)
    port: int = field(default_factory=free_port)
    arrivals: Changes = field(default_factory=Changes)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        return [f"{one.method} {one.path}" for one in self.called]

    def forget(self) -> None:
        self.answers.clear()
        self.called.clear()

    async def until(self, count: int) -> list[Called]:
        """Wait for so many requests."""
        await self.arrivals.until(lambda: len(self.called) >= count, within=10)
        return self.called

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        async def answer(request: Request) -> Response:
            path = request.url.path
            self.called.append(Called(request.method, path, dict(request.headers), await request.body()))
            self.arrivals.add()
            waiting = next((told for end, told in self.answers.items() if path.endswith(end)), [Told()])
            told = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            await asyncio.sleep(told.after)
            return Response(json.dumps(told.body), told.status, media_type="application/json")

        app = Starlette(routes=[Route("/{path:path}", answer, methods=_METHODS)])
        async with serving(app, [Listener(self.port)]):
            yield
