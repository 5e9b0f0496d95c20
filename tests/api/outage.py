"""A line to a server that can be cut and mended, to see what an outage does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

from api.gateway import Gateway
from muster.temporal.attempts import TemporalUnavailable
from tests.support.waiting import eventually


class Line:
    """Passes bytes between a port of its own and the server's."""

    def __init__(self, host: str, port: int) -> None:
        self._server_at = (host, port)
        self._listening: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self.port = 0

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def mend(self) -> None:
        """Take connections, always on the same port."""
        self._listening = await asyncio.start_server(self._connect, "127.0.0.1", self.port)
        self.port = self._listening.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Refuse new connections and break those that are there."""
        assert self._listening is not None
        self._listening.close()
        for writer in list(self._writers):
            writer.transport.abort()

    def stall(self) -> None:
        """Take bytes and pass nothing on, as behind a machine that hangs."""
        self._flowing.clear()

    def flow(self) -> None:
        """Pass on what was held up."""
        self._flowing.set()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection(*self._server_at)
        pair = {writer, server_writer}
        self._writers |= pair
        try:
            await asyncio.gather(self._pass(reader, server_writer), self._pass(server_reader, writer))
        finally:
            self._writers -= pair
            for each in pair:
                each.transport.abort()

    async def _pass(self, source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await source.read(65536):
                await self._flowing.wait()
                to.write(chunk)
                await to.drain()
        to.transport.abort()


@asynccontextmanager
async def line_to(address: str) -> AsyncIterator[Line]:
    """A line to ``host:port``, or to the server of a database's address."""
    place = urlsplit(address if "//" in address else f"//{address}")
    assert place.hostname
    assert place.port
    line = Line(place.hostname, place.port)
    await line.mend()
    try:
        yield line
    finally:
        await line.cut()


async def cut_known(line: Line, gateway: Gateway) -> None:
    """Cut the line, and return once the gateway's connection knows: from then on nothing of it is sent.

    What goes out while it breaks may have arrived for all that anybody knows, and is promised.
    """
    await line.cut()

    async def is_known() -> bool:
        try:
            await gateway.check_health()
        except TemporalUnavailable as error:
            return "tcp connect error" in str(error.__cause__)
        return False

    await eventually(is_known)
