"""What httpx sends with: connections of aiohttp, which cost less than httpx's own (docs/decisions/0019).

httpx stays the interface, and its exceptions say how far a request came. ``ConnectError``,
``ConnectTimeout`` and ``PoolTimeout`` mean that nothing was sent, ``UnsupportedProtocol`` and
``LocalProtocolError`` that nothing can be. After any other exception the request may have had an effect.
A request is written once: neither a redirect nor a broken connection makes it go out again. Through a proxy
it is the same: the tunnel to an https address is a part of connecting.
"""

import asyncio
import select
import ssl
from collections.abc import AsyncIterator
from weakref import WeakSet

import aiohttp
import httpx
import yarl
from aiohttp.tracing import Trace

from muster.clients.way_out import certificate_refused, proxy_refused

_CONNECTIONS = 100
_IDLE = 4
"""Seconds. Below the five after which common servers close an idle connection: a request written to one
that is being closed is a lost answer, and a lost create may leave an orphan behind."""
_LONGEST_HEADER = 100 * 1024
"""Bytes. aiohttp's default is 8 KB, and the answer to a create may carry a long policy in its headers."""
_NOT_ADDED = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
"""Headers that aiohttp would add where httpx has none."""


class NoWayOut(httpx.ConnectError):
    """Nothing was sent, for a reason that an operator can mend; the text is a sentence for them."""


class AiohttpTransport(httpx.AsyncBaseTransport):
    """Sends over a pool of connections; ``verify`` as in httpx, with the system's certificate authorities.

    ``proxy`` is the address of the proxy that everything goes through, name and password in it.
    """

    def __init__(self, *, verify: ssl.SSLContext | bool = True, proxy: str | None = None) -> None:
        self._verify = verify
        self._proxy = proxy
        self._places = asyncio.Semaphore(_CONNECTIONS)
        self._opened: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send once and read the head of the answer; the body is read from the answer's stream."""
        limits = request.extensions["timeout"]
        await self._take_place(within=limits["pool"])
        try:
            answer = await self._session().request(
                request.method,
                _address(request.url),
                headers=[(name.decode(), value.decode()) for name, value in request.headers.raw],
                data=await request.aread() or None,
                allow_redirects=False,
                proxy=self._proxy,
                timeout=aiohttp.ClientTimeout(connect=limits["connect"], sock_read=limits["read"]),
            )
        except BaseException as error:
            self._places.release()
            if isinstance(error, aiohttp.InvalidURL | aiohttp.NonHttpUrlClientError):
                raise httpx.UnsupportedProtocol("the address cannot be written") from None
            if isinstance(error, ValueError):  # a header that cannot be written
                raise httpx.LocalProtocolError("the request cannot be written") from None
            raise
        return httpx.Response(
            status_code=answer.status,
            headers=answer.raw_headers,
            stream=_Body(answer, self._places),
            extensions={"http_version": b"HTTP/1.1", "reason_phrase": (answer.reason or "").encode()},
        )

    async def aclose(self) -> None:
        """Close all connections."""
        if self._opened is not None:
            await self._opened.close()

    async def _take_place(self, *, within: float | None) -> None:
        try:
            async with asyncio.timeout(within):
                await self._places.acquire()
        except TimeoutError as error:
            raise httpx.PoolTimeout("no connection became free") from error

    def _session(self) -> aiohttp.ClientSession:
        if self._opened is None:  # made here, since it needs the running event loop
            self._opened = aiohttp.ClientSession(
                connector=_Connector(self._verify),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                max_line_size=_LONGEST_HEADER,
                max_field_size=_LONGEST_HEADER,
                middlewares=[_send_once],
                skip_auto_headers=_NOT_ADDED,
            )
        return self._opened


class _Connector(aiohttp.TCPConnector):
    """Hands out connections that can be written to. Whatever fails here happens before anything is sent."""

    def __init__(self, verify: ssl.SSLContext | bool) -> None:
        super().__init__(
            ssl=verify,
            limit=0,  # the transport limits the requests that are under way
            keepalive_timeout=_IDLE,
            use_dns_cache=False,
            resolver=aiohttp.ThreadedResolver(),
        )
        self._used: WeakSet[object] = WeakSet()

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - the name that aiohttp gives it
    ) -> aiohttp.connector.Connection:
        """An idle connection that its server has not closed, or a new one."""
        try:
            connection = await super().connect(req, traces, timeout)
            while connection.protocol in self._used and _is_readable(connection):
                connection.close()
                connection = await super().connect(req, traces, timeout)
        except TimeoutError:
            raise httpx.ConnectTimeout("no connection was made in time") from None
        except (aiohttp.ClientError, OSError) as error:
            raise _not_connected(req.url.host or "", error) from None
        self._used.add(connection.protocol)
        return connection


def _not_connected(host: str, error: aiohttp.ClientError | OSError) -> httpx.ConnectError:
    """Why there is no connection to ``host``.

    Raised without its cause: aiohttp's errors quote the proxy's address, with the password in it.
    """
    match error:
        case aiohttp.ClientConnectorCertificateError(
            certificate_error=ssl.SSLCertVerificationError() as refused
        ):
            return NoWayOut(certificate_refused(host, refused))
        case aiohttp.ClientHttpProxyError(status=status):
            return NoWayOut(proxy_refused(host, status))
        # Nobody but a proxy answers, or hangs up, before the connection is there.
        case (
            aiohttp.ClientProxyConnectionError()
            | aiohttp.ClientResponseError()
            | aiohttp.ServerDisconnectedError()
        ):
            return NoWayOut(proxy_refused(host))
        case _:
            return httpx.ConnectError(f"no connection was made: {type(error).__name__}")


def _is_readable(connection: aiohttp.connector.Connection) -> bool:
    """Whether an idle connection has received bytes or was closed, although no answer is due.

    asyncio learns of a closed connection only when it next looks at its sockets. A process that was busy
    meanwhile would write a request to a connection that was closed seconds ago.
    """
    if connection.transport is None:
        return True
    poll = select.poll()
    poll.register(connection.transport.get_extra_info("socket"), select.POLLIN)
    return bool(poll.poll(0))


async def _send_once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Send, and raise each failure as an error of httpx.

    aiohttp would send a PUT or DELETE again after its own errors; these it does not know.
    """
    try:
        return await handler(request)
    except (aiohttp.ClientError, OSError) as error:
        raise _lost(error) from None


class _Body(httpx.AsyncByteStream):
    """The body of an answer. Its connection is free for others, or closed, once this is closed."""

    def __init__(self, answer: aiohttp.ClientResponse, places: asyncio.Semaphore) -> None:
        self._answer = answer
        self._places = places
        self._closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._answer.content.iter_any():
                yield chunk
        except (aiohttp.ClientError, OSError) as error:
            raise _lost(error) from None

    async def aclose(self) -> None:
        """Give the connection back, or close it if there is more to read on it."""
        if not self._closed:
            self._closed = True
            self._answer.close()
            self._places.release()


def _lost(error: aiohttp.ClientError | OSError) -> httpx.TransportError:
    """What happened to a request that was sent, or to its answer.

    Raised without its cause: the text of aiohttp's errors may quote the address, which names people.
    """
    match error:
        case TimeoutError():
            return httpx.ReadTimeout("the answer did not come in time")
        case aiohttp.ServerDisconnectedError():
            return httpx.RemoteProtocolError("the server closed the connection without an answer")
        case aiohttp.ClientResponseError():
            return httpx.RemoteProtocolError("the answer is not HTTP, or its head is too long")
        case aiohttp.ClientPayloadError():
            return httpx.RemoteProtocolError("the answer ended early")
        case _:
            return httpx.ReadError(f"the connection broke: {type(error).__name__}")


def _address(url: httpx.URL) -> yarl.URL:
    """The address byte by byte as httpx has parsed it: ``%3B`` in an id of Teams must not become ``;``."""
    path, _, query = url.raw_path.decode("ascii").partition("?")
    return yarl.URL.build(
        scheme=url.scheme,
        authority=url.netloc.decode("ascii"),
        path=path,
        query_string=query,
        encoded=True,
    )
