"""What somebody whom nobody knows can make the API write and say, over its real server."""

import io
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from temporalio.client import Client

from muster import strangers
from muster.clients.http import open_pool as open_http_pool
from muster.seed import seed
from muster.store.pool import open_pool
from sandbox.up.servers.postgres import EmbeddedPostgres
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.api.conftest import APP_ID, BotFramework, private_key
from tests.api.edge import CONFIGURATION, Edge, edge_settings, json_lines, new_incident, serving_edge
from tests.support.bodies import event, webhook
from tests.support.company import ACCOUNT, SUBSCRIPTION, company, signature
from tests.support.settings import database_at, settings_for

pytestmark = pytest.mark.anyio

ODD = "ODD-VALUE-OF-A-STRANGER"
TENANT = "0a5cf8a4-0000-4000-8000-0000000000bb"
REGISTRATION = f"""
[[teams]]
tenant = "{TENANT}"
app_id = "{APP_ID}"
app_secret = "not used here"
"""
WEBHOOKS = f"/webhooks/pagerduty/{ACCOUNT}"
MOST = 300
"""Bytes of log that one request of a stranger may write."""


class Log(io.StringIO):
    """What a process would write to standard error."""

    def taken(self) -> str:
        """What has come since the last time."""
        text = self.getvalue()
        self.seek(0)
        self.truncate()
        return text


@pytest.fixture(scope="module")
def log() -> Log:
    return Log()


@pytest.fixture(scope="module")
async def edge(
    postgres: EmbeddedPostgres,
    migrated: str,
    temporal: EmbeddedTemporal,
    tmp_path_factory: pytest.TempPathFactory,
    log: Log,
) -> AsyncIterator[Edge]:
    """An API for PagerDuty and Teams that logs everything, however often it says the same."""
    url, folder = postgres.create_database("strangers", template=migrated), tmp_path_factory.mktemp("edge")
    await seed(settings_for(url, temporal.address), company())
    settings = edge_settings(url, temporal.address, folder, log_level="DEBUG")
    (folder / "muster.toml").write_text(CONFIGURATION + REGISTRATION)
    framework = httpx.MockTransport(BotFramework().answer)
    client = await Client.connect(temporal.address)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("api.app.open_http_pool", lambda *_: open_http_pool(transport=framework))
        patched.setattr(strangers, "_BETWEEN", 0)
        patched.setattr(logging.getLogger("httpcore"), "level", logging.WARNING)  # of the test's own calls
        async with await open_pool(database_at(url)) as pool, serving_edge(settings, pool, client) as running:
            (handler,) = logging.getLogger().handlers
            assert isinstance(handler, logging.StreamHandler)
            handler.setStream(log)
            yield running


def activity(**changes: Any) -> bytes:
    whole = {
        "type": "invoke",
        "name": "adaptiveCard/action",
        "id": "1",
        "channelId": "msteams",
        "serviceUrl": "https://smba.trafficmanager.net/emea/",
        "from": {"id": "29:ada"},
        "recipient": {"id": f"28:{APP_ID}"},
        "conversation": {"id": "19:x", "tenantId": TENANT},
    }
    return json.dumps(whole | changes).encode()


def token(**claims: Any) -> str:
    return BotFramework().token(signed_by=private_key("a stranger's"), **claims)


JSON = {"Content-Type": "application/json"}
LONG = ODD * 400
ODD_ACTIVITY = json.loads(activity())
for number in range(300):
    ODD_ACTIVITY[f"{ODD}-{number}"] = ODD_ACTIVITY["from"][f"{ODD}-{number}"] = {ODD: number}
MALFORMED = {name: {ODD: LONG} for name in (*json.loads(activity()), "replyToId", "channelData")}

REQUESTS: dict[str, dict[str, Any]] = {
    "no signature": {"url": WEBHOOKS, "content": b"{}"},
    "wrong signature": {"url": WEBHOOKS, "headers": {"X-PagerDuty-Signature": "v1=" + "0" * 64}},
    "long signature": {"url": WEBHOOKS, "headers": {"X-PagerDuty-Signature": LONG[:12_000]}},
    "signature of 50 KB": {"url": WEBHOOKS, "headers": {"X-PagerDuty-Signature": "v1=" + LONG * 6}},
    "many signatures": {"url": WEBHOOKS, "headers": {"X-PagerDuty-Signature": "v1=0," * 2400}},
    "subscription": {
        "url": WEBHOOKS,
        "headers": {"X-PagerDuty-Signature": "v1=00", "X-Webhook-Subscription": LONG},
    },
    "odd signature": {"url": WEBHOOKS, "headers": {"X-PagerDuty-Signature": b"v1=\xe9\xff" + ODD.encode()}},
    "account": {"url": f"/webhooks/pagerduty/{LONG}", "headers": {"X-PagerDuty-Signature": "v1=00"}},
    "odd account": {"url": f"/webhooks/pagerduty/%00%ff%0a%1b[31m{ODD}", "content": b"{}"},
    "path of 60 KB": {"url": "/" + LONG * 6},
    "path": {"url": "/" + ODD},
    "query": {"url": f"/healthz?{LONG}", "method": "GET"},
    "method": {"url": "/api/messages", "method": ODD[:3] + "POST"},
    "another method": {"url": "/api/messages", "method": "DELETE"},
    "large body": {"url": WEBHOOKS, "content": b"x" * 600_000},
    "larger body": {"url": WEBHOOKS, "content": b"x" * 1_100_000},
    "content type": {"url": "/api/messages", "headers": {"Content-Type": LONG}},
    "no JSON": {"url": "/api/messages", "headers": JSON, "content": LONG.encode()},
    "deep JSON": {"url": "/api/messages", "headers": JSON, "content": b"[" * 100_000},
    "wide JSON": {"url": "/api/messages", "headers": JSON, "content": b'{"a": [' + b"{}," * 85_000 + b"{}]}"},
    "no token": {"url": "/api/messages", "headers": JSON, "content": activity()},
    "odd fields": {"url": "/api/messages", "headers": JSON, "content": json.dumps(ODD_ACTIVITY).encode()},
    "malformed fields": {"url": "/api/messages", "headers": JSON, "content": json.dumps(MALFORMED).encode()},
    "invoke's name": {"url": "/api/messages", "headers": JSON, "content": activity(name=ODD * 20)},
    "no invoke": {"url": "/api/messages", "headers": JSON, "content": activity(name=ODD, type=ODD)},
    "no bearer": {
        "url": "/api/messages",
        "headers": JSON | {"Authorization": LONG},
        "content": activity(name=ODD * 20),
    },
    "upgrade": {"url": "/healthz", "method": "GET", "headers": {"Connection": "upgrade", "Upgrade": ODD}},
}
for claim in ("iss", "aud", "serviceurl", "sub", "exp", "nbf"):
    REQUESTS[f"token's {claim}"] = {
        "url": "/api/messages",
        "headers": JSON | {"Authorization": token(**{claim: ODD * 200})},
        "content": activity(),
    }
for field in ("kid", "typ", "x5t", "jku"):
    REQUESTS[f"token's {field}"] = {
        "url": "/api/messages",
        "headers": JSON | {"Authorization": token(headers={field: ODD * 200})},
        "content": activity(),
    }


@pytest.mark.parametrize("name", REQUESTS)
async def test_a_stranger_writes_little_and_hears_nothing_of_what_it_sent(
    edge: Edge, name: str, log: Log
) -> None:
    log.taken()
    answer = await edge.http.request(**{"method": "POST"} | REQUESTS[name])
    written = log.taken()
    assert 200 <= answer.status_code < 504
    assert answer.status_code != 500
    assert len(answer.content) <= 400
    assert ODD[:5] not in answer.text
    assert len(written.encode()) <= MOST
    assert "Traceback" not in written
    lines = json_lines(written)
    assert len(lines) == len(written.splitlines()), "every line is JSON"
    levels = {line["level"] for line in lines}
    assert levels <= ({"error"} if "account" in name else {"debug", "info", "warning"})


async def test_an_account_that_is_not_configured_is_an_error_and_named(edge: Edge, log: Log) -> None:
    """Its operator has to mend the configuration: three drops would silence the subscription."""
    body = webhook(event(data=new_incident()))
    assert (await edge.post(body, account="mistyped")).status_code == 503
    (line,) = [line for line in json_lines(log.taken()) if line["level"] == "error"]
    assert line["account"] == "mistyped"


async def test_a_wrong_signature_is_a_warning_that_names_its_account_and_subscription(
    edge: Edge, log: Log
) -> None:
    body = webhook(event(data=new_incident()))
    assert (await edge.post(body, signed=signature(body, "another"))).status_code == 401
    (line,) = [line for line in json_lines(log.taken()) if "signature" in line["event"]]
    assert (line["level"], line["account"], line["subscription"]) == ("warning", ACCOUNT, SUBSCRIPTION)


async def test_what_belongs_to_one_request_is_not_said_of_the_next(edge: Edge, log: Log) -> None:
    """On one connection, which the event loop reads on in the name of the request before."""
    for _ in range(3):
        await edge.http.post("/api/messages", headers=JSON, content=activity())
        await edge.post(b"x" * 200_000, account="mistyped")
    ids = [line.get("correlation_id") for line in json_lines(log.taken()) if line["level"] == "error"]
    assert ids == [None] * 3


async def test_whoever_signed_is_logged_whole(edge: Edge, log: Log) -> None:
    log.taken()
    assert (await edge.deliver(event("incident.exploded", new_incident(title="x" * 200)))).status_code == 202
    (line,) = [line for line in json_lines(log.taken()) if "quarantine" in line["event"]]
    assert line["title"] == "x" * 200


async def test_the_same_of_many_strangers_is_a_line_a_second(
    edge: Edge, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    await edge.post(b"{}", account="mistyped")
    log.taken()
    for between in [0, *[3600] * 20, 0]:
        monkeypatch.setattr(strangers, "_BETWEEN", between)
        await edge.post(b"{}", account="mistyped")
        await edge.http.post("/api/messages", headers=JSON, content=activity())
    lines = [line for line in json_lines(log.taken()) if line["level"] in ("warning", "error")]
    for kind in ("not configured", "activity refused"):
        told = [line.get("unwritten") for line in lines if kind in line["event"]]
        assert told == [None, 20]


async def test_a_fault_that_a_stranger_finds_is_told_briefly(
    edge: Edge, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        logging.getLogger("of.a.library").warning("about %s", LONG)
        raise RuntimeError(LONG)

    monkeypatch.setattr("api.webhooks.signing_secrets.matches", fail)
    log.taken()
    answer = await edge.post(b"{}")
    written = log.taken()
    assert (answer.status_code, answer.json()) == (500, {"detail": "Muster failed"})
    assert len(written.encode()) <= MOST
    assert json_lines(written)
