"""A TCP balancer of a few lines: connections in turn, to the next backend where one refuses."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from sandbox.up.servers.ports import LOOPBACK

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Balancer:
    """Relays the connections of one port to several."""

    def __init__(self, backends: Sequence[int]) -> None:
        self._backends = list(backends)
        self._relays: set[asyncio.Task[None]] = set()
        self.served = dict.fromkeys(backends, 0)
        """Connections by backend."""

    @asynccontextmanager
    async def serving(self, port: int) -> AsyncIterator[None]:
        """Listen while the block runs."""
        server = await asyncio.start_server(self._accept, LOOPBACK, port)
        try:
            yield
        finally:
            server.close()
            for relay in self._relays:
                relay.cancel()
            await asyncio.gather(*self._relays, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        relay = asyncio.create_task(self._relay((reader, writer)))
        self._relays.add(relay)
        relay.add_done_callback(self._relays.discard)

    async def _relay(self, client: Stream) -> None:
        backend = await self._connect()
        try:
            if backend is not None:
                await asyncio.gather(_pump(client[0], backend[1]), _pump(backend[0], client[1]))
        finally:
            for _, writer in filter(None, (client, backend)):
                writer.close()

    async def _connect(self) -> Stream | None:
        for _ in self._backends:
            self._backends.append(self._backends.pop(0))
            port = self._backends[-1]
            with suppress(ConnectionRefusedError):
                stream = await asyncio.open_connection(LOOPBACK, port)
                self.served[port] += 1
                return stream
        return None


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await source.read(65_536):
            sink.write(data)
            await sink.drain()
    sink.close()
