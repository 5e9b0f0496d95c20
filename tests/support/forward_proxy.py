"""A forward proxy on loopback that counts what passed: tunnels for https, absolute addresses for http.

Every host name leads to this machine, as behind a proxy that alone can resolve names.
"""

import asyncio
import contextlib
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_LOOPBACK = "127.0.0.1"


@dataclass
class ForwardProxy:
    """What went through, and what it asks for."""

    credentials: str | None = None
    """``name:password`` that it wants; anybody may use it where this is ``None``."""
    refuses: int | None = None
    """The status with which it refuses whatever it is asked for."""
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Method and target of each request that it let through, in their order."""
    port: int = 0
    serving: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        name = f"{self.credentials}@" if self.credentials else ""
        return f"http://{name}{_LOOPBACK}:{self.port}"

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection until either side ends it, or the proxy stops."""
        task = asyncio.ensure_future(self._serve(reader, writer))
        self.serving.add(task)
        task.add_done_callback(self.serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            head = await reader.readuntil(b"\r\n\r\n")
            method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
            status = self._refusal(head)
            if status is None:
                self.asked.append((method, target))
                await _pass(method, target, head, reader, writer)
            else:
                writer.write(b"HTTP/1.1 %d No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % status)
                await writer.drain()

    def _refusal(self, head: bytes) -> int | None:
        if self.refuses is not None:
            return self.refuses
        if self.credentials is None:
            return None
        wanted = b"proxy-authorization: basic " + b64encode(self.credentials.encode()).lower()
        return None if wanted in head.lower() else 407


async def _pass(
    method: str, target: str, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    parts = urlsplit(f"//{target}" if method == "CONNECT" else target)
    there, to_there = await asyncio.open_connection(_LOOPBACK, parts.port or 80)
    if method == "CONNECT":
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    else:
        path = target.removeprefix(f"{parts.scheme}://{parts.netloc}") or "/"
        to_there.write(head.replace(target.encode(), path.encode(), 1))
    with contextlib.closing(to_there):
        ways = (asyncio.ensure_future(_copy(reader, to_there)), asyncio.ensure_future(_copy(there, writer)))
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(65536):
        writer.write(chunk)
        await writer.drain()


@contextlib.asynccontextmanager
async def forward_proxy(
    *, credentials: str | None = None, refuses: int | None = None
) -> AsyncIterator[ForwardProxy]:
    """A proxy that listens while the block runs."""
    proxy = ForwardProxy(credentials=credentials, refuses=refuses)
    listening = await asyncio.start_server(proxy.accept, _LOOPBACK, 0)
    proxy.port = listening.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        listening.close()
        for task in (left := list(proxy.serving)):
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
