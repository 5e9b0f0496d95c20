"""What the transport sends, that it sends it once, and whether a failure came before or after that.

Every server is a plain socket, so that each can misbehave in its own way. Everything runs on both event
loops: the worker and the API run on uvloop, most tests on asyncio. All but one of these tests hold for
httpx's own transport as well: it takes what a server says unasked for the next request's answer.
"""

import asyncio
import contextlib
import gzip
import socket
import ssl
import struct
import time

import httpx
import pytest
import trustme

from muster.clients.http import exchange, open_pool
from muster.clients.transport import NoWayOut
from muster.clients.way_out import WayOut
from sandbox.up.servers.ports import free_port
from tests.support.event_loops import both_loops
from workflows.errors import OutcomeUnknown, ProviderUnavailable, RequestInvalid

pytestmark = pytest.mark.anyio


anyio_backend = both_loops


@pytest.fixture
async def pool():
    async with open_pool() as pool:
        yield pool


class Server:
    """Gives each connection to ``behave`` and keeps the requests that it reads."""

    port: int
    url: str

    def __init__(self, behave):
        self.behave = behave
        self.requests = []
        self.connections = 0
        self.asked = asyncio.Event()
        """A request has been read."""
        self.gone = asyncio.Event()
        """A client has closed its connection."""

    async def serve(self, reader, writer):
        self.connections += 1
        try:
            await self.behave(self, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            self.gone.set()
        finally:
            writer.close()

    async def read(self, reader):
        head = await reader.readuntil(b"\r\n\r\n")
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        body = await reader.readexactly(int(lengths[0].split(b":")[1]) if lengths else 0)
        self.requests.append(head + body)
        self.asked.set()


@contextlib.asynccontextmanager
async def server(behave, *, tls=None, host="127.0.0.1"):
    running = Server(behave)
    listening = await asyncio.start_server(running.serve, host, 0, ssl=tls)
    running.port = listening.sockets[0].getsockname()[1]
    running.url = f"{'https' if tls else 'http'}://localhost:{running.port}/"
    async with listening:
        yield running


def answering(*answers):
    """Answers a connection's requests in turn; the last answer is for all others too."""

    async def behave(server, reader, writer):
        left = list(answers)
        while True:
            await server.read(reader)
            writer.write(left[0] if len(left) == 1 else left.pop(0))
            await writer.drain()

    return behave


def answer(body=b"{}", *headers, status=b"200 OK"):
    lines = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


ANSWER = answer()
SOON, LATER = 0.5, 10.0
"""Seconds: a call that is to run out of time, and one that is not."""


def breaking(said=b"", *, reset=False):
    """Reads a request, says this much of an answer and ends the connection, in order or with a reset."""

    async def behave(server, reader, writer):
        await server.read(reader)
        writer.write(said)
        await writer.drain()
        if reset:
            await asyncio.sleep(0.05)  # what was said arrives before the reset, which would discard it
            reset_connection(writer)

    return behave


def reset_connection(writer):
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def silent(server, reader, writer):
    await server.read(reader)
    await reader.readexactly(1)


def call(pool, url, method="POST", *, within=LATER, repeatable=False, **request):
    built = pool.build_request(method, url, **({"json": {}} if method in ("POST", "PUT") else {}) | request)
    return exchange(pool, built, provider="the provider", within=within, repeatable=repeatable)


# What is sent


@pytest.mark.parametrize(
    ("method", "path", "request_"),
    [
        ("POST", "v3/conversations/19%3Aa%40thread.tacv2%3Bmessageid%3D1/activities", {"json": {"a": "ü"}}),
        ("POST", "v3/conversations", {"data": {"grant_type": "client_credentials", "scope": "a b+c"}}),
        ("POST", "v3/empty", {"content": b""}),
        ("PUT", "incidents/Q1%2f%zz", {"json": {}, "headers": {"From": "ada@example.com"}}),
        ("GET", "incidents/Q1?include%5B%5D=teams&since=2026-11-28T10%3A00%3A00%2B01%3A00", {}),
        ("GET", "a%20b//c/", {"headers": {"Authorization": "Bearer x", "Cookie": "a=b"}}),
        # aiohttp adds this length of its own accord.
        ("DELETE", "v3/conversations/a/activities/1", {"headers": {"Content-Length": "0"}}),
    ],
)
async def test_a_request_is_byte_by_byte_what_httpx_would_send(pool, method, path, request_):
    async with server(answering(ANSWER)) as there:
        url = there.url + path
        async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport()) as plain:
            await plain.request(method, url, **request_)
        await pool.request(method, url, **request_)
    first, second = ((lines[0], sorted(lines[1:])) for lines in (r.split(b"\r\n") for r in there.requests))
    assert second == first


async def test_the_environment_has_no_say(monkeypatch, tmp_path):
    nowhere = "http://127.0.0.1:1"
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, nowhere)
    netrc = tmp_path / "netrc"
    netrc.write_text("default login ada password s3cret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    async with server(answering(ANSWER)) as there, open_pool() as pool:
        assert (await call(pool, there.url)).status_code == 200
    assert b"authorization" not in there.requests[0].lower()


async def test_a_redirect_is_an_answer(pool):
    async with server(answering(ANSWER)) as elsewhere:
        location = f"Location: {elsewhere.url}".encode()
        async with server(answering(answer(b"", location, status=b"307 Temporary Redirect"))) as there:
            assert (await call(pool, there.url)).status_code == 307
    assert (len(there.requests), len(elsewhere.requests)) == (1, 0)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
async def test_a_token_follows_no_redirect_to_another_host(pool, method, status):
    async with server(answering(ANSWER)) as elsewhere:
        location = f"Location: http://127.0.0.1:{elsewhere.port}/".encode()
        moved = answer(b"", location, status=b"%d Moved" % status)
        async with server(answering(moved)) as there:
            headers = {"Authorization": "Bearer t0ken"}
            assert (await call(pool, there.url, method=method, headers=headers)).status_code == status
    assert b"Bearer t0ken" in there.requests[0]
    assert elsewhere.connections == 0


async def test_a_cookie_is_kept_by_httpx_alone(pool):
    async with server(answering(answer(b"{}", b"Set-Cookie: node=7; Path=/"))) as there:
        for _ in range(3):
            await call(pool, there.url)
        pool.cookies.clear()
        await call(pool, there.url)
    assert [request.lower().count(b"cookie: node=7\r\n") for request in there.requests] == [0, 1, 1, 0]


@pytest.mark.parametrize("value", ["a\r\nX-Other: b", "a\nb", "a\0b"])
async def test_a_header_that_cannot_be_written_is_refused_unsent(pool, value):
    async with server(answering(ANSWER)) as there:
        with pytest.raises(RequestInvalid):
            await call(pool, there.url, headers={"Authorization": value})
        await call(pool, there.url)
    assert len(there.requests) == 1


@pytest.mark.parametrize("url", ["ftp://localhost/", "localhost/path", "/path", "http:///path"])
async def test_an_address_that_is_none_is_refused(pool, url):
    with pytest.raises(RequestInvalid):
        await call(pool, url)


# What is read


async def test_a_compressed_answer_is_unpacked_once(pool):
    packed = gzip.compress(b'{"id": "1"}')
    async with server(answering(answer(packed, b"Content-Encoding: gzip"))) as there:
        response = await call(pool, there.url)
    assert response.json() == {"id": "1"}


async def test_what_comes_before_the_answer_is_not_the_answer(pool):
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    async with server(answering(early + answer(b"[1]"))) as there:
        response = await call(pool, there.url)
    assert (response.status_code, response.json()) == (200, [1])


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[1]",
        b"HTTP/1.0 200 OK\r\n\r\n[1]",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n[\r\n2\r\n1]\r\n0\r\n\r\n",
    ],
)
async def test_an_answer_may_be_long_without_saying_so(pool, said):
    async with server(breaking(said)) as there:
        assert (await call(pool, there.url)).json() == [1]


@pytest.mark.parametrize("status", [b"204 No Content", b"200 OK"])
async def test_an_empty_answer_leaves_its_connection_to_the_next(pool, status):
    async with server(answering(answer(b"", status=status))) as there:
        for _ in range(3):
            assert (await call(pool, there.url)).content == b""
    assert there.connections == 1


async def test_long_headers_are_read(pool):
    policy = b"Content-Security-Policy: " + b"x" * 60_000
    async with server(answering(answer(b"{}", policy))) as there:
        assert len((await call(pool, there.url)).headers["content-security-policy"]) == 60_000


@pytest.mark.parametrize(
    "headers", [[b"X: " + b"x" * 1_000_000], [b"X-%d: " % number + b"x" * 1_000 for number in range(1_000)]]
)
async def test_a_megabyte_of_headers_is_no_answer(pool, headers):
    async with server(answering(answer(b"{}", *headers))) as there:
        with pytest.raises(OutcomeUnknown, match="was lost"):
            await call(pool, there.url)


# Sent or not


HALF_A_BODY = b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n{"
HALF_THE_CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n[\r\n"
NO_ANSWER = {
    "closed": breaking(),
    "reset": breaking(reset=True),
    "half a head": breaking(b"HTTP/1.1 200 OK\r\nContent-"),
    "half a body": breaking(HALF_A_BODY),
    "half a body, reset": breaking(HALF_A_BODY, reset=True),
    "half the chunks": breaking(HALF_THE_CHUNKS),
    "half the chunks, reset": breaking(HALF_THE_CHUNKS, reset=True),
    "not HTTP": breaking(b"220 mail.example ESMTP\r\n\r\n"),
    "silent": silent,
}


@pytest.mark.parametrize("behave", NO_ANSWER.values(), ids=NO_ANSWER)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "GET"])
async def test_a_request_without_an_answer_was_sent_once(pool, behave, method):
    async with server(behave) as there:
        with pytest.raises(OutcomeUnknown):
            await call(pool, there.url, method, within=SOON if behave is silent else LATER)
        assert len(there.requests) == 1


@pytest.mark.parametrize("behave", NO_ANSWER.values(), ids=NO_ANSWER)
@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_a_request_on_a_kept_connection_is_sent_once_too(pool, behave, method):
    async def answer_one_and_then(there, reader, writer):
        await there.read(reader)
        writer.write(ANSWER)
        await behave(there, reader, writer)

    async with server(answer_one_and_then) as there:
        await call(pool, there.url)
        with pytest.raises(OutcomeUnknown):
            await call(pool, there.url, method, within=SOON if behave is silent else LATER)
    assert (len(there.requests), there.connections) == (2, 1)


async def refused(calling, kind):
    """Nothing was sent, for a reason that httpx's exception names."""
    with pytest.raises(ProviderUnavailable, match="cannot be reached") as failure:
        await calling
    assert type(failure.value.__context__) is kind


async def test_a_port_where_nobody_listens_was_sent_nothing(pool):
    await refused(call(pool, f"http://127.0.0.1:{free_port()}/"), httpx.ConnectError)


async def test_a_name_that_nobody_has_was_sent_nothing(pool):
    await refused(call(pool, "http://nobody.invalid/", within=60), httpx.ConnectError)


async def test_a_host_that_takes_no_connection_was_sent_nothing(pool):
    with contextlib.ExitStack() as sockets:
        listening = sockets.enter_context(contextlib.closing(socket.socket()))
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(8):  # more than the queue holds
            waiting = sockets.enter_context(contextlib.closing(socket.socket()))
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
        await refused(
            call(pool, f"http://127.0.0.1:{listening.getsockname()[1]}/", within=1), httpx.ConnectTimeout
        )


async def test_an_address_of_version_six_is_connected_to(pool):
    with contextlib.suppress(OSError):  # from a machine without it
        async with server(answering(ANSWER), host="::1") as there:
            assert (await call(pool, f"http://[::1]:{there.port}/")).status_code == 200


# Connections


async def test_a_connection_is_used_again(pool):
    async with server(answering(ANSWER)) as there:
        for _ in range(3):
            await call(pool, there.url)
    assert (len(there.requests), there.connections) == (3, 1)


async def test_a_connection_is_not_kept_longer_than_servers_keep_theirs(monkeypatch):
    monkeypatch.setattr("muster.clients.transport._IDLE", 0.05)
    async with server(answering(ANSWER)) as there, open_pool() as pool:
        await call(pool, there.url)
        await asyncio.sleep(0.1)
        await call(pool, there.url)
    assert there.connections == 2


@pytest.mark.parametrize("busy", [False, True], ids=["idle", "busy"])
@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
async def test_an_idle_connection_that_its_server_closed_is_not_written_to(pool, busy, reset):
    """Also when the process was too busy to see it happen."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        listening.settimeout(5)

        def serve_one():
            connection, _ = listening.accept()
            assert connection.recv(65536)
            connection.sendall(ANSWER)
            return connection

        first = asyncio.create_task(asyncio.to_thread(serve_one))
        await call(pool, url)
        connection = await first
        second = asyncio.create_task(asyncio.to_thread(serve_one))
        await asyncio.sleep(0)
        if reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        await asyncio.sleep(0.05) if not busy else time.sleep(0.05)  # noqa: ASYNC251 - this is what is tested
        assert (await call(pool, url)).status_code == 200
        (await second).close()


async def test_what_a_server_says_unasked_is_nobodys_answer(pool):
    async with server(answering(ANSWER + answer(b'"of somebody else"'), answer(b'"mine"'))) as there:
        await call(pool, there.url)
        there.behave = answering(answer(b'"mine"'))
        assert (await call(pool, there.url)).json() == "mine"
    assert there.connections == 2


@pytest.fixture
def one_place(monkeypatch):
    monkeypatch.setattr("muster.clients.transport._CONNECTIONS", 1)


async def test_a_request_that_no_connection_is_free_for_is_not_sent(one_place):
    async with server(silent) as there, open_pool() as pool:
        first = asyncio.create_task(call(pool, there.url, within=10))
        await there.asked.wait()
        await refused(call(pool, there.url, within=1), httpx.PoolTimeout)
        first.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await first
    assert len(there.requests) == 1


@pytest.mark.parametrize("behave", NO_ANSWER.values(), ids=NO_ANSWER)
async def test_a_lost_answer_leaves_its_place_to_the_next(one_place, behave):
    async with server(behave) as there, open_pool() as pool:
        with pytest.raises(OutcomeUnknown):
            await call(pool, there.url, within=SOON if behave is silent else LATER)
        there.behave = answering(ANSWER)
        assert (await call(pool, there.url, within=LATER)).status_code == 200


async def test_a_connection_that_failed_leaves_its_place_to_the_next(one_place):
    async with server(answering(ANSWER)) as there, open_pool() as pool:
        for url in (f"http://127.0.0.1:{free_port()}/", "nonsense://x/"):
            with pytest.raises((ProviderUnavailable, RequestInvalid)):
                await call(pool, url, within=LATER)
        assert (await call(pool, there.url, within=LATER)).status_code == 200


@pytest.mark.parametrize("said", [b"", HALF_A_BODY], ids=["before its answer", "in its answer"])
async def test_a_cancelled_request_closes_its_connection_and_leaves_its_place(one_place, said):
    async def say_and_wait(there, reader, writer):
        await there.read(reader)
        writer.write(said)
        await reader.readexactly(1)

    async with server(say_and_wait) as there, open_pool() as pool:
        cancelled = asyncio.create_task(call(pool, there.url, within=10))
        await there.asked.wait()
        await asyncio.sleep(0.05)  # the part of the answer arrives
        cancelled.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cancelled
        await asyncio.wait_for(there.gone.wait(), 5)
        there.behave = answering(ANSWER)
        assert (await call(pool, there.url, within=LATER)).status_code == 200


# TLS


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


def presenting(authority, name):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    return context


@pytest.fixture
def trusting(authority):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


async def test_a_certificate_of_our_authority_is_trusted(authority, trusting):
    tls = presenting(authority, "localhost")
    async with server(answering(ANSWER), tls=tls) as there, open_pool(WayOut(trusting)) as pool:
        for _ in range(3):
            assert (await call(pool, there.url)).status_code == 200
    assert there.connections == 1


@pytest.mark.parametrize("name", ["localhost", "elsewhere.example"])
async def test_any_other_certificate_is_sent_nothing(authority, trusting, name):
    way = None if name == "localhost" else WayOut(trusting)
    tls = presenting(authority, name)
    async with server(answering(ANSWER), tls=tls) as there, open_pool(way) as pool:
        await refused(call(pool, there.url), NoWayOut)
    assert there.requests == []


async def test_a_server_without_tls_is_sent_nothing_over_it(pool):
    async def say_hello(there, reader, writer):
        writer.write(b"220 mail.example ESMTP\r\n")
        await reader.readexactly(1_000_000)

    async with server(say_hello) as there:
        await refused(call(pool, there.url.replace("http:", "https:")), httpx.ConnectError)


async def test_a_handshake_that_does_not_go_on_was_sent_nothing(pool):
    async def hear(there, reader, writer):
        await reader.readexactly(1_000_000)

    async with server(hear) as there:
        await refused(call(pool, there.url.replace("http:", "https:"), within=1), httpx.ConnectTimeout)
