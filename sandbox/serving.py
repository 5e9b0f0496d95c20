"""Serve an application on several ports until a signal stops it, and cut connections for faults."""

import asyncio
import email.utils
import signal
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import uvicorn
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

_GRACE = 1
"""Seconds that a running request has to finish when the server stops."""
_KEPT = 75
"""Seconds for which an idle connection is kept: longer than any of our callers keeps its own, however busy
both are. Whoever uses a connection while it is being closed loses its answer, and no fault asked for it.
"""

Address = tuple[str, int]
_connections: dict[tuple[Address, Address], asyncio.Transport] = {}


@dataclass(frozen=True)
class Listener:
    """A port to listen on; over TLS if there are a certificate and its key."""

    port: int
    host: str = "127.0.0.1"
    certificate: Path | None = None
    key: Path | None = None


class LostAnswer(Response):
    """A response that sends nothing and closes the connection, as a network failure does."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Close the connection and return when it is closed."""
        await cut_connection(scope, receive)


async def cut_connection(scope: Scope, receive: Receive) -> None:
    """Close the connection of this request without an answer; returns when it is closed."""
    _connections[tuple(scope["server"]), tuple(scope["client"])].abort()
    while (await receive())["type"] != "http.disconnect":
        continue


class Dated:
    """Gives each answer the one ``Date`` that ``now`` tells, unless the app gave it one (RFC 9110, 6.6.1)."""

    def __init__(self, app: ASGIApp, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._app = app
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and date the answer."""

        async def send_dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = email.utils.format_datetime(self._now(), usegmt=True)
                MutableHeaders(scope=message).setdefault("Date", date)
            await send(message)

        await self._app(scope, receive, send_dated)


def run(app: ASGIApp, listeners: Sequence[Listener], *, on_stop: Callable[[], None] = lambda: None) -> None:
    """Serve until SIGTERM or SIGINT; ``on_stop`` must end open streams, which would delay the exit."""

    async def until_signal() -> None:
        stop_requested = asyncio.Event()
        for signal_number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(signal_number, stop_requested.set)
        async with serving(app, listeners, on_stop=on_stop):
            await stop_requested.wait()

    asyncio.run(until_signal())


@asynccontextmanager
async def serving(
    app: ASGIApp, listeners: Sequence[Listener], *, on_stop: Callable[[], None] = lambda: None
) -> AsyncIterator[None]:
    """Serve while the block runs; connections are accepted from its beginning.

    The app's lifespan belongs to the first listener.
    """
    app = Dated(app)
    sockets = [_listen(listener) for listener in listeners]
    servers = [_server(app, listener, lifespan=not place) for place, listener in enumerate(listeners)]
    # ``Server.serve`` would handle the process's signals itself and raise them again at its end.
    running = [
        asyncio.create_task(server._serve([listening]))
        for server, listening in zip(servers, sockets, strict=True)
    ]
    try:
        yield
    finally:
        on_stop()
        for server in servers:
            server.should_exit = True
        await asyncio.gather(*running)


def _listen(listener: Listener) -> socket.socket:
    """A listening socket whose protocol is TCP by name.

    ``socket.create_server`` sets the protocol to zero. asyncio then does not switch Nagle's algorithm off,
    and every answer on a kept connection waits for 40 ms (measured: 22 against 596 calls a second).
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((listener.host, listener.port))
    listening.listen(2048)
    return listening


def _server(app: ASGIApp, listener: Listener, *, lifespan: bool) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=_Connection,
            lifespan="on" if lifespan else "off",
            log_level="warning",
            access_log=False,
            server_header=False,
            # The answers have one by ``Dated``.
            date_header=False,
            ssl_certfile=listener.certificate,
            ssl_keyfile=listener.key,
            timeout_keep_alive=_KEPT,
            timeout_graceful_shutdown=_GRACE,
        )
    )


class _Connection(H11Protocol):
    """A connection that is found by a request's scope, since the scope has no access to its transport."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        _connections[self._place] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        _connections.pop(self._place, None)
        super().connection_lost(exc)

    @property
    def _place(self) -> tuple[Address, Address]:
        return cast(Address, self.server), cast(Address, self.client)
