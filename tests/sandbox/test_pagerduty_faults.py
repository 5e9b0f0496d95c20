"""Faults on demand, records, the clock, reset, and restarts."""

import asyncio
import json
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.company import write_company
from sandbox.up.servers.ports import free_port
from tests.support.connections import async_client
from tests.support.pagerduty_account import (
    ADA_USER,
    BO_USER,
    COMPANY,
    REPOSITORY,
    Receiver,
    SimulatedAccount,
    running_account,
)
from tests.support.waiting import eventually

pytestmark = pytest.mark.anyio


async def test_a_call_whose_answer_is_lost_was_done(account: SimulatedAccount) -> None:
    incident, other = (await account.trigger())["id"], (await account.trigger())["id"]
    await account.fault("rest", "lose_answer", match={"method": "PUT", "incident": incident})
    assert (await account.put(other, status="acknowledged")).status_code == 200
    with pytest.raises(httpx.TransportError):
        await account.put(incident, status="acknowledged")
    assert (await account.get(incident))["status"] == "acknowledged"
    assert (await account.put(incident, status="resolved")).status_code == 200


async def test_a_status_is_answered_instead_of_the_call_or_after_it(account: SimulatedAccount) -> None:
    incident = (await account.trigger())["id"]
    path = f"/incidents/{incident}"
    await account.fault("rest", "status", match={"path": path}, status=429, retry_after=7, times=2)
    for _ in range(2):
        refused = await account.put(incident, status="acknowledged")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "7")
        assert refused.json()["error"]["code"] == 2020
    assert (await account.get(incident))["status"] == "triggered"
    conflict = {"error": {"code": 1005, "message": "Incident data changed since last request", "errors": []}}
    await account.fault("rest", "status_after", match={"method": "PUT"}, status=400, body=conflict)
    assert (await account.put(incident, status="acknowledged")).json() == conflict
    assert (await account.get(incident))["status"] == "acknowledged"


@pytest.mark.parametrize(
    ("body", "content_type", "sent"),
    [
        ("<html>502 Bad Gateway</html>", "text/html", b"<html>502 Bad Gateway</html>"),
        ("", "text/html", b""),
        (None, "application/json", b"null"),
        ([], "application/json", b"[]"),
        ({"error": "text"}, "application/json", b'{"error": "text"}'),
        ({"error": {"errors": ["\ud83d"]}}, "application/json", b'{"error": {"errors": ["\\ud83d"]}}'),
    ],
)
async def test_a_status_has_any_body(
    account: SimulatedAccount, body: object, content_type: str, sent: bytes
) -> None:
    fault = {"on": "rest", "do": "status", "status": 400, "body": body}
    await account.http.post(
        "/_sandbox/faults", content=json.dumps(fault), headers={"Content-Type": "application/json"}
    )
    refused = await account.call("GET", "/abilities")
    assert (refused.status_code, refused.content) == (400, sent)
    assert refused.headers["content-type"].partition(";")[0] == content_type


async def test_calls_are_slow_until_faults_are_cleared(account: SimulatedAccount) -> None:
    await account.fault("rest", "slow", seconds=0.3, match={"method": "GET"})
    started = asyncio.get_running_loop().time()
    await account.call("GET", "/abilities")
    assert asyncio.get_running_loop().time() - started >= 0.3
    await account.fault("rest", "status", status=500)
    await account.sandbox("DELETE", "/faults")
    assert (await account.call("GET", "/abilities")).status_code == 200


@pytest.mark.parametrize(
    "fault",
    [
        {"on": "create", "do": "status", "status": 500},
        {"on": "rest", "do": "reorder"},
        {"on": "webhook", "do": "status", "status": 500},
        {"on": "rest", "do": "status"},
        {"on": "rest", "do": "slow"},
        {"on": "rest", "do": "lose_answer", "times": 0},
        {"on": "rest", "do": "lose_answer", "often": True},
    ],
)
async def test_faults_that_make_no_sense_are_refused(
    account: SimulatedAccount, fault: dict[str, object]
) -> None:
    assert (await account.http.post("/_sandbox/faults", json=fault)).status_code == 422


REST_KEYS = 'on "rest", "match" takes these keys alone, each with a string: incident, method, path; '
WEBHOOK_KEYS = 'on "webhook", "match" takes these keys alone, each with a string: event_type, incident; '


@pytest.mark.parametrize(
    ("on", "match", "complaint"),
    [
        ("rest", {"event_type": "incident.triggered"}, REST_KEYS + '"event_type" is wrong'),
        ("rest", {"method": "PUT", "Path": "/incidents"}, REST_KEYS + '"Path" is wrong'),
        ("rest", {"incident": 42}, REST_KEYS + '"incident" is wrong'),
        ("rest", {"incident": None}, REST_KEYS + '"incident" is wrong'),
        ("webhook", {"method": "PUT"}, WEBHOOK_KEYS + '"method" is wrong'),
        ("webhook", {"event_type": ["incident.triggered"]}, WEBHOOK_KEYS + '"event_type" is wrong'),
    ],
)
async def test_what_no_call_can_match_is_refused_with_what_it_can(
    account: SimulatedAccount, on: str, match: dict[str, object], complaint: str
) -> None:
    fault = {"on": on, "do": "slow", "seconds": 60, "match": match}
    refused = await account.http.post("/_sandbox/faults", json=fault)
    assert (refused.status_code, refused.json()["detail"]) == (422, complaint)
    await account.trigger()
    await account.receiver.expect("incident.triggered")


@pytest.mark.parametrize("match", ["PUT", ["method"], None])
async def test_a_match_must_be_an_object(account: SimulatedAccount, match: object) -> None:
    refused = await account.http.post(
        "/_sandbox/faults", json={"on": "rest", "do": "lose_answer", "match": match}
    )
    assert refused.status_code == 422
    (problem,) = refused.json()["detail"]
    assert (problem["loc"], problem["msg"]) == (["body", "match"], "Input should be a valid dictionary")


async def test_webhooks_are_lost_doubled_slowed_and_reordered(account: SimulatedAccount) -> None:
    await account.fault("webhook", "lose", match={"event_type": "incident.acknowledged"})
    await account.fault("webhook", "duplicate", match={"event_type": "incident.resolved"})
    await account.fault("webhook", "slow", seconds=0.2, match={"event_type": "incident.triggered"})
    incident = (await account.trigger())["id"]
    await account.put(incident, status="acknowledged")
    await account.put(incident, status="resolved")
    webhooks = await account.receiver.expect("incident.triggered", "incident.resolved", "incident.resolved")
    assert webhooks[1].body == webhooks[2].body
    assert webhooks[1].headers["x-webhook-id"] == webhooks[2].headers["x-webhook-id"]
    assert account.webhook_states()[1] == "lost"
    await account.fault("webhook", "reorder", match={"event_type": "incident.reopened", "incident": incident})
    await account.put(incident, status="acknowledged")
    await account.receiver.expect("incident.acknowledged", "incident.reopened")


async def test_records_have_every_write_read_and_webhook(account: SimulatedAccount) -> None:
    incident = (await account.trigger())["id"]
    await account.put(incident, status="resolved")
    await account.put(incident, status="resolved")
    await account.get(incident)
    await account.http.post(f"/incidents/{incident}/notes", content=b"not json")
    records = await account.records()
    assert [(one["method"], one["path"], one["user"], one["status"]) for one in records["writes"]] == [
        ("POST", "/incidents", ADA_USER, 201),
        ("PUT", f"/incidents/{incident}", BO_USER, 200),
        ("PUT", f"/incidents/{incident}", BO_USER, 400),
        ("POST", f"/incidents/{incident}/notes", None, 401),
    ]
    assert records["writes"][1]["body"]["incident"]["status"] == "resolved"
    assert [(one["path"], one["status"]) for one in records["reads"]] == [(f"/incidents/{incident}", 200)]
    assert set(records["webhooks"][0]) == {
        "subscription",
        "event",
        "event_type",
        "incident",
        "state",
        "attempts",
    }


async def test_reset_forgets_everything_but_what_was_used_up(account: SimulatedAccount) -> None:
    before = await account.trigger()
    await account.sandbox("POST", "/clock", {"advance": 3600})
    await account.call("DELETE", f"/webhook_subscriptions/{account.company.webhook_subscription}")
    await account.fault("rest", "status", status=500)
    await account.sandbox("POST", "/reset")
    assert (await account.call("GET", f"/incidents/{before['id']}")).status_code == 404
    assert (await account.sandbox("GET", "/clock"))["ahead"] == 0
    after = await account.trigger()
    assert after["incident_number"] == before["incident_number"] + 1
    await account.until(lambda: account.webhook_states() == ["delivered"])


async def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    state, receiver = tmp_path / "state.json", Receiver()
    async with running_account(state=state, receiver=receiver, listen=False) as account:
        incident = (await account.trigger())["id"]
        await account.sandbox("POST", "/clock", {"advance": 60})
        await account.put(incident, status="acknowledged")
        await account.until(lambda: bool(account.simulator.store.state.webhooks))
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    async with running_account(state=state, receiver=receiver) as account:
        assert (await account.get(incident))["status"] == "acknowledged"
        assert (await account.sandbox("GET", "/clock"))["ahead"] == 60
        await receiver.expect("incident.triggered", "incident.acknowledged")
        assert (await account.records())["writes"][0]["path"] == "/incidents"


async def test_a_restart_on_other_ports_leaves_no_address_behind(tmp_path: Path) -> None:
    state, there = tmp_path / "state.json", Receiver()
    async with running_account(state=state, receiver=there, listen=False) as account:
        incident = await account.trigger()
        link = f"{account.url}/app/incidents/{incident['id']}"
        await account.call("POST", f"/incidents/{incident['id']}/notes", {"note": {"content": f"see {link}"}})
        for url in (there.url, "https://hooks.example/in"):
            answer = await account.call("POST", "/webhook_subscriptions", subscription(url))
            assert answer.status_code == 200
    here = Receiver()
    async with running_account(state=state, receiver=here) as account:
        assert account.url not in link
        link = f"{account.url}/app/incidents/{incident['id']}"
        triggered, annotated = await here.expect("incident.triggered", "incident.annotated")
        assert triggered.event["data"]["html_url"] == link
        assert annotated.event["data"]["content"] == f"see {link}"
        notes = (await account.call("GET", f"/incidents/{incident['id']}/notes")).json()["notes"]
        assert notes[0]["content"] == f"see {link}"
        kept = (await account.call("GET", "/webhook_subscriptions")).json()["webhook_subscriptions"]
        urls = [one["delivery_method"]["url"] for one in kept]
        assert urls == [here.url, here.url, "https://hooks.example/in"]
        await account.sandbox("POST", "/reset")
    async with running_account(state=state, receiver=there) as account:
        await account.trigger()
        await there.expect("incident.triggered")


async def test_another_receiver_gets_webhooks_whatever_the_old_one_refused(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    async with running_account(state=state, receiver=Receiver(answers=[404] * 3)) as account:
        for _ in range(3):
            await account.trigger()
        await account.until(lambda: account.webhook_states() == ["dropped"] * 3)
    snapshot = json.loads(state.read_text())
    del snapshot["ports"]  # of a simulator that runs without the rest of the sandbox
    state.write_text(json.dumps(snapshot))
    async with running_account(state=state) as account:
        await account.trigger()
        await account.receiver.expect("incident.triggered")


def subscription(url: str) -> dict[str, Any]:
    """A subscription for the incidents of Edge network, of which there are none."""
    return {
        "webhook_subscription": {
            "type": "webhook_subscription",
            "events": ["incident.triggered"],
            "filter": {"type": "service_reference", "id": "PSVC003"},
            "delivery_method": {"type": "http_delivery_method", "url": url},
        }
    }


def test_a_damaged_snapshot_is_named(tmp_path: Path) -> None:
    company, state = tmp_path / "company.json", tmp_path / "state.json"
    write_company(company, COMPANY)
    state.write_text('{"incidents": []}')
    command = f"-m sandbox.pagerduty --company {company} --port 1 --no-subscribe --state {state}"
    ended = subprocess.run(
        [sys.executable, *command.split()], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr == f"{state} is not a snapshot of this simulator; remove it to start anew\n"


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
async def test_the_process_ends_at_once_whatever_streams_are_open(
    tmp_path: Path, how: signal.Signals
) -> None:
    company, port = tmp_path / "company.json", free_port()
    write_company(company, COMPANY)
    command = [sys.executable, "-m", "sandbox.pagerduty", "--company", str(company), "--port", str(port)]
    process = await asyncio.create_subprocess_exec(
        *command,
        "--no-subscribe",
        "--state",
        str(tmp_path / "state.json"),
        cwd=REPOSITORY,
        stderr=subprocess.PIPE,
    )
    async with async_client(base_url=f"http://127.0.0.1:{port}") as http:
        await eventually(lambda: answers(http))
        async with http.stream("GET", "/app/live") as stream:
            assert stream.status_code == 200
            process.send_signal(how)
            async with asyncio.timeout(20):
                _, errors = await process.communicate()
    # A stream that it had waited for and cut would be among the errors.
    assert (process.returncode, errors) == (0, b"")
    assert (tmp_path / "state.json").exists()


async def answers(http: httpx.AsyncClient) -> bool:
    try:
        return (await http.get("/_sandbox/clock")).status_code == 200
    except httpx.ConnectError:
        return False
