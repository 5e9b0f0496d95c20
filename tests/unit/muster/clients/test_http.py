"""One exchange: what a failure says about whether the request may have had an effect."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
import structlog

from muster.clients.http import exchange, open_pool, refusal
from muster.logging import CORRELATION_HEADER, correlated
from workflows.errors import (
    Conflict,
    CredentialRejected,
    Forbidden,
    NotFound,
    OutcomeUnknown,
    ProviderUnavailable,
    RateLimited,
    RequestInvalid,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
async def pool():
    async with open_pool() as pool:
        yield pool


@contextlib.asynccontextmanager
async def server(behave):
    """A TCP server that reads a request's head, then behaves; yields its address and what it read."""
    heads, exchanges = [], []

    async def serve(reader, writer):
        task = asyncio.current_task()
        assert task is not None
        exchanges.append(task)
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        await behave(reader, writer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield f"http://127.0.0.1:{port}/", heads
    await asyncio.gather(*exchanges)


async def answer(_reader, writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
    await writer.drain()


async def hang_up(_reader, writer):
    writer.transport.abort()


async def break_off(_reader, writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n{")
    await writer.drain()


async def say_nothing(reader, _writer):
    await reader.read()  # until the caller gives up


def call(pool, url, *, repeatable, within=2.0):
    request = pool.build_request("POST", url, json={})
    return exchange(pool, request, provider="the provider", within=within, repeatable=repeatable)


async def test_an_answer_is_returned_with_whatever_status(pool):
    async with server(answer) as (url, _):
        assert (await call(pool, url, repeatable=False)).status_code == 200


@pytest.mark.parametrize(("behave", "within"), [(hang_up, 10), (break_off, 10), (say_nothing, 1)])
@pytest.mark.parametrize(("repeatable", "failure"), [(True, ProviderUnavailable), (False, OutcomeUnknown)])
async def test_a_lost_answer_is_unknown_unless_repeating_is_harmless(
    pool, behave, within, repeatable, failure
):
    async with server(behave) as (url, _):
        with pytest.raises(failure):
            await call(pool, url, repeatable=repeatable, within=within)


async def test_a_server_that_is_not_there_has_done_nothing(pool):
    async with server(answer) as (url, _):
        pass
    with pytest.raises(ProviderUnavailable):
        await call(pool, url, repeatable=False)


async def test_a_request_that_cannot_be_written_is_invalid(pool):
    with pytest.raises(RequestInvalid):
        await call(pool, "nonsense://host/", repeatable=False)


@pytest.mark.parametrize(
    "content",
    [
        {"headers": {"X-Name": "Jörg"}},
        {"headers": {"X-Name": "a\r\nX-Evil: 1"}},
        {"headers": {"X-Name": "a\x00"}},
        {"json": {"title": "cut \ud83d"}},
        {"json": {"ratio": float("nan")}},
        {"json": {"who": object()}},
    ],
)
async def test_what_http_or_json_cannot_carry_is_invalid(pool, content):
    """Not lost: nothing was sent."""
    with pytest.raises(RequestInvalid):
        pool.build_request("POST", "http://127.0.0.1/", **content)


@pytest.mark.parametrize("odd", ["f:1\r\nX-Evil: 1", "caf\u00e9", "a\x00"])
async def test_a_correlation_id_that_no_header_carries_stays_behind(pool, odd):
    async with server(answer) as (url, heads):
        with correlated(odd):
            await call(pool, url, repeatable=False)
    assert CORRELATION_HEADER.lower() not in heads[0].lower()


async def test_the_correlation_id_goes_along(pool):
    async with server(answer) as (url, heads):
        with correlated("cause-1"):
            await call(pool, url, repeatable=False)
    assert f"{CORRELATION_HEADER}: cause-1".lower() in heads[0].lower()


async def told_of(sending):
    with structlog.testing.capture_logs() as lines, contextlib.suppress(ProviderUnavailable):
        await sending
    (line,) = lines
    assert line.pop("ms") >= 0
    return line


async def test_an_exchange_is_one_line_without_its_address(pool, monkeypatch):
    # A logger of the test's own: another test may have fixed the module's to its configuration.
    monkeypatch.setattr("muster.clients.http.log", structlog.stdlib.get_logger())
    async with server(answer) as (url, _):
        line = await told_of(call(pool, f"{url}users?token=s3cret", repeatable=True))
    exchanged = {"event": "exchange", "log_level": "info", "provider": "the provider", "method": "POST"}
    assert line == exchanged | {"status": 200}
    line = await told_of(call(pool, f"{url}users?token=s3cret", repeatable=True))
    assert line == exchanged | {"failure": "ProviderUnavailable"}


async def test_the_environments_proxy_is_not_asked(monkeypatch):
    async with server(answer) as (url, _):
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        async with open_pool() as pool:
            assert (await call(pool, url, repeatable=False)).status_code == 200


def refused(status, *, headers=None, code=None, repeatable=False, by_code=None):
    response = httpx.Response(status, headers=headers)
    return refusal(response, provider="It", repeatable=repeatable, code=code, by_code=by_code or {})


@pytest.mark.parametrize(
    ("status", "failure"),
    [
        (307, RequestInvalid),
        (400, RequestInvalid),
        (401, CredentialRejected),
        (402, RequestInvalid),
        (403, Forbidden),
        (404, NotFound),
        (408, OutcomeUnknown),
        (409, Conflict),
        (412, Conflict),
        (413, RequestInvalid),
        (429, RateLimited),
        (500, OutcomeUnknown),
        (502, OutcomeUnknown),
        (504, OutcomeUnknown),
    ],
)
async def test_a_status_names_the_condition(status, failure):
    assert type(refused(status)) is failure


@pytest.mark.parametrize("status", [408, 500, 503])
async def test_a_failure_of_the_server_leaves_nothing_unknown_where_repeating_is_harmless(status):
    assert type(refused(status, repeatable=True)) is ProviderUnavailable


async def test_the_providers_code_comes_before_the_status_and_is_kept():
    error = refused(400, code="1005", by_code={"1005": Conflict})
    assert (type(error), error.code, str(error)) == (Conflict, "1005", "It answered 400 (1005)")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "-3"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "1e400"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "86400"}, 3600),
        ({"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}, None),
        ({"Retry-After": "Fri, 31 Dec 9999 23:59:59 -1200"}, None),
        ({"Retry-After": "Thu, 01 Jan 2099 00:00:00 GMT"}, 3600),
        ({"ratelimit-reset": "21"}, 21),
        ({"Retry-After": "2", "ratelimit-reset": "21"}, 2),
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
)
async def test_the_time_to_wait_is_read_from_the_answer(headers, seconds):
    assert refused(429, headers=headers).retry_after == seconds


async def test_a_window_that_every_answer_tells_is_no_request_to_wait_for_it():
    assert refused(500, headers={"ratelimit-reset": "55"}).retry_after is None
    assert refused(503, headers={"Retry-After": "5", "ratelimit-reset": "55"}).retry_after == 5


async def test_the_time_to_wait_may_be_a_date():
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    assert refused(429, headers={"Retry-After": moment}).retry_after == pytest.approx(60, abs=3)
