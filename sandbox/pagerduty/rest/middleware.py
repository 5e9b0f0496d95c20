"""The middleware around every REST call: rate limit, faults, and records."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.pagerduty import errors
from sandbox.pagerduty.fault_answers import fault_answer
from sandbox.pagerduty.model import Read, Write
from sandbox.pagerduty.simulator import Simulator
from sandbox.serving import cut_connection

_NOT_THE_API = frozenset({"", "app", "service-directory", "_sandbox", "oauth", "global", "favicon.ico"})
"""First segments of the paths that are not part of the REST API."""

_LARGEST_BODY = 1_000_000


class RestMiddleware:
    """ASGI middleware around the REST API; other paths pass unchanged."""

    def __init__(self, app: ASGIApp, simulator: Simulator) -> None:
        self._app = app
        self._simulator = simulator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, by the application or by a fault, and record it."""
        if scope["type"] != "http" or scope["path"].split("/")[1] in _NOT_THE_API:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        body = await _read(receive)
        fault = self._simulator.faults.take("rest", _properties(scope))
        if fault is not None and fault.do == "slow":
            await asyncio.sleep(fault.seconds)
        allowed, limit_headers = self._simulator.rate_limit.take(headers.get("Authorization", ""))
        if body is None:
            answer = await _answer_of(_error_answer(errors.too_large("The body is too large")), scope)
        elif not allowed:
            answer = await _answer_of(_error_answer(errors.rate_limited()), scope)
        elif fault is not None and fault.do == "status":
            answer = await _answer_of(fault_answer(fault), scope)
        else:
            answer = await _answer_of(self._app, scope, body)
            if fault is not None and fault.do == "status_after":
                answer = await _answer_of(fault_answer(fault), scope)
        self._record(scope, headers, body or b"", answer.status)
        if fault is not None and fault.do == "lose_answer":
            await cut_connection(scope, receive)
            return
        if fault is not None and fault.do == "late_answer":
            await asyncio.sleep(fault.seconds)
        await answer.send(send, limit_headers)

    def _record(self, scope: Scope, headers: Headers, body: bytes, status: int) -> None:
        at, path, state = self._simulator.clock.now(), scope["path"], self._simulator.store.state
        if scope["method"] in ("GET", "HEAD"):
            state.reads.append(Read(at=at, path=path, status=status))
        else:
            user = self._simulator.credentials.user_of(headers.get("Authorization", ""), headers.get("From"))
            state.writes.append(
                Write(at=at, method=scope["method"], path=path, user=user, status=status, body=_parsed(body))
            )
        self._simulator.store.changed()


@dataclass
class _Answer:
    """An answer that is complete but not sent yet."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    async def send(self, send: Send, more_headers: Mapping[str, str]) -> None:
        headers = [*self.headers, *((name.encode(), value.encode()) for name, value in more_headers.items())]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


async def _answer_of(app: ASGIApp, scope: Scope, body: bytes = b"") -> _Answer:
    answer = _Answer()

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status, answer.headers = message["status"], list(message["headers"])
        else:
            answer.body += message.get("body", b"")

    await app(scope, receive, send)
    return answer


async def _read(receive: Receive) -> bytes | None:
    """The whole body; None if it is too large."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > _LARGEST_BODY:
            return None
    return body


def _properties(scope: Scope) -> dict[str, str | None]:
    parts = scope["path"].strip("/").split("/")
    incident = parts[1] if parts[0] == "incidents" and len(parts) > 1 else None
    return {"method": scope["method"], "path": scope["path"], "incident": incident}


def _error_answer(error: errors.ApiError) -> Response:
    return JSONResponse(error.body(), status_code=error.status, headers=error.headers)


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body) if body else {}
    except ValueError:
        return body.decode(errors="replace")
