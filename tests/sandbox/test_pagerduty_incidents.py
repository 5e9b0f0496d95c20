"""What the API lets happen to incidents, and which webhooks tell of it."""

import json
from typing import Any

import pytest

from tests.support.pagerduty_account import ADA_USER, BO_USER, CY_USER, DI_USER, SimulatedAccount

pytestmark = pytest.mark.anyio


def users(entries: list[dict[str, Any]], role: str) -> list[str]:
    return [entry[role]["id"] for entry in entries]


async def test_a_new_incident_is_assigned_to_the_users_on_call(account: SimulatedAccount) -> None:
    incident = await account.trigger(urgency="low", priority={"id": "PPRIO02", "type": "priority_reference"})
    assert incident["status"] == "triggered"
    assert users(incident["assignments"], "assignee") == [BO_USER]
    assert incident["id"].startswith("Q")
    assert len(incident["id"]) == 14
    (webhook,) = await account.receiver.expect("incident.triggered")
    data = webhook.event["data"]
    assert data["id"] == incident["id"]
    assert data["number"] == incident["incident_number"]
    assert data["html_url"] == incident["html_url"] == f"{account.url}/app/incidents/{incident['id']}"
    assert data["priority"]["summary"] == "P2"
    assert data["teams"][0]["summary"] == "Payments"
    assert webhook.event["agent"]["id"] == ADA_USER


async def test_an_incident_is_acknowledged_and_resolved(account: SimulatedAccount) -> None:
    incident = (await account.trigger())["id"]
    acknowledged = (await account.put(incident, status="acknowledged")).json()["incident"]
    assert users(acknowledged["acknowledgements"], "acknowledger") == [BO_USER]
    assert acknowledged["last_status_change_by"]["id"] == BO_USER
    resolved = (await account.put(incident, status="resolved", user=ADA_USER)).json()["incident"]
    assert resolved["status"] == "resolved"
    assert resolved["assignments"] == resolved["acknowledgements"] == []
    assert resolved["resolved_at"] == resolved["last_status_change_at"]
    webhooks = await account.receiver.expect(
        "incident.triggered", "incident.acknowledged", "incident.resolved"
    )
    times = [one.event["occurred_at"] for one in webhooks]
    assert times == sorted(set(times))


@pytest.mark.parametrize(
    ("before", "change", "code"),
    [
        (["resolved"], {"status": "resolved"}, 2001),
        (["acknowledged"], {"status": "acknowledged"}, 1002),
        ([], {"status": "snoozed"}, 1003),
        ([], {"escalation_level": 9}, 1006),
        (["resolved"], {"escalation_level": 2}, 2001),
        ([], {"assignments": [{"assignee": {"id": "PNOBODY", "type": "user_reference"}}]}, 1007),
        (["resolved"], {"assignments": [{"assignee": {"id": CY_USER, "type": "user_reference"}}]}, 2001),
        ([], {"escalation_policy": {"id": "PNONE", "type": "escalation_policy_reference"}}, 1014),
        ([], {"priority": "P9"}, 1020),
        ([], {"title": " "}, 2001),
        ([], {"urgency": "medium"}, 2001),
    ],
)
async def test_refused_changes_change_nothing(
    account: SimulatedAccount, before: list[str], change: dict[str, Any], code: int
) -> None:
    incident = (await account.trigger())["id"]
    for status in before:
        await account.put(incident, status=status)
    untouched = await account.get(incident)
    refusal = await account.put(incident, **{"title": "Half done", **change})
    assert refusal.status_code == 400
    assert refusal.json()["error"]["code"] == code
    assert await account.get(incident) == untouched


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "", {"incident": {"type": "incident_reference", "status": "resolved"}}),
        ("PUT", "", {"incident": {"type": "incident_reference", "escalation_level": 2}}),
        (
            "PUT",
            "",
            {"incident": {"type": "incident_reference", "assignments": [{"assignee": {"id": CY_USER}}]}},
        ),
        (
            "PUT",
            "",
            {"incident": {"type": "incident_reference", "escalation_policy": {"id": "PEP0002"}}},
        ),
        ("PUT", "/merge", {"source_incidents": [{"id": "{other}"}]}),
        (
            "POST",
            "/responder_requests",
            {
                "requester_id": BO_USER,
                "message": "Help",
                "responder_request_targets": [{"id": CY_USER, "type": "user_reference"}],
            },
        ),
    ],
)
async def test_what_a_resolved_incident_refuses_is_said_as_pagerduty_says_it(
    account: SimulatedAccount, method: str, path: str, body: dict[str, Any]
) -> None:
    incident, other = (await account.trigger())["id"], (await account.trigger())["id"]
    await account.put(incident, status="resolved")
    filled = json.loads(json.dumps(body).replace("{other}", other))
    refused = await account.call(method, f"/incidents/{incident}{path}", filled, user=BO_USER)
    assert refused.status_code == 400
    assert refused.json() == {
        "error": {
            "message": "Invalid Input Provided",
            "code": 2001,
            "errors": ["Incident Already Resolved"],
        }
    }


async def test_two_people_can_acknowledge(account: SimulatedAccount) -> None:
    incident = (await account.trigger())["id"]
    await account.put(incident, status="acknowledged", user=BO_USER)
    both = (await account.put(incident, status="acknowledged", user=CY_USER)).json()["incident"]
    assert users(both["acknowledgements"], "acknowledger") == [BO_USER, CY_USER]


async def test_a_resolved_incident_told_acknowledged_reopens_for_that_person(
    account: SimulatedAccount,
) -> None:
    incident = (await account.trigger())["id"]
    await account.put(incident, status="resolved")
    reopened = (await account.put(incident, status="acknowledged", user=CY_USER)).json()["incident"]
    assert reopened["status"] == "acknowledged"
    assert users(reopened["assignments"], "assignee") == [CY_USER]
    assert reopened["resolved_at"] is None
    webhooks = await account.receiver.expect(
        "incident.triggered", "incident.resolved", "incident.reopened", "incident.acknowledged"
    )
    assert [one.event["data"]["status"] for one in webhooks[2:]] == ["triggered", "acknowledged"]
    assert webhooks[2].event["data"]["reopened_at"] is not None


async def test_a_resolved_incident_set_to_triggered_goes_to_its_escalation_policy(
    account: SimulatedAccount,
) -> None:
    incident = (await account.trigger())["id"]
    await account.put(incident, status="resolved")
    reopened = (await account.put(incident, status="triggered", user=CY_USER)).json()["incident"]
    assert reopened["status"] == "triggered"
    assert users(reopened["assignments"], "assignee") == [BO_USER]
    await account.put(incident, status="resolved")
    policy = {"id": "PEP0002", "type": "escalation_policy_reference"}
    elsewhere = (await account.put(incident, status="triggered", escalation_policy=policy)).json()["incident"]
    assert users(elsewhere["assignments"], "assignee") == [DI_USER]
    await account.receiver.expect(
        "incident.triggered",
        "incident.resolved",
        "incident.reopened",
        "incident.resolved",
        "incident.reopened",
    )


@pytest.mark.parametrize(
    ("change", "kind", "assignee"),
    [
        (
            {"assignments": [{"assignee": {"id": CY_USER, "type": "user_reference"}}]},
            "incident.reassigned",
            CY_USER,
        ),
        ({"escalation_level": 2}, "incident.escalated", ADA_USER),
        (
            {"escalation_policy": {"id": "PEP0002", "type": "escalation_policy_reference"}},
            "incident.delegated",
            DI_USER,
        ),
    ],
)
async def test_new_assignees_have_not_acknowledged(
    account: SimulatedAccount, change: dict[str, Any], kind: str, assignee: str
) -> None:
    incident = (await account.trigger())["id"]
    await account.put(incident, status="acknowledged")
    handed_over = (await account.put(incident, **change)).json()["incident"]
    assert users(handed_over["assignments"], "assignee") == [assignee]
    assert handed_over["status"] == "triggered"
    assert handed_over["acknowledgements"] == []
    await account.receiver.expect("incident.triggered", "incident.acknowledged", kind)


async def test_every_other_change_has_its_event_or_none(account: SimulatedAccount) -> None:
    incident = (await account.trigger())["id"]
    await account.put(incident, status="acknowledged")
    await account.put(incident, status="triggered")
    await account.put(incident, priority="P1")
    await account.put(incident, title="Checkout is down", urgency="low")
    await account.put(incident, service={"id": "PSVC002", "type": "service_reference"})
    await account.put(incident, incident_type={"name": "major_default"})
    await account.put(incident, conference_bridge={"conference_url": "https://meet.example/1"})
    path = f"/incidents/{incident}"
    await account.call("POST", f"{path}/notes", {"note": {"content": "Rolled back"}})
    await account.call("POST", f"{path}/status_updates", {"message": "We are on it"})
    target = {"responder_request_target": {"id": "PEP0002", "type": "escalation_policy_reference"}}
    request = {"requester_id": BO_USER, "message": "Help", "responder_request_targets": [target]}
    await account.call("POST", f"{path}/responder_requests", request)
    fields = {"custom_fields": [{"name": "environment", "value": "production"}]}
    await account.call("PUT", f"{path}/custom_fields/values", fields)
    webhooks = await account.receiver.expect(
        "incident.triggered",
        "incident.acknowledged",
        "incident.unacknowledged",
        "incident.priority_updated",
        "incident.service_updated",
        "incident.incident_type.changed",
        "incident.conference_bridge.updated",
        "incident.annotated",
        "incident.status_update_published",
        "incident.responder.added",
        "incident.custom_field_values.updated",
    )
    data = {one.kind: one.event["data"] for one in webhooks}
    assert data["incident.incident_type.changed"]["incident_type"] == {"name": "major_default"}
    assert data["incident.service_updated"]["title"] == "Checkout is down"
    assert data["incident.annotated"]["content"] == "Rolled back"
    assert data["incident.annotated"]["incident"]["id"] == incident
    assert data["incident.responder.added"]["user"]["id"] == DI_USER
    assert data["incident.responder.added"]["state"] == "pending"
    assert data["incident.conference_bridge.updated"]["conference_url"] == "https://meet.example/1"
    assert data["incident.custom_field_values.updated"]["changed_custom_fields"][0]["value"] is None
    assert data["incident.custom_field_values.updated"]["custom_fields"][0]["value"] == "production"


async def test_several_incidents_change_at_once_or_none_does(account: SimulatedAccount) -> None:
    first, second = (await account.trigger())["id"], (await account.trigger())["id"]
    updates = [{"id": key, "type": "incident_reference", "status": "acknowledged"} for key in (first, second)]
    done = await account.call("PUT", "/incidents", {"incidents": updates}, user=BO_USER)
    assert [one["status"] for one in done.json()["incidents"]] == ["acknowledged", "acknowledged"]
    updates = [
        {"id": first, "type": "incident_reference", "status": "resolved"},
        {"id": "QNONE", "type": "incident_reference", "status": "resolved"},
    ]
    refused = await account.call("PUT", "/incidents", {"incidents": updates}, user=BO_USER)
    assert refused.json()["error"]["code"] == 1004
    assert (await account.get(first))["status"] == "acknowledged"
    too_many = await account.call("PUT", "/incidents", {"incidents": updates[:1] * 251}, user=BO_USER)
    assert too_many.status_code == 413


async def test_a_key_belongs_to_one_open_incident_of_a_service(account: SimulatedAccount) -> None:
    incident = await account.trigger(incident_key="disk-1")
    again = {
        "type": "incident",
        "title": "Again",
        "service": {"id": "PSVC001", "type": "service_reference"},
        "incident_key": "disk-1",
    }
    assert (await account.call("POST", "/incidents", {"incident": again})).json()["error"]["code"] == 2001
    await account.put(incident["id"], status="resolved")
    assert (await account.call("POST", "/incidents", {"incident": again})).status_code == 201


async def test_lists_are_filtered_sorted_and_paged(account: SimulatedAccount) -> None:
    for number in range(5):
        await account.trigger(title=f"Nr {number}", urgency="low" if number == 4 else "high")
    oldest = (await account.call("GET", "/incidents")).json()["incidents"][0]
    await account.put(oldest["id"], status="resolved")

    async def titles(**query: Any) -> list[str]:
        answer = await account.call("GET", "/incidents", params=query)
        return [one["title"] for one in answer.json()["incidents"]]

    assert await titles(**{"statuses[]": ["resolved"]}) == ["Nr 0"]
    assert await titles(**{"urgencies[]": ["low"]}) == ["Nr 4"]
    assert await titles(**{"service_ids[]": ["PSVC002"]}) == []
    assert await titles(**{"user_ids[]": [BO_USER], "sort_by": "incident_number:desc", "limit": 2}) == [
        "Nr 4",
        "Nr 3",
    ]
    assert await titles(since="2001-01-01", until="2001-02-01") == []
    page = (await account.call("GET", "/incidents", params={"limit": 2, "offset": 2, "total": True})).json()
    assert (page["limit"], page["offset"], page["more"], page["total"]) == (2, 2, True, 5)
    beyond = await account.call("GET", "/incidents", params={"offset": 10_000})
    assert beyond.json()["error"]["code"] == 2001


async def test_a_list_begins_a_month_ago_unless_told_otherwise(account: SimulatedAccount) -> None:
    """What the card of a newly connected service asks for: everything open, the newest first."""
    first = (await account.trigger(title="First"))["id"]
    second = (await account.trigger(title="Second"))["id"]
    await account.sandbox("POST", "/clock", {"advance": 31 * 86_400})
    await account.put((await account.trigger(title="Resolved"))["id"], status="resolved")
    await account.put(second, status="acknowledged")
    third = (await account.trigger(title="Third"))["id"]
    await account.trigger(title="Elsewhere", service={"id": "PSVC003", "type": "service_reference"})
    wanted: dict[str, Any] = {
        "service_ids[]": ["PSVC001"],
        "statuses[]": ["triggered", "acknowledged"],
        "sort_by": "created_at:desc",
        "limit": 2,
    }

    async def found(**query: Any) -> tuple[list[str], bool]:
        answer = (await account.call("GET", "/incidents", params=wanted | query)).json()
        return [one["id"] for one in answer["incidents"]], answer["more"]

    assert await found() == ([third], False)
    newest, more = await found(date_range="all")
    assert (newest[0], len(newest), more) == (third, 2, True)
    rest, more = await found(date_range="all", offset=2)
    assert ({*newest, *rest}, more) == ({first, second, third}, False)
    three = await account.call("GET", "/incidents", params={"sort_by": "created_at,incident_number,urgency"})
    assert three.json()["error"]["code"] == 2001, "two orders at most"


async def test_includes_show_objects_in_full(account: SimulatedAccount) -> None:
    incident = (await account.trigger(conference_bridge={"conference_url": "https://meet.example/1"}))["id"]
    await account.put(incident, status="acknowledged")
    assert "conference_bridge" not in await account.get(incident)
    full = await account.get(incident, "acknowledgers", "conference_bridge", "services", "custom_fields")
    assert full["acknowledgements"][0]["acknowledger"]["email"] == account.person(BO_USER).email
    assert full["conference_bridge"] == {"conference_url": "https://meet.example/1"}
    assert full["service"]["status"] == "warning"
    assert full["custom_fields"][0]["name"] == "environment"
