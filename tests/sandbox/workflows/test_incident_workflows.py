"""Incident workflows: what starts them, what their steps send, and what a run tells."""

from pathlib import Path
from typing import Any

import pytest

from sandbox.company.ready_automation import (
    CHAT_AND_MEETING,
    CONNECTION,
    P1_AT_THE_EDGE,
    SECURITY_BREACH,
)
from sandbox.faults import FaultBook
from sandbox.pagerduty.web_requests import LARGEST_ANSWER, WebRequests
from tests.sandbox.workflows.workflow_calls import (
    CHAT,
    LOOP_UNTIL,
    MEETING,
    POST,
    TOKEN,
    answers_in_time,
    ended,
    publish,
    run,
    running_workflows,
    triggers_of,
    web_step,
)
from tests.schemas.exchange import exchange_of
from tests.schemas.pagerduty import rest_api
from tests.support.called_api import CalledApi, Told
from tests.support.pagerduty_account import (
    ADA_USER,
    BO_USER,
    COMPANY,
    CY_USER,
    DI_USER,
    SimulatedAccount,
)

pytestmark = pytest.mark.anyio

EDGE = {"id": "PSVC003", "type": "service_reference"}
P1, P2 = ({"id": key, "type": "priority_reference"} for key in ("PPRIO01", "PPRIO02"))
OPEN_CHAT_STEP = "Create a Dedicated Chat in Microsoft Teams"
OPEN_MEETING_STEP = "Create Conference Bridge in Microsoft Teams"
STARTED, COMPLETED = "incident.workflow.started", "incident.workflow.completed"


async def test_a_run_by_hand_makes_chat_and_meeting_and_tells_the_chat(
    account: SimulatedAccount, api: CalledApi
) -> None:
    api.answers = answers_in_time() | {"/messages": [Told(201, {"id": "1700000000001", "result": "Success"})]}
    incident = await account.trigger()
    ran = await ended(account, await run(account, CHAT_AND_MEETING, incident["id"], BO_USER))
    chat, meeting, ask, message = api.called
    place = f"/integration-ms-teams/incidents/{incident['id']}"
    name = f"incident_{incident['incident_number']}"
    assert (chat.method, chat.path) == ("POST", f"{place}/dedicated_chat")
    assert chat.json == {
        "mst_tenant_id": COMPANY.tenant_id,
        "owner_pd_user_id": ADA_USER,
        "chat": {"name": name},
    }
    assert (meeting.path, meeting.json["mst_team_id"]) == (f"{place}/meeting", COMPANY.teams[0].id)
    assert meeting.json["meeting"] == {"name": name}
    assert (ask.method, ask.path) == ("GET", f"{place}/dedicated_chat")
    for call in (chat, meeting):
        assert call.headers["authorization"] == f"Token token={TOKEN}"
        assert call.headers["accept"] == "application/vnd.pagerduty+json;version=2"
    assert (message.method, message.path) == ("POST", f"/v1/incidents/{incident['id']}/messages")
    assert message.headers["authorization"] == f"Bearer {TOKEN}"
    assert message.headers["content-type"] == "application/json"
    assert message.headers["idempotency-key"] == f"meeting-of-{incident['id']}"
    assert message.json == {"to": {"chat": "dedicated"}, "text": f"The meeting: {MEETING['url']}"}

    assert (ran["state"], ran["has_error"], ran["started_by"], ran["user"]) == (
        "completed",
        False,
        "manual",
        BO_USER,
    )
    outputs = {step["name"]: step["outputs"] for step in ran["steps"]}
    assert {one["Result"] for one in outputs.values()} == {"Success"}
    assert outputs[OPEN_CHAT_STEP]["Chat Link"] == CHAT["url"]
    assert outputs[OPEN_MEETING_STEP]["Conference Bridge URL"] == MEETING["url"]
    told = outputs["Tell the chat"]
    assert told["Response Status Code"] == "201"
    assert '"id": "1700000000001"' in told["Response Body"]
    assert ran["steps"][-1]["request"]["url"] == f"{api.url}/v1/incidents/{incident['id']}/messages"


async def test_what_is_refused_stands_in_its_step_and_the_next_steps_run(
    account: SimulatedAccount, api: CalledApi
) -> None:
    exists = {"error": {"message": "The incident chat group already exists."}}
    no_team = {"error": {"message": "no such team"}}
    api.answers = {
        "/dedicated_chat": [Told(409, exists), Told(404)],
        "/meeting": [Told(404, no_team)],
        "/messages": [Told(503)],
    }
    incident = (await account.trigger())["id"]
    ran = await ended(account, await run(account, CHAT_AND_MEETING, incident))
    outputs = {step["name"]: step["outputs"] for step in ran["steps"]}
    chat, meeting = outputs[OPEN_CHAT_STEP], outputs[OPEN_MEETING_STEP]
    message = outputs["Tell the chat"]
    assert (chat["Result"], chat["Error"]) == ("Failed", "The incident chat group already exists.")
    assert chat["Chat Link"] == ""
    assert (meeting["Result"], meeting["Error"]) == ("Failed", "no such team")
    assert (message["Result"], message["Error"]) == ("Failed", "The answer has status 503")
    assert ran["has_error"]
    assert len(api.called) == 4, "no loop goes on after a refusal"


async def test_the_message_waits_for_a_chat_and_a_meeting_that_come_late(
    account: SimulatedAccount, api: CalledApi
) -> None:
    api.answers = {
        "/dedicated_chat": [Told(202), Told(404), Told(200, {"chat": CHAT})],
        "/meeting": [Told(202), Told(201, {"meeting": MEETING})],
    }
    incident = (await account.trigger())["id"]
    key = await run(account, CHAT_AND_MEETING, incident)
    for count in (2, 4):
        await api.until(count)
        await account.until(lambda: _is_between_loops(account, key))
        await account.sandbox("POST", "/clock", {"advance": 60})
    ran = await ended(account, key)
    place = f"/integration-ms-teams/incidents/{incident}"
    assert api.paths == [
        f"POST {place}/dedicated_chat",
        *[f"POST {place}/meeting"] * 2,
        *[f"GET {place}/dedicated_chat"] * 2,
        f"POST /v1/incidents/{incident}/messages",
    ]
    assert api.called[-1].json["text"] == f"The meeting: {MEETING['url']}"
    assert not ran["has_error"]


async def test_a_run_is_told_by_webhooks(account: SimulatedAccount, api: CalledApi) -> None:
    api.answers = answers_in_time()
    incident = await account.trigger()
    key = await run(account, CHAT_AND_MEETING, incident["id"], BO_USER)
    _, begun, done = await account.receiver.expect("incident.triggered", STARTED, COMPLETED)
    for webhook in (begun, done):
        data = webhook.event["data"]
        assert webhook.event["agent"]["id"] == BO_USER
        assert (data["id"], data["type"]) == (key, "incident_workflow_instance")
        assert data["incident_workflow"]["id"] == CHAT_AND_MEETING
        assert data["incident_workflow"]["summary"] == "Chat and meeting in Teams"
        assert data["workflow_trigger"]["type"] == "workflow_trigger_reference"
        assert data["incident"]["id"] == incident["id"]
        assert data["service"]["id"] == "PSVC001"


async def test_a_condition_starts_a_workflow_whenever_it_becomes_true(account: SimulatedAccount) -> None:
    await account.trigger(priority=P1)
    incident = (await account.trigger(service=EDGE, priority=P2))["id"]
    assert triggers_of(account) == []
    await account.put(incident, priority=P1)
    assert triggers_of(account) == [f"{P1_AT_THE_EDGE} conditional"]
    await account.put(incident, title="Still a P1")
    await account.put(incident, priority=P2)
    assert len(triggers_of(account)) == 1
    await account.put(incident, priority=P1)
    assert len(triggers_of(account)) == 2
    await account.trigger(service=EDGE, priority=P1)
    assert len(triggers_of(account)) == 3
    (first, *_) = account.simulator.store.state.workflow_runs.values()
    assert first.user == DI_USER, "the first assignee of the policy of Edge network"


async def test_a_type_starts_a_workflow_when_it_is_set(account: SimulatedAccount) -> None:
    breach = {"name": "security_breach"}
    incident = (await account.trigger())["id"]
    assert triggers_of(account) == []
    await account.put(incident, incident_type=breach)
    await account.put(incident, title="Still a breach")
    await account.trigger(incident_type=breach)
    assert triggers_of(account) == [f"{SECURITY_BREACH} incident_type"] * 2


async def test_a_disabled_workflow_does_not_start(account: SimulatedAccount) -> None:
    for workflow in (CHAT_AND_MEETING, P1_AT_THE_EDGE):
        await account.sandbox("POST", f"/workflows/{workflow}", {"enabled": False})
    incident = (await account.trigger(service=EDGE, priority=P1))["id"]
    body = {"workflow": CHAT_AND_MEETING, "incident": incident, "user": ADA_USER}
    assert (await account.http.post("/_sandbox/workflow_runs", json=body)).status_code == 404
    assert triggers_of(account) == []
    await account.sandbox("POST", f"/workflows/{CHAT_AND_MEETING}", {"enabled": True})
    await run(account, CHAT_AND_MEETING, incident)


async def test_only_a_team_starts_what_is_the_teams(account: SimulatedAccount, api: CalledApi) -> None:
    trigger = {"type": "manual", "team": "PTEAM02"}
    workflow = await publish(account, web_step(api.url), triggers=[trigger])
    incident = (await account.trigger())["id"]
    body = {"workflow": workflow, "incident": incident, "user": BO_USER}
    assert (await account.http.post("/_sandbox/workflow_runs", json=body)).status_code == 404
    await ended(account, await run(account, workflow, incident, DI_USER))


async def test_a_loop_goes_on_until_its_condition_holds(account: SimulatedAccount, api: CalledApi) -> None:
    api.answers = {"/dedicated_chat": [Told(202), Told(404), Told(404), Told(200, {"chat": CHAT})]}
    await account.trigger(incident_type={"name": "security_breach"})
    (key,) = account.simulator.store.state.workflow_runs
    for count in (2, 3):
        await api.until(count)
        await account.until(lambda: _is_between_loops(account, key))
        await account.sandbox("POST", "/clock", {"advance": 60})
    ran = await ended(account, key)
    assert [(step["name"], step["loop"]) for step in ran["steps"]] == [
        ("Open the chat", None),
        ("Loop until the chat is there", None),
        ("Ask for the chat", 1),
        ("Ask for the chat", 2),
        ("Ask for the chat", 3),
        ("Tell the chat", None),
    ]
    asked = [step["outputs"]["Response Status Code"] for step in ran["steps"][2:5]]
    assert asked == ["404", "404", "200"]
    assert ran["steps"][1]["outputs"]["Result Summary"] == "The condition was met in loop 3"
    assert not ran["has_error"], "what failed inside the loop is no error of the run"


def _is_between_loops(account: SimulatedAccount, key: str) -> bool:
    last = account.simulator.store.state.workflow_runs[key].steps[-1]
    return last.loop is not None and last.ended_at is not None


async def test_a_loop_ends_after_its_most_loops(account: SimulatedAccount, api: CalledApi) -> None:
    loop = {
        "name": "Loop Until",
        "action": LOOP_UNTIL,
        "inputs": {
            "Condition": "incident.status matches 'resolved'",
            "Delay between loops": "0",
            "Maximum loops": "3",
        },
        "steps": [web_step(api.url)],
    }
    workflow = await publish(account, loop)
    incident = (await account.trigger())["id"]
    ran = await ended(account, await run(account, workflow, incident))
    assert ran["steps"][0]["outputs"]["Error"] == "The condition was not met in 3 loops"
    assert (len(api.called), ran["has_error"]) == (3, True)


async def test_every_reference_of_a_step_is_filled_in(account: SimulatedAccount, api: CalledApi) -> None:
    first = web_step(f"{api.url}/first?of={{{{incident.incident_number}}}}", name="First")
    status = "{{steps['First'].fields['Response Status Code']}}"
    body = f"{{{{workflow.name}}}}|{{{{incident.priority}}}}|{status}|{{{{nothing}}}}"
    second = web_step(
        f"{api.url}/second", name="Second", action=POST, Headers="X-Of: {{incident.id}}", Body=body
    )
    workflow = await publish(account, first, second)
    incident = (await account.trigger(priority=P1))["id"]
    await ended(account, await run(account, workflow, incident))
    assert api.called[1].body.decode() == "Try|P1|200|{{nothing}}"
    assert api.called[1].headers["x-of"] == incident


@pytest.mark.parametrize(
    ("url", "connection", "error"),
    [
        ("http://muster.example/v1", "", "Only HTTPS URLs are supported"),
        ("https://events.pagerduty.com/v2/enqueue", "", "Requests to the PagerDuty Events API are blocked"),
        ("https://other.example/", CONNECTION, "The connection Muster does not allow this host"),
        ("http://127.0.0.1:1/", "", "ConnectError"),
    ],
)
async def test_what_is_not_sent_fails_and_says_why(
    account: SimulatedAccount, url: str, connection: str, error: str
) -> None:
    inputs = {"Authentication Headers": connection} if connection else {}
    workflow = await publish(account, web_step(url, **inputs))
    incident = (await account.trigger())["id"]
    ran = await ended(account, await run(account, workflow, incident))
    assert ran["steps"][0]["outputs"]["Result"] == "Failed"
    assert ran["steps"][0]["outputs"]["Error"].startswith(error)


async def test_an_answer_has_a_time_and_a_size(api: CalledApi) -> None:
    requests = WebRequests(FaultBook())
    api.answers = {"/late": [Told(after=1)], "/large": [Told(body="x" * LARGEST_ANSWER)]}
    late = await requests.send("GET", f"{api.url}/late", {}, within=0.05)
    large = await requests.send("GET", f"{api.url}/large", {}, within=5)
    await requests.close()
    assert (late.status, late.error) == (None, "No answer within 0.05 s")
    assert (large.body, large.error) == ("", "Encountered a system error after the action completed")


@pytest.mark.parametrize(
    ("status", "hostname", "message"),
    [
        (200, "127.0.0.1", "Healthy"),
        (204, "*.0.0.1", "Healthy"),
        (401, "127.0.0.1", "Answered with status 401"),
        (200, "muster.example", "The host is not among the allowed hostnames"),
        (200, "*.127.0.0.1", "The host is not among the allowed hostnames"),
    ],
)
async def test_the_health_address_is_asked_when_a_connection_is_made(
    account: SimulatedAccount, api: CalledApi, status: int, hostname: str, message: str
) -> None:
    api.answers = {"/health": [Told(status)]}
    body = {
        "name": "Other",
        "headers": [{"name": "Authorization", "value": "Bearer secret-1"}],
        "allowed_hostnames": [hostname],
        "health_check_url": f"{api.url}/v1/health",
    }
    made = await account.sandbox("POST", "/connections", body)
    assert (made["health"]["message"], made["health"]["is_healthy"]) == (message, message == "Healthy")
    assert made["headers"] == "Authorization: ****"
    if message.startswith("The host"):
        assert api.called == []
    else:
        (asked,) = api.called
        assert (asked.method, asked.path) == ("HEAD", "/v1/health")
        assert asked.headers["authorization"] == "Bearer secret-1"


async def test_the_ready_connection_is_checked_when_somebody_asks(
    account: SimulatedAccount, api: CalledApi
) -> None:
    (ready,) = (await account.sandbox("GET", "/workflows"))["connections"]
    assert (ready["id"], ready["health"]) == (CONNECTION, None)
    checked = await account.sandbox("POST", f"/connections/{CONNECTION}/check")
    assert checked["health"]["is_healthy"]
    assert api.paths == ["HEAD /v1/health"]
    assert api.called[0].headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    "wrong",
    [
        {"triggers": [{"type": "conditional", "condition": "incident.priority is 'P1'"}]},
        {"triggers": [{"type": "conditional", "condition": "incident.title matches regex '('"}]},
        {"triggers": [{"type": "incident_type", "incident_types": ["unknown"]}]},
        {"steps": [{"name": "x", "action": "pagerduty.com:unknown:do:1"}]},
        {"steps": [{"name": "x", "action": LOOP_UNTIL, "inputs": {}}]},
        {"steps": [web_step("https://muster.example", Body="none of a GET")]},
        {"steps": [web_step("https://muster.example", **{"Authentication Headers": "unknown"})]},
    ],
)
async def test_what_could_not_run_is_not_published(account: SimulatedAccount, wrong: dict[str, Any]) -> None:
    body = {"name": "Wrong", "steps": [web_step("https://muster.example")]} | wrong
    answer = await account.http.post("/_sandbox/workflows", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 2001)


async def test_there_are_five_triggers_by_type(account: SimulatedAccount, api: CalledApi) -> None:
    trigger = {"type": "incident_type", "incident_types": ["major_default"]}
    for _ in range(4):
        await publish(account, web_step(api.url), triggers=[trigger])
    body = {"name": "Sixth", "steps": [web_step(api.url)], "triggers": [trigger]}
    answer = await account.http.post("/_sandbox/workflows", json=body)
    assert answer.json()["error"]["code"] == 2019


async def test_a_request_can_arrive_twice_and_its_answer_be_lost(
    account: SimulatedAccount, api: CalledApi
) -> None:
    workflow = await publish(account, web_step(f"{api.url}/it"))
    incident = (await account.trigger())["id"]
    await account.fault("web_request", "duplicate", match={"path": "/it"})
    await ended(account, await run(account, workflow, incident))
    assert api.paths == ["GET /it"] * 2
    await account.fault("web_request", "lose_answer", match={"method": "GET"})
    ran = await ended(account, await run(account, workflow, incident))
    assert api.paths == ["GET /it"] * 3
    assert ran["steps"][0]["outputs"]["Error"] == "The connection was closed without an answer"


async def test_runs_survive_a_restart_and_one_that_was_running_has_ended(tmp_path: Path) -> None:
    state = tmp_path / "pagerduty.json"
    async with running_workflows(state) as (account, api):
        api.answers = answers_in_time()
        incident = (await account.trigger())["id"]
        done = await ended(account, await run(account, CHAT_AND_MEETING, incident))
        await account.sandbox("POST", f"/workflows/{SECURITY_BREACH}", {"enabled": False})
        made = await publish(account, web_step(f"{api.url}/slow"))
        api.answers = {"/slow": [Told(after=1)]}
        running = await run(account, made, incident)
        await api.until(4)
    async with running_workflows(state) as (account, _):
        assert (await account.sandbox("GET", f"/workflow_runs/{done['id']}")) == done
        cut = await account.sandbox("GET", f"/workflow_runs/{running}")
        assert (cut["state"], cut["has_error"]) == ("completed", True)
        assert cut["steps"][0]["outputs"]["Error"] == "The simulator ended during this step"
        known = (await account.sandbox("GET", "/workflows"))["workflows"]
        assert {one["id"]: one["enabled"] for one in known} == {
            CHAT_AND_MEETING: True,
            P1_AT_THE_EDGE: True,
            SECURITY_BREACH: False,
            made: True,
        }
        await account.reset()
        assert await account.sandbox("GET", "/workflow_runs") == []
        assert len((await account.sandbox("GET", "/workflows"))["workflows"]) == 3


async def test_rest_lists_workflows_and_triggers_as_described(account: SimulatedAccount) -> None:
    listed = await account.call("GET", "/incident_workflows", params={"include[]": "steps", "limit": 2})
    assert [one["id"] for one in listed.json()["incident_workflows"]] == [CHAT_AND_MEETING, P1_AT_THE_EDGE]
    assert listed.json()["more"] is True
    first_step = listed.json()["incident_workflows"][0]["steps"][0]["action_configuration"]
    assert first_step["action_id"] == "pagerduty.com:microsoft-teams:create-ms-teams-chat:2"
    incident = (await account.trigger())["id"]
    query = {"incident_id": incident, "trigger_type": "manual"}
    manual = await account.call("GET", "/incident_workflows/triggers", params=query)
    (only,) = manual.json()["triggers"]
    assert (only["workflow"]["id"], only["permissions"]) == (CHAT_AND_MEETING, {"restricted": False})
    first = await account.call("GET", "/incident_workflows/triggers", params={"limit": 2})
    rest = {"limit": 2, "cursor": first.json()["next_cursor"]}
    second = await account.call("GET", "/incident_workflows/triggers", params=rest)
    assert [len(one.json()["triggers"]) for one in (first, second)] == [2, 1]
    for answer in (listed, manual, first, second):
        rest_api().check_answer(exchange_of(answer))


async def test_rest_starts_a_workflow(account: SimulatedAccount) -> None:
    incident = (await account.trigger())["id"]
    path = f"/incident_workflows/{P1_AT_THE_EDGE}/instances"
    reference = {"id": incident, "type": "incident_reference"}
    body = {"incident_workflow_instance": {"incident": reference, "id": "P3SNKQS"}}
    started = await account.call("POST", path, body, user=DI_USER)
    assert started.status_code == 201
    assert started.json()["incident_workflow_instance"]["id"] == "P3SNKQS"
    ran = await ended(account, "P3SNKQS")
    assert (ran["started_by"], ran["trigger"], ran["user"]) == ("api", None, DI_USER)
    again = await account.call("POST", path, body)
    assert again.json()["incident_workflow_instance"]["id"] != "P3SNKQS"
    refused = await account.call("POST", path, body, user=CY_USER)
    unknown = await account.call("POST", "/incident_workflows/PNONE/instances", body)
    reference["id"] = "QNONE"
    nowhere = await account.call("POST", path, body)
    assert [one.status_code for one in (refused, unknown, nowhere)] == [403, 404, 404]
    for answer in (started, again, refused, unknown, nowhere):
        rest_api().check_answer(exchange_of(answer))


async def test_rest_wants_the_scopes_of_workflows(account: SimulatedAccount) -> None:
    incident = (await account.trigger())["id"]
    body = {"incident_workflow_instance": {"incident": {"id": incident}}}
    for scopes, statuses in (
        ("incident_workflows.read", (200, 403)),
        ("incident_workflows:instances.write", (403, 201)),
    ):
        form = {
            "grant_type": "client_credentials",
            "client_id": COMPANY.client_id,
            "client_secret": COMPANY.client_secret,
            "scope": f"as_account-us.acme {scopes}",
        }
        token = (await account.http.post("/oauth/token", data=form)).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        path = f"/incident_workflows/{CHAT_AND_MEETING}/instances"
        listed = await account.http.get("/incident_workflows", headers=headers)
        started = await account.http.post(path, json=body, headers=headers)
        assert (listed.status_code, started.status_code) == statuses
