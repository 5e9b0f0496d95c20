"""Every call leaves over the configured proxy and authorities, and says what is in its way."""

import asyncio
import json
import ssl
from collections.abc import Coroutine
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest
import structlog
import trustme
from structlog.testing import capture_logs
from temporalio.api.failure.v1 import Failure
from temporalio.converter import DefaultFailureConverter, DefaultPayloadConverter
from temporalio.exceptions import ApplicationError

from activities.registration import implements
from muster.clients import expiring, http
from muster.clients.http import open_pool
from muster.clients.teams.clouds import CLOUDS, Cloud
from muster.clients.teams.token import bot_tokens
from muster.clients.way_out import CertificatesWrong, WayOut, way_out
from muster.config_file import TeamsRegistration
from sandbox.up.servers.ports import free_port
from tests.support.event_loops import both_loops
from tests.support.forward_proxy import forward_proxy
from tests.support.settings import settings_for
from tests.unit.muster.clients.test_transport import ANSWER, answer, answering, call, server
from workflows import options
from workflows.contract import Activity, Done
from workflows.errors import OutcomeUnknown, ProviderUnavailable

pytestmark = pytest.mark.anyio

TENANT = "8f0c1f5e-0000-4000-8000-000000000001"
REGISTRATION = TeamsRegistration(tenant=TENANT, app_id=TENANT, app_secret="s3cret")
UNKNOWN = "its authority is unknown here. MUSTER_CA_FILE can name a file with the authority"


@pytest.fixture(autouse=True)
def loggers_of_this_test(monkeypatch):
    """A logger keeps how it was configured when it was first used, which may have been by another test."""
    for module in (http, expiring):
        monkeypatch.setattr(module, "log", structlog.stdlib.get_logger(module.__name__))


anyio_backend = both_loops


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def ca_file(authority, tmp_path):
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


def presenting(authority, name, **options):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name, **options).configure_cert(context)
    return context


def leaving(**settings):
    return way_out(settings_for("postgresql://unused", "127.0.0.1:1", **settings))


def entra_at(url) -> Cloud:
    return replace(CLOUDS["public"], authority=url)


def token_of(url, way):
    return bot_tokens({TENANT: REGISTRATION}, {TENANT: entra_at(url)}, way).get(TENANT)


async def entra(there, reader, writer):
    """Answers each request as Entra does, whichever it is."""
    base = f"https://entra.test:{there.port}/{TENANT}"
    both = {
        "issuer": f"{base}/v2.0",
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "token_type": "Bearer",
        "access_token": "token-1",
        "expires_in": 3600,
    }
    await answering(answer(json.dumps(both).encode()))(there, reader, writer)


# A proxy


@pytest.mark.parametrize("credentials", [None, "ada:p%40ss"])
async def test_a_call_over_https_goes_through_a_tunnel(authority, ca_file, credentials):
    plain = credentials and credentials.replace("%40", "@")
    async with forward_proxy(credentials=plain) as proxy:
        address = proxy.url.replace(plain, credentials) if credentials else proxy.url
        way = leaving(proxy=address, ca_file=ca_file)
        tls = presenting(authority, "pagerduty.test")
        async with server(answering(ANSWER), tls=tls) as there, open_pool(way) as pool:
            for _ in range(2):
                url = f"https://pagerduty.test:{there.port}/a%3Bb"
                assert (await call(pool, url)).status_code == 200
    assert proxy.asked == [("CONNECT", f"pagerduty.test:{there.port}")], "the tunnel is used again"
    assert there.requests[0].startswith(b"POST /a%3Bb HTTP/1.1\r\n")
    assert b"proxy-authorization" not in there.requests[0].lower()


async def test_a_call_over_http_names_its_whole_address_to_the_proxy():
    async with (
        forward_proxy() as proxy,
        server(answering(ANSWER)) as there,
        open_pool(leaving(proxy=proxy.url)) as pool,
    ):
        url = f"http://simulator.test:{there.port}/v3/19%3Aa%40thread?x=%2F"
        assert (await call(pool, url)).status_code == 200
    assert proxy.asked == [("POST", url)]
    assert there.requests[0].startswith(b"POST /v3/19%3Aa%40thread?x=%2F HTTP/1.1\r\n")


@pytest.mark.parametrize("credentials", [None, "ada:p4ss"])
async def test_a_token_is_fetched_through_the_proxy(authority, ca_file, credentials):
    tls = presenting(authority, "entra.test")
    async with server(entra, tls=tls) as there, forward_proxy(credentials=credentials) as proxy:
        url = f"https://entra.test:{there.port}"
        assert await token_of(url, leaving(proxy=proxy.url, ca_file=ca_file)) == "token-1"
    assert set(proxy.asked) == {("CONNECT", f"entra.test:{there.port}")}


async def test_no_proxy_of_the_environment_counts_where_one_is_configured(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    async with (
        forward_proxy() as proxy,
        server(answering(ANSWER)) as there,
        open_pool(leaving(proxy=proxy.url)) as pool,
    ):
        await call(pool, there.url)
    assert len(proxy.asked) == 1


@pytest.mark.parametrize("status", [403, 407, 502])
async def test_a_tunnel_that_the_proxy_refuses_was_sent_nothing(status):
    async with forward_proxy(credentials="ada:p4ss", refuses=status) as proxy:
        async with open_pool(leaving(proxy=proxy.url)) as pool:
            with capture_logs() as logs, pytest.raises(ProviderUnavailable) as failure:
                await call(pool, "https://pagerduty.test/")
        with capture_logs() as logs_of_token, pytest.raises(ProviderUnavailable) as no_token:
            await token_of("https://entra.test", leaving(proxy=proxy.url))
    problem = (
        f"the provider cannot be reached: the proxy that MUSTER_PROXY names answers {status}"
        " when it is asked for the way to pagerduty.test"
    )
    assert str(failure.value) == problem
    assert errors(logs) == [problem]
    assert errors(logs_of_token) == [str(no_token.value)]
    assert str(no_token.value) == (
        "Entra cannot be reached: the proxy that MUSTER_PROXY names does not answer, or refuses the way to"
        " entra.test"
    )


async def test_a_proxy_that_is_not_there_is_named_and_its_password_is_not():
    way = leaving(proxy=f"http://ada:p4ss@127.0.0.1:{free_port()}")
    async with open_pool(way) as pool:
        for url in ("https://pagerduty.test/", "http://pagerduty.test/"):
            with pytest.raises(ProviderUnavailable, match="MUSTER_PROXY names does not answer") as failure:
                await call(pool, url)
            assert "p4ss" not in recorded(failure.value)
    with pytest.raises(ProviderUnavailable, match="MUSTER_PROXY names does not answer") as failure:
        await token_of("https://entra.test", way)
    assert "p4ss" not in recorded(failure.value)
    assert "p4ss" not in repr(way)


def recorded(error):
    """What a history keeps of an activity that ends with this error, and of the error itself."""
    histories = [Failure(), Failure()]
    for kept, one in zip(histories, (error, activity_error(error)), strict=True):
        DefaultFailureConverter().to_failure(one, DefaultPayloadConverter(), kept)
    return str(histories)


def activity_error(error):
    """What the activity raises that meets this error."""

    class Meeting:
        @implements(Activity("tests.meet", Done, Done, options.STORE))
        async def meet(self, argument):
            raise error

    meeting = cast(Coroutine[Any, Any, Done], Meeting().meet(Done()))
    with pytest.raises(ApplicationError) as raised:
        meeting.send(None)
    return raised.value


async def hang_up(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.close()


async def talk_nonsense(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"nonsense\r\n\r\n")
    await writer.drain()
    writer.close()


async def ask_for_the_password(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")
    await writer.drain()
    writer.close()


@pytest.mark.parametrize("behave", [hang_up, talk_nonsense, ask_for_the_password])
async def test_no_history_keeps_the_password_of_a_proxy_that_fails(behave):
    proxy = await asyncio.start_server(behave, "127.0.0.1", 0)
    async with proxy:
        way = leaving(proxy=f"http://lovelace:p4ss@127.0.0.1:{proxy.sockets[0].getsockname()[1]}")
        with capture_logs() as logs:
            async with open_pool(way) as pool:
                with pytest.raises(
                    ProviderUnavailable, match=r"MUSTER_PROXY names .* pagerduty\.test"
                ) as call_of:
                    await call(pool, "https://pagerduty.test/")
            with pytest.raises(ProviderUnavailable) as token:
                await token_of("https://entra.test", way)
    for failure in (call_of, token):
        assert "lovelace" not in recorded(failure.value)
        assert "p4ss" not in recorded(failure.value)
    assert "p4ss" not in str(logs)


async def test_no_history_keeps_the_password_where_the_proxy_takes_no_connection():
    async with open_pool(leaving(proxy="http://lovelace:p4ss@nobody.invalid:3128")) as pool:
        with pytest.raises(ProviderUnavailable) as failure:
            await call(pool, "https://pagerduty.test/", within=60)
    assert "p4ss" not in recorded(failure.value)


async def test_a_lost_answer_is_lost_through_a_tunnel_too(authority, ca_file):
    async def hang_up(there, reader, writer):
        await there.read(reader)

    async with forward_proxy() as proxy:
        way = leaving(proxy=proxy.url, ca_file=ca_file)
        async with (
            server(hang_up, tls=presenting(authority, "pagerduty.test")) as there,
            open_pool(way) as pool,
        ):
            with pytest.raises(OutcomeUnknown):
                await call(pool, f"https://pagerduty.test:{there.port}/")
    assert len(there.requests) == 1


# Certificates


def errors(logs):
    return [line["problem"] for line in logs if line["log_level"] == "error"]


async def refused_by_both(way, there, name="localhost"):
    """What is said of a certificate: by a call and in the log of it, and by the request for a token."""
    url = f"https://{name}:{there.port}"
    async with open_pool(way) as pool:
        with capture_logs() as logs, pytest.raises(ProviderUnavailable) as failure:
            await call(pool, url)
    with capture_logs() as logs_of_token, pytest.raises(ProviderUnavailable) as no_token:
        await token_of(url, way)
    assert errors(logs_of_token) == [str(no_token.value)]
    (told,) = errors(logs)
    assert told == str(failure.value) == f"the provider cannot be reached: {told.partition(': ')[2]}"
    assert str(no_token.value) == f"Entra cannot be reached: {told.partition(': ')[2]}"
    assert there.requests == []
    return told.partition(": ")[2]


async def test_a_certificate_of_an_unknown_authority_is_named_as_that(authority):
    async with server(answering(ANSWER), tls=presenting(authority, "localhost")) as there:
        said = await refused_by_both(leaving(), there)
    assert said == f"the certificate of localhost is not accepted: {UNKNOWN}"


async def test_a_certificate_of_an_unknown_authority_is_named_behind_a_proxy_too(authority):
    tls = presenting(authority, "entra.test")
    async with server(answering(ANSWER), tls=tls) as there, forward_proxy() as proxy:
        said = await refused_by_both(leaving(proxy=proxy.url), there, "entra.test")
    assert said == f"the certificate of entra.test is not accepted: {UNKNOWN}"


async def test_a_certificate_for_another_host_is_named_as_that(authority, ca_file):
    async with server(answering(ANSWER), tls=presenting(authority, "elsewhere.example")) as there:
        said = await refused_by_both(leaving(ca_file=ca_file), there)
    assert said == "the certificate of localhost is not accepted: it is for another host"


async def test_an_expired_certificate_is_named_as_that(authority, ca_file):
    tls = presenting(authority, "localhost", not_after=datetime(2020, 1, 1, tzinfo=UTC))
    async with server(answering(ANSWER), tls=tls) as there:
        said = await refused_by_both(leaving(ca_file=ca_file), there)
    assert said == "the certificate of localhost is not accepted: it has expired"


async def test_the_log_of_a_token_that_could_not_be_fetched_says_why(authority):
    structlog.reset_defaults()
    async with server(answering(ANSWER), tls=presenting(authority, "localhost")) as there:
        with capture_logs() as logs, pytest.raises(ProviderUnavailable):
            await token_of(f"https://localhost:{there.port}", leaving())
    (line,) = [line for line in logs if line["event"] == "fetch failed"]
    assert UNKNOWN in line["problem"]


def test_the_authorities_of_the_file_count_beside_the_systems(ca_file):
    systems = ssl.create_default_context().get_ca_certs(binary_form=True)
    both = leaving(ca_file=ca_file).trust.get_ca_certs(binary_form=True)
    assert len(both) == len(systems) + 1
    assert set(systems) < set(both)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [(None, "cannot be read: No such file"), ("", "no certificate"), ("nonsense", "no certificate")],
)
def test_a_file_without_authorities_is_refused(tmp_path, content, complaint):
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(CertificatesWrong, match=complaint) as refused:
        leaving(ca_file=file)
    assert str(refused.value).startswith("MUSTER_CA_FILE: ")
    assert str(file) in str(refused.value)


def test_without_settings_the_way_is_straight():
    assert isinstance(leaving(), WayOut)
    assert leaving().proxy is None
