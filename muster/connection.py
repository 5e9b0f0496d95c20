"""One HTTP connection of our server: uvicorn's, which knows when a request arrived."""

import asyncio
import socket
import struct
import sys

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

ARRIVED = "arrived"
"""Where ``request.state`` has the time of a request's first byte, by the clock of the event loop."""

_TCP_INFO = getattr(socket, "TCP_INFO", None) if sys.platform == "linux" else None
_LAST_DATA_RECEIVED = 52
"""Where ``struct tcp_info`` of linux/tcp.h has the milliseconds since the kernel got data last."""
_LONGEST_WAIT = 60.0
"""Seconds; the kernel's answer is an age of the machine where a connection never brought anything."""


class Connection(HttpToolsProtocol):
    """A connection, and the state of the request that it brings."""

    _began: float | None = None
    """When the first byte of the request that is read now arrived; between two requests ``None``."""

    def data_received(self, data: bytes) -> None:
        """Parse what came."""
        if self._began is None:
            self._began = self.loop.time() - _waited_in_kernel(self.transport)
        super().data_received(data)

    def on_message_begin(self) -> None:
        """Tell the application when the request arrived."""
        super().on_message_begin()
        self.scope["state"][ARRIVED] = self.loop.time() if self._began is None else self._began

    def on_message_complete(self) -> None:
        """Take the next byte for that of the next request."""
        super().on_message_complete()
        self._began = None


def _waited_in_kernel(transport: asyncio.Transport) -> float:
    """Seconds for which the bytes just read had lain unread; nothing where the system does not tell.

    A busy event loop reads late, and whoever called has waited since then.
    """
    connection = transport.get_extra_info("socket")
    if _TCP_INFO is None or connection is None or connection.family not in (socket.AF_INET, socket.AF_INET6):
        return 0.0
    # What the event loop shows of the socket cannot be asked for this option.
    raw = socket.socket(connection.family, socket.SOCK_STREAM, socket.IPPROTO_TCP, fileno=connection.fileno())
    try:
        told = raw.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, _LAST_DATA_RECEIVED + 4)
    except OSError:
        return 0.0
    finally:
        raw.detach()
    waited: float = struct.unpack_from("=I", told, _LAST_DATA_RECEIVED)[0] / 1000
    return waited if waited < _LONGEST_WAIT else 0.0
