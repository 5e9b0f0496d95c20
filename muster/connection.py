"""One HTTP connection of our server: uvicorn's, which bounds what a caller may send and how slowly.

uvicorn has no deadline for a request and no bound for its header. This class tells ``SlowCallers`` what each
connection is at.
"""

import asyncio
import socket
import struct
import sys
from contextvars import Context
from http import HTTPStatus
from typing import Any

import httptools
import structlog
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from muster.slow_callers import Phase, SlowCallers

ARRIVED = "arrived"
"""Where ``request.state`` has the time of a request's first byte, by the clock of the event loop."""

_LARGEST_HEADER = 16 * 1024
"""Bytes: Teams' token makes one of 3 KB, and proxies refuse as much."""
_LARGEST_REQUEST = 1024 * 1024
"""Bytes with everything around the body: twice the largest body that a route takes."""
_MOST_PIPELINED = 8
"""Requests sent before the answer to the first; neither PagerDuty nor Teams sends any."""
_TCP_INFO = getattr(socket, "TCP_INFO", None) if sys.platform == "linux" else None
_LAST_DATA_RECEIVED = 52
"""Where ``struct tcp_info`` of linux/tcp.h has the milliseconds since the kernel got data last."""
_LONGEST_WAIT = 60.0
"""Seconds; the kernel's answer is an age of the machine where a connection never brought anything."""

log = structlog.stdlib.get_logger(__name__)


class Connection(HttpToolsProtocol):
    """A connection, and the state of the request that it brings."""

    def __init__(self, *arguments: Any, callers: SlowCallers, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._callers = callers
        self._phase = Phase.HEADER
        self._began: float | None = None
        """When the first byte of the request that is read now arrived; between two requests ``None``."""
        self._answered: RequestResponseCycle | None = None
        """The request in work; ``cycle`` is the one that came last."""
        self._size = self._header_size = 0
        """Bytes of that request, and of its header alone."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._enter(Phase.HEADER)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._callers.leave(self)
        self._answer_nobody()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came, or refuse a request that grows too large."""
        if self._phase is Phase.CLOSING:
            return
        if self._began is None:
            self._began = self.loop.time() - _waited_in_kernel(self.transport)
        if self._phase is Phase.IDLE:
            self._enter(Phase.HEADER)
        self._size += len(data)
        if self._phase is not Phase.ANSWER:
            self._callers.hold(self, len(data))
        self._parse(data)
        if self._phase is Phase.HEADER and self._size > _LARGEST_HEADER:
            self._refuse(431)
        elif self._began is not None and self._size > _LARGEST_REQUEST:
            self._refuse(413)

    def on_message_begin(self) -> None:
        """Tell the application when the request arrived."""
        if len(self.pipeline) >= _MOST_PIPELINED:
            raise ValueError("too many requests before the first answer")
        super().on_message_begin()
        if self._began is None:  # it came together with the end of another
            self._began = self.loop.time()
        self.scope["state"][ARRIVED] = self._began
        self._header_size = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a field of the header."""
        self._header_size += len(name) + len(value)
        if self._header_size <= _LARGEST_HEADER:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Begin with the answer, or refuse the request by what its header says."""
        if self._phase is Phase.CLOSING:
            return None
        if self._header_size + len(self.url) > _LARGEST_HEADER:
            return self._refuse(431)
        declared = next((value for name, value in self.headers if name == b"content-length"), b"")
        if declared.isdigit() and int(declared) > _LARGEST_REQUEST:
            return self._refuse(413)
        if self._phase is Phase.HEADER:
            self._enter(Phase.BODY)
        return super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        if self._phase is not Phase.CLOSING:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole: its caller is not waited for."""
        if self._phase is Phase.CLOSING:
            return
        super().on_message_complete()
        self._began, self._size = None, 0
        if self._phase is Phase.BODY:
            self._enter(Phase.IDLE if self.cycle.response_complete else Phase.ANSWER)

    def on_response_complete(self) -> None:
        """Wait for the next request, for the rest of this one, or for the caller to take the answer."""
        following = self.pipeline[-1][0] if self.pipeline else None
        more_follow = len(self.pipeline) > 1
        super().on_response_complete()
        if self.transport.is_closing():
            self._enter(Phase.CLOSING)
        elif following is not None:
            self._enter(Phase.BODY if following.more_body and not more_follow else Phase.ANSWER)
        elif not self.cycle.more_body:
            self._enter(Phase.IDLE if self._began is None else Phase.HEADER)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        # The loop reads a connection in the context that let it read last, which may be an earlier request's.
        self._answered = cycle
        Context().run(super()._start_asgi_task, cycle, app)

    def drop(self, phase: Phase) -> None:
        """End a connection that is late or one too many, with an answer to whom a half request is."""
        if phase in (Phase.ANSWER, Phase.CLOSING):
            self.transport.abort()
        elif self._began is None or (phase is Phase.BODY and self.cycle.response_started):
            self._close()
        else:
            self._refuse(408)

    def _parse(self, data: bytes) -> None:
        """In place of uvicorn's own, which warns of what any caller can send."""
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            log.debug("a caller wants another protocol")  # the request itself is answered
        except httptools.HttpParserError as error:
            log.debug("what came is no HTTP", reason=type(error).__name__)
            self._refuse(400)

    def _refuse(self, status: int) -> None:
        """Answer in place of the application, whose own answer would come after it."""
        if self._phase is Phase.CLOSING:
            return
        text = HTTPStatus(status).phrase
        self.transport.write(
            f"HTTP/1.1 {status} {text}\r\nconnection: close\r\ncontent-type: text/plain\r\n"
            f"content-length: {len(text)}\r\n\r\n{text}".encode()
        )
        self._close()

    def _close(self) -> None:
        """Say that nothing more comes, and let the caller take what was said.

        Closed at once, with bytes unread, the connection would be reset and the answer lost.
        """
        self._unset_keepalive_if_required()
        self._enter(Phase.CLOSING)
        self._answer_nobody()
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()

    def _answer_nobody(self) -> None:
        """Let go of the request in work and of those behind it: an answer now would be an error of ours."""
        self.pipeline.clear()
        for cycle in (self._answered, self.cycle):
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()

    def _enter(self, phase: Phase) -> None:
        self._phase = phase
        self._callers.enter(self, phase, self.loop.time())


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
