"""HTTP served inside the event loop of a process that handles its signals itself."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from functools import partial
from math import ceil
from typing import cast

import uvicorn
from starlette.types import ASGIApp

from muster.connection import Connection
from muster.errors import OperatorError
from muster.slow_callers import Limits, SlowCallers, descriptors_for_callers

_GRACE = 5
"""Seconds that running requests have when the server stops: longer than any answer takes."""
_LOOPBACK = "127.0.0.1"


class CannotListen(OperatorError):
    """The host is not one of this machine, or its port is taken."""


class Server(uvicorn.Server):
    """Uvicorn for one application. ``serve`` returns after ``should_exit`` has been set.

    ``handle_exit`` is the handler to give to a signal. Uvicorn itself would take the process's signals while
    it serves and raise them again at its end, which would end the process as if it had been killed.
    """

    def __init__(
        self, app: ASGIApp, *, host: str = _LOOPBACK, port: int = 0, limits: Limits | None = None
    ) -> None:
        limits = limits or Limits()
        self._callers = SlowCallers(
            replace(limits, connections=min(limits.connections, descriptors_for_callers()))
        )
        super().__init__(
            uvicorn.Config(
                app,
                http=cast(type[asyncio.Protocol], partial(Connection, callers=self._callers)),
                ws="none",
                timeout_keep_alive=ceil(limits.keep_alive),
                host=host,
                port=port,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=_GRACE,
            )
        )

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve, and keep callers within their bounds, to the end."""
        sweeping = asyncio.create_task(self._callers.sweep_for_ever())
        try:
            await super().serve(sockets)
        finally:
            sweeping.cancel()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections, and answer what came whole."""
        self._callers.hurry()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the process."""
        yield


@asynccontextmanager
async def serving(app: ASGIApp, *, host: str = _LOOPBACK, port: int) -> AsyncIterator[None]:
    """Serve a worker's health while the block runs; raises ``CannotListen``."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family)
    except OSError as error:
        raise CannotListen(
            f"nothing can listen at {host}, port {port}: {error.strerror}: MUSTER_HOST and"
            " MUSTER_WORKER_HEALTH_PORT can name another place"
        ) from error
    server = Server(app)
    running = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield
    finally:
        server.should_exit = True
        await running
