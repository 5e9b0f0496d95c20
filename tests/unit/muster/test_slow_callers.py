"""A server whose callers are slow, many or too large, over real sockets and on both event loops."""

import asyncio
import logging
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import pytest
from starlette.types import Receive, Scope, Send

from muster.metrics import DROPPED_CONNECTIONS
from muster.serving import Server
from muster.slow_callers import Limits
from tests.support.event_loops import both_loops
from tests.support.waiting import eventually

pytestmark = pytest.mark.anyio

BRISK = Limits(header_within=0.4, body_within=0.4, keep_alive=1.0, answer_within=30, close_within=0.3)
PATIENT = Limits(header_within=30, body_within=30, keep_alive=30)
WHOLE = b"GET / HTTP/1.1\r\nHost: muster\r\n\r\n"
HALF_A_HEADER = b"POST / HTTP/1.1\r\nHost: mus"
HALF_A_BODY = b"POST / HTTP/1.1\r\nHost: muster\r\nContent-Length: 100\r\n\r\nhalf"
CHUNKED = b"POST / HTTP/1.1\r\nHost: muster\r\nTransfer-Encoding: chunked\r\n\r\n"


anyio_backend = both_loops


class Application:
    """Answers with the path, at ``/slow`` when it is let, at ``/early`` before it reads the body."""

    def __init__(self) -> None:
        self.let = asyncio.Event()
        self.asked: list[str] = []
        self.broken = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked.append(scope["path"])
        if scope["path"] != "/early":
            while (event := await receive()).get("more_body"):
                continue
            if event["type"] == "http.disconnect":
                self.broken += 1
                return
        if scope["path"] == "/slow":
            await self.let.wait()
        body = b"x" * 3_000_000 if scope["path"] == "/large" else scope["path"].encode()
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class Caller(NamedTuple):
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def status(self) -> int:
        """Of the answer, which is read whole."""
        header = await self.reader.readuntil(b"\r\n\r\n")
        length = header.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await self.reader.readexactly(int(length or 0))
        return int(header.split()[1])

    async def is_cut(self) -> bool:
        """Whether the server closes it without another word."""
        try:
            return await self.reader.read(1) == b""
        except ConnectionError:
            return True


@dataclass(frozen=True)
class Served:
    address: tuple[str, int]
    app: Application
    server: Server
    callers: list[Caller] = field(default_factory=list)

    async def caller(self, sends: bytes = b"") -> Caller:
        caller = Caller(*await asyncio.open_connection(*self.address))
        self.callers.append(caller)
        caller.send(sends)
        return caller

    async def connected(self, number: int) -> None:
        """Return when so many connections are there."""

        async def so_many() -> bool:
            return len(self.server.server_state.connections) == number

        await eventually(so_many)

    async def begun(self, number: int) -> None:
        """Return when the application was asked so often: a body is waited for from there on."""

        async def so_often() -> bool:
            return len(self.app.asked) == number

        await eventually(so_often)

    async def asked(self, path: str) -> None:
        """Return when the application was asked for it."""

        async def known() -> bool:
            return path in self.app.asked

        await eventually(known)


@asynccontextmanager
async def serving(limits: Limits) -> AsyncIterator[Served]:
    listening = socket.create_server(("127.0.0.1", 0), backlog=500)
    app = Application()
    server = Server(app, limits=limits)
    running = asyncio.create_task(server.serve(sockets=[listening]))
    served = Served(listening.getsockname(), app, server)
    try:
        async with asyncio.timeout(25):
            yield served
    finally:
        for caller in served.callers:
            caller.writer.transport.abort()
        app.let.set()
        server.should_exit = True
        await running


def dropped(phase: str) -> float:
    return float(DROPPED_CONNECTIONS.labels(phase)._value.get())


# Slow


@pytest.mark.parametrize("half", [HALF_A_HEADER, HALF_A_BODY, CHUNKED + b"4\r\nhalf\r\n"])
async def test_half_a_request_is_waited_for_so_long(half):
    async with serving(BRISK) as served:
        began = time.monotonic()
        caller = await served.caller(half)
        assert await caller.status() == 408
        assert await caller.is_cut()
        assert 0.4 <= time.monotonic() - began < 3
        await served.connected(0)
        assert served.app.broken == len(served.app.asked)


@pytest.mark.parametrize("before", [b"", HALF_A_HEADER, HALF_A_BODY, b"\r\n"])
async def test_a_byte_now_and_then_lengthens_no_wait(before):
    async with serving(BRISK) as served:
        began = time.monotonic()
        caller = await served.caller(before)
        await served.connected(1)
        while served.server.server_state.connections and not caller.writer.is_closing():
            caller.send(b"\r\n" if before in (b"", b"\r\n") else b"x")
            await asyncio.sleep(0.05)
        assert time.monotonic() - began < 3


async def test_a_connection_that_brings_nothing_is_closed():
    async with serving(BRISK) as served:
        assert await (await served.caller()).is_cut()


async def test_a_kept_connection_is_closed_and_takes_the_next_request_before_that():
    async with serving(BRISK) as served:
        caller = await served.caller()
        for pause in (0.6, 0.6, 0):
            caller.send(WHOLE)
            assert await caller.status() == 200
            await asyncio.sleep(pause)
        began = time.monotonic()
        assert await caller.is_cut()
        assert 0.9 < time.monotonic() - began < 4


async def test_an_answer_takes_as_long_as_it_takes():
    async with serving(BRISK) as served:
        caller = await served.caller(WHOLE.replace(b"/", b"/slow", 1))
        await asyncio.sleep(1.2)
        served.app.let.set()
        assert await caller.status() == 200


async def test_a_caller_that_takes_no_answer_is_cut_off():
    before = dropped("answer")
    async with serving(Limits(answer_within=0.5)) as served:
        caller = await served.caller(WHOLE.replace(b"/", b"/large", 1) * 8)
        await served.connected(1)
        caller.reader._transport.pause_reading()  # type: ignore[attr-defined]
        await served.connected(0)
        caller.writer.close()
    assert dropped("answer") == before + 1


async def test_a_busy_loop_drops_nobody_whose_bytes_lie_unread():
    async with serving(BRISK) as served:
        with socket.create_connection(served.address) as caller:
            caller.sendall(HALF_A_HEADER)
            await served.connected(1)
            caller.sendall(b"ter\r\nContent-Length: 1\r\n\r\nx")
            time.sleep(1)  # noqa: ASYNC251 - the loop is what is kept busy
            caller.setblocking(False)
            assert (await asyncio.get_running_loop().sock_recv(caller, 15)).startswith(b"HTTP/1.1 200 OK")


# Large


@pytest.mark.parametrize(
    "header",
    [
        b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: muster\r\n\r\n",
        b"GET / HTTP/1.1\r\nX-PagerDuty-Signature: v1=" + b"0" * 50_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"0" * 1_000_000,
        b"GET / HTTP/1.1\r\n" + b"X: 1\r\n" * 200_000,
        b"GET / HTTP/1.1\r\n" + b"x" * 40_000 + b": 1\r\n\r\n",
    ],
    ids=["path", "value", "endless value", "many", "name"],
)
async def test_a_large_header_is_refused_before_anybody_reads_it(header):
    async with serving(PATIENT) as served:
        caller = await served.caller(header)
        assert await caller.status() == 431
        await served.connected(0)
        assert served.app.asked == []


async def test_a_header_of_a_usual_size_is_read():
    async with serving(PATIENT) as served:
        caller = await served.caller(WHOLE.replace(b"muster", b"muster\r\nAuthorization: " + b"x" * 12_000))
        assert await caller.status() == 200


async def test_a_body_that_declares_itself_too_large_is_refused_before_it_comes():
    async with serving(PATIENT) as served:
        caller = await served.caller(HALF_A_BODY.replace(b": 100", b": 1048577"))
        assert await caller.status() == 413
        assert served.app.asked == []


@pytest.mark.parametrize(
    "endless", [b"4\r\nhalf\r\n", b"1;" + b"x" * 5000 + b"\r\nx\r\n", b"0\r\nX: " + b"x" * 5000]
)
async def test_a_body_that_does_not_end_is_refused_before_it_fills_the_memory(endless):
    async with serving(PATIENT) as served:
        caller = await served.caller(CHUNKED)
        caller.send(endless * (1_100_000 // len(endless)))
        assert await caller.status() == 413
        await served.connected(0)


async def test_half_bodies_together_have_a_bound_and_the_oldest_go_first():
    half = HALF_A_BODY.replace(b": 100", b": 100004") + b"x" * 99_900
    async with serving(Limits(body_within=30, waiting_bytes=350_000)) as served:
        callers = []
        for number in range(4):  # one after the other: two that come at once may be read in either order
            callers.append(await served.caller(half))
            await served.begun(number + 1)
        assert await callers[0].status() == 408
        for caller in callers[1:]:
            caller.send(b"x" * 100)
        assert [await caller.status() for caller in callers[1:]] == [200] * 3


# Many


async def test_the_oldest_are_dropped_where_too_many_wait_and_nobody_with_a_whole_request_is():
    async with serving(Limits(header_within=30, body_within=30, keep_alive=30, waiting=20)) as served:
        in_work = [await served.caller(WHOLE.replace(b"/", b"/slow", 1)) for _ in range(5)]
        held = [await served.caller(half) for half in (HALF_A_HEADER, HALF_A_BODY) for _ in range(20)]
        assert [await caller.status() for caller in held[:20]] == [408] * 20
        caller = await served.caller(WHOLE)
        assert await caller.status() == 200
        held[-1].send(b"x" * 96)
        assert await held[-1].status() == 200
        served.app.let.set()
        assert [await caller.status() for caller in in_work] == [200] * 5


async def test_connections_have_a_bound_that_leaves_room_for_a_newcomer():
    async with serving(Limits(header_within=30, waiting=1000, connections=30)) as served:
        held = [await served.caller(HALF_A_HEADER) for _ in range(60)]
        caller = await served.caller(WHOLE)
        assert await caller.status() == 200
        assert [await caller.status() for caller in held[:30]] == [408] * 30
        await served.connected(30)


# Neither


async def test_requests_sent_at_once_are_answered_in_their_order():
    async with serving(PATIENT) as served:
        caller = await served.caller(b"".join(WHOLE.replace(b"/", b"/%d" % n, 1) for n in range(5)))
        assert [await caller.status() for _ in range(5)] == [200] * 5
        assert served.app.asked == [f"/{n}" for n in range(5)]
        caller.send(WHOLE)
        assert await caller.status() == 200


async def test_more_of_them_than_anybody_sends_are_refused():
    async with serving(PATIENT) as served:
        caller = await served.caller(WHOLE * 1000)
        assert await caller.status() == 400
        assert await caller.is_cut()
        assert len(served.app.asked) < 10


async def test_a_half_request_behind_an_answered_one_is_dropped():
    async with serving(BRISK) as served:
        caller = await served.caller(WHOLE + HALF_A_BODY)
        assert [await caller.status() for _ in range(2)] == [200, 408]


async def test_an_answer_before_the_body_ends_is_read_and_the_connection_is_kept():
    async with serving(PATIENT) as served:
        caller = await served.caller(HALF_A_BODY.replace(b"/", b"/early", 1))
        assert await caller.status() == 200
        caller.send(b"x" * 96 + WHOLE)
        assert await caller.status() == 200
        assert served.app.asked == ["/early", "/"]


@pytest.mark.parametrize(
    "noise",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 500,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"CONNECT evil.example:443 HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: muster\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: muster\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
    ],
)
async def test_noise_is_answered_and_leaves_no_line(noise, caplog):
    with caplog.at_level(logging.INFO):
        async with serving(BRISK) as served:
            caller = await served.caller(noise)
            assert await caller.status() in (200, 400, 408)
            caller.writer.close()
            await served.connected(0)
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


async def test_a_server_that_stops_waits_for_no_half_request(caplog):
    with caplog.at_level(logging.INFO):
        async with serving(PATIENT) as served:
            caller = await served.caller(HALF_A_BODY)
            await served.connected(1)
            served.server.should_exit = True
            assert await caller.status() == 408
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


@pytest.mark.parametrize("next_comes", [b"no HTTP at all\r\n\r\n", WHOLE, HALF_A_HEADER, WHOLE * 20, b""])
@pytest.mark.parametrize("cut", [True, False])
async def test_whoever_goes_on_or_goes_away_before_an_answer_is_no_error_of_ours(next_comes, cut, caplog):
    with caplog.at_level(logging.INFO):
        async with serving(BRISK) as served:
            caller = await served.caller(WHOLE.replace(b"/", b"/slow", 1) + next_comes)
            await served.connected(1)
            await served.asked("/slow")
            if cut:
                caller.writer.transport.abort()
                await served.connected(0)
            served.app.let.set()
            await served.connected(0)
    told = [record for record in caplog.records if record.name != "asyncio"]
    assert [record.getMessage() for record in told if record.levelno > logging.WARNING] == []
