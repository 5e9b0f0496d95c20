"""What a connection tells of its requests, over real sockets and on both event loops."""

import asyncio
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from muster.serving import Server
from tests.support.event_loops import both_loops
from tests.support.waiting import eventually

pytestmark = pytest.mark.anyio


anyio_backend = both_loops


class Application:
    """Answers ``ok`` and keeps how long each request had waited when its handler began."""

    def __init__(self) -> None:
        self.waited: list[float] = []

    async def asked(self, number: int) -> None:
        """Return when so many requests have come."""

        async def so_many() -> bool:
            return len(self.waited) == number

        await eventually(so_many)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.waited.append(asyncio.get_running_loop().time() - scope["state"]["arrived"])
        while (await receive()).get("more_body"):
            continue
        headers = [(b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok"})


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[tuple[str, int]]:
    listening = socket.create_server(("127.0.0.1", 0))
    server = Server(app)
    running = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield listening.getsockname()
    finally:
        server.should_exit = True
        await running


async def test_a_request_knows_when_its_first_byte_arrived():
    app = Application()
    async with serving(app) as address:
        reader, writer = await asyncio.open_connection(*address)
        for _ in range(2):
            writer.write(b"GET / HTTP/1.1\r\n")
            await asyncio.sleep(0.2)
            writer.write(b"Host: muster\r\n\r\n")
            await reader.readuntil(b"ok")
        writer.close()
    assert [0.15 < waited < 1 for waited in app.waited] == [True, True]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell")
async def test_what_a_busy_loop_reads_late_arrived_before():
    """On a new connection and on a kept one: its bytes lie in the kernel meanwhile."""
    app = Application()
    async with serving(app) as address:
        with socket.create_connection(address) as caller:
            for number in (1, 2):
                caller.sendall(b"GET / HTTP/1.1\r\nHost: muster\r\n\r\n")
                time.sleep(0.3)  # noqa: ASYNC251 - the loop is what is kept busy
                await app.asked(number)
    assert [0.25 < waited < 1.5 for waited in app.waited] == [True, True]
