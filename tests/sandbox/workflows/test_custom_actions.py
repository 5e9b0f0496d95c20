"""Custom incident actions: buttons that post the incident, in either version of webhooks."""

from pathlib import Path
from typing import Any

import pytest

from sandbox.company.ready_automation import OPEN_CHAT, OPEN_MEETING
from tests.sandbox.workflows.workflow_calls import TOKEN, running_workflows
from tests.support.called_api import CalledApi, Told
from tests.support.pagerduty_account import ADA_USER, BO_USER, SimulatedAccount

pytestmark = pytest.mark.anyio


async def click(account: SimulatedAccount, action: str, incident: str, user: str = ADA_USER) -> str:
    body = {"incident": incident, "user": user}
    return str((await account.sandbox("POST", f"/custom_actions/{action}", body))["id"])


async def finished(account: SimulatedAccount, key: str) -> dict[str, Any]:
    await account.until(lambda: account.simulator.store.state.action_calls[key].state != "waiting")
    calls = await account.sandbox("GET", "/action_calls")
    found: dict[str, Any] = next(one for one in calls if one["id"] == key)
    return found


async def test_version_3_is_one_event_about_the_incident(account: SimulatedAccount, api: CalledApi) -> None:
    api.answers = {"/chat": [Told(202, {"operation": {"id": "op-1"}})]}
    incident = await account.trigger()
    key = await click(account, OPEN_CHAT, incident["id"], BO_USER)
    call = await finished(account, key)
    (posted,) = api.called
    assert (posted.method, posted.path) == ("POST", "/v1/custom-actions/chat")
    assert posted.headers["authorization"] == f"Bearer {TOKEN}"
    assert posted.headers["content-type"] == "application/json"
    assert posted.headers["user-agent"] == "PagerDuty-Webhook/V3.0"
    assert posted.headers["x-webhook-id"] == key
    event = posted.json["event"]
    assert (event["event_type"], event["resource_type"]) == ("incident.custom", "incident")
    assert (event["agent"]["id"], event["agent"]["type"]) == (BO_USER, "user_reference")
    data = event["data"]
    assert (data["type"], data["id"], data["number"]) == (
        "incident",
        incident["id"],
        incident["incident_number"],
    )
    assert (call["state"], call["attempts"][0]["status"]) == ("delivered", 202)
    assert call["answer"] == '{"operation": {"id": "op-1"}}'


async def test_version_2_has_one_message(account: SimulatedAccount, api: CalledApi) -> None:
    incident = await account.trigger()
    await finished(account, await click(account, OPEN_MEETING, incident["id"], BO_USER))
    (posted,) = api.called
    assert posted.path == "/v1/custom-actions/meeting"
    assert posted.headers["authorization"] == f"Bearer {TOKEN}"
    (message,) = posted.json["messages"]
    assert set(message) == {"id", "event", "created_on", "incident", "webhook", "log_entries"}
    assert message["event"] == "incident.custom"
    shown = message["incident"]
    assert (shown["id"], shown["title"], shown["description"]) == (
        incident["id"],
        "Checkout is slow",
        "Checkout is slow",
    )
    assert shown["incident_number"] == incident["incident_number"]
    assert shown["service"]["name"] == "Checkout"
    (entry,) = message["log_entries"]
    assert (entry["type"], entry["agent"]["id"]) == ("custom_log_entry", BO_USER)
    assert entry["incident"]["id"] == incident["id"]
    assert message["webhook"]["endpoint_url"] == f"{api.url}/v1/custom-actions/meeting"


async def test_an_answer_after_five_seconds_is_early_enough(
    account: SimulatedAccount, api: CalledApi
) -> None:
    """A webhook would be given up after five seconds; a custom action has sixteen."""
    api.answers = {"/chat": [Told(202, after=5.2)]}
    incident = (await account.trigger())["id"]
    call = await finished(account, await click(account, OPEN_CHAT, incident))
    assert [one["status"] for one in call["attempts"]] == [202]


async def test_what_fails_is_sent_again_under_the_same_id(account: SimulatedAccount, api: CalledApi) -> None:
    api.answers = {"/chat": [Told(503), Told(429), Told(202)]}
    incident = (await account.trigger())["id"]
    key = await click(account, OPEN_CHAT, incident)
    call = await finished(account, key)
    assert [one["status"] for one in call["attempts"]] == [503, 429, 202]
    assert {one.headers["x-webhook-id"] for one in api.called} == {key}
    assert len({one.body for one in api.called}) == 1


async def test_what_is_refused_is_dropped(account: SimulatedAccount, api: CalledApi) -> None:
    api.answers = {"/chat": [Told(401, {"error": {"message": "Unauthorized"}})]}
    incident = (await account.trigger())["id"]
    call = await finished(account, await click(account, OPEN_CHAT, incident))
    assert (call["state"], len(call["attempts"])) == ("dropped", 1)


async def test_an_action_is_offered_on_its_service_alone(account: SimulatedAccount, api: CalledApi) -> None:
    other = (await account.trigger(service={"id": "PSVC002", "type": "service_reference"}))["id"]
    body = {"incident": other, "user": ADA_USER}
    assert (await account.http.post(f"/_sandbox/custom_actions/{OPEN_CHAT}", json=body)).status_code == 404
    headers = [{"name": "X-Key", "value": "k-1"}]
    made = {"label": "Own", "url": f"{api.url}/own", "service": "PSVC002", "headers": headers}
    key = (await account.sandbox("POST", "/custom_actions", made))["id"]
    await finished(account, await click(account, key, other))
    assert (api.called[0].path, api.called[0].headers["x-key"]) == ("/own", "k-1")
    shown = (await account.sandbox("GET", "/workflows"))["custom_actions"]
    assert next(one for one in shown if one["id"] == key)["headers"] == ["X-Key"]


async def test_a_service_has_three_custom_actions(account: SimulatedAccount, api: CalledApi) -> None:
    made = {"label": "Own", "url": f"{api.url}/own", "service": "PSVC001"}
    await account.sandbox("POST", "/custom_actions", made)
    refused = await account.http.post("/_sandbox/custom_actions", json=made)
    assert refused.json()["error"]["code"] == 2019


async def test_what_waits_is_sent_after_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "pagerduty.json"
    async with running_workflows(state) as (account, api):
        api.answers = {"/own": [Told(503)]}
        made = {"label": "Own", "url": f"{api.url}/own", "service": "PSVC002"}
        action = (await account.sandbox("POST", "/custom_actions", made))["id"]
        incident = await account.trigger(service={"id": "PSVC002", "type": "service_reference"})
        key = await click(account, action, incident["id"])
        await api.until(1)
        sent = api.called[0].json["event"]["id"]
    later = CalledApi(port=api.port)
    async with later.listening(), running_workflows(state) as (account, _):
        (posted,) = await later.until(1)
        assert (posted.headers["x-webhook-id"], posted.json["event"]["id"]) == (key, sent)
        assert (await finished(account, key))["state"] == "delivered"
