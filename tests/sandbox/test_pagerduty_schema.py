"""Every answer is one that PagerDuty's published schema describes."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.schemas.exchange import exchange_of
from tests.schemas.pagerduty import rest_api
from tests.support.pagerduty_account import BO_USER, SimulatedAccount, running_account

pytestmark = pytest.mark.anyio

ALL_INCLUDES = [
    "acknowledgers",
    "agents",
    "assignees",
    "conference_bridge",
    "escalation_policies",
    "first_trigger_log_entries",
    "priorities",
    "services",
    "teams",
    "users",
]


def check(answer: httpx.Response) -> None:
    rest_api().check_answer(exchange_of(answer))


@pytest.fixture(scope="module")
async def account() -> AsyncIterator[SimulatedAccount]:
    async with running_account() as account:
        yield account


@pytest.fixture(scope="module")
async def incident(account: SimulatedAccount) -> str:
    """An incident on which everything has happened."""
    created = await account.trigger(
        alerts=[
            {
                "summary": "Disk /data is full",
                "source": "db-1.prod",
                "custom_details": {"free": "0 %"},
                "links": [{"href": "https://runbooks.example/disk", "text": "Runbook"}],
                "images": [{"src": "https://graphs.example/disk.png", "alt": "Free space"}],
            }
        ],
        priority={"id": "PPRIO01", "type": "priority_reference"},
        body={"type": "incident_body", "details": {"disk": "full"}},
        conference_bridge={
            "conference_number": "+1 555 0100,,1234#",
            "conference_url": "https://meet.example/1",
        },
    )
    key = str(created["id"])
    await account.put(key, status="acknowledged")
    await account.put(key, escalation_level=2, urgency="low")
    await account.put(key, status="resolved", resolution="Fixed")
    await account.put(key, status="acknowledged")
    return key


@pytest.mark.parametrize(
    "template",
    [
        "/abilities",
        "/abilities/{id}",
        "/escalation_policies",
        "/escalation_policies/{id}",
        "/incidents",
        "/incidents/types",
        "/incidents/{id}",
        "/incidents/{id}/alerts",
        "/incidents/{id}/log_entries",
        "/incidents/{id}/notes",
        "/oncalls",
        "/priorities",
        "/services",
        "/services/{id}",
        "/teams",
        "/teams/{id}",
        "/teams/{id}/members",
        "/users",
        "/users/{id}",
        "/users/me",
        "/webhook_subscriptions",
        "/webhook_subscriptions/{id}",
    ],
)
async def test_every_read_is_answered_as_described(
    account: SimulatedAccount, incident: str, template: str
) -> None:
    ids = {
        "abilities": "teams",
        "escalation_policies": "PEP0001",
        "incidents": incident,
        "services": "PSVC001",
        "teams": "PTEAM01",
        "users": BO_USER,
        "webhook_subscriptions": account.company.webhook_subscription,
    }
    collection = template.split("/")[1]
    path = template.replace("{id}", ids.get(collection, ""))
    answer = await account.call("GET", path, user=BO_USER, params={"include[]": ALL_INCLUDES})
    assert answer.status_code in (200, 204), answer.text
    check(answer)
    if "{id}" in template and "incidents" not in template:
        missing = await account.call("GET", template.replace("{id}", "PNONE"), user=BO_USER)
        assert missing.status_code == (402 if collection == "abilities" else 404)
        check(missing)


async def written(account: SimulatedAccount, incident: str) -> list[httpx.Response]:
    """Every write the API serves, each once."""
    path = "/incidents/{id}"
    service = {"id": "PSVC003", "type": "service_reference"}
    target = {"responder_request_target": {"id": "PUSER03", "type": "user_reference"}}
    subscription = {
        "type": "webhook_subscription",
        "events": ["incident.triggered"],
        "filter": {"type": "service_reference", "id": "PSVC003"},
        "delivery_method": {"type": "http_delivery_method", "url": account.receiver.url},
    }
    calls: list[tuple[str, str, Any]] = [
        ("POST", "/incidents", {"incident": {"type": "incident", "title": "New", "service": service}}),
        ("PUT", path, {"incident": {"type": "incident_reference", "title": "Other"}}),
        ("PUT", "/incidents", {"incidents": [{"id": incident, "type": "incident", "urgency": "high"}]}),
        ("POST", f"{path}/notes", {"note": {"content": "Look"}}),
        (
            "POST",
            f"{path}/status_updates",
            {"message": "Soon", "subject": "S", "html_message": "<b>Soon</b>"},
        ),
        (
            "POST",
            f"{path}/responder_requests",
            {"requester_id": BO_USER, "message": "Help", "responder_request_targets": [target]},
        ),
        ("POST", "/webhook_subscriptions", {"webhook_subscription": subscription}),
    ]
    answers = []
    other = {"id": (await account.trigger())["id"], "type": "incident_reference"}
    merged = await account.call("PUT", f"/incidents/{incident}/merge", {"source_incidents": [other]})
    answers.append(merged)
    answers.append(await account.call("GET", f"/incidents/{other['id']}"))
    for method, template, body in calls:
        answers.append(await account.call(method, template.replace("{id}", incident), body))
    made = answers[-1].json()["webhook_subscription"]["id"]
    one = "/webhook_subscriptions/{id}"
    for method, template, body in (
        ("PUT", one, {"webhook_subscription": {"description": "For one service"}}),
        ("POST", f"{one}/enable", None),
        ("POST", f"{one}/ping", None),
        ("DELETE", one, None),
    ):
        answers.append(await account.call(method, template.replace("{id}", made), body))
    return answers


async def test_every_write_is_answered_as_described(account: SimulatedAccount, incident: str) -> None:
    for answer in await written(account, incident):
        assert answer.is_success, answer.text
        check(answer)
    assert (await account.get(incident))["incidents_responders"][0]["state"] == "pending"
    check(await account.call("GET", f"/incidents/{incident}"))


async def test_every_refusal_is_as_described(account: SimulatedAccount, incident: str) -> None:
    one = f"/incidents/{incident}"
    expected = [
        (401, await account.http.get(one)),
        (404, await account.call("GET", "/incidents/QNONE")),
        (400, await account.call("POST", "/incidents", {"incident": {"type": "incident"}})),
        (413, await account.call("PUT", "/incidents", {"incidents": [{"type": "incident"}] * 251})),
        (400, await account.call("GET", "/incidents", params={"sort_by": "color"})),
        (400, await account.call("POST", f"{one}/notes", {"note": {"content": ""}})),
        (400, await account.call("GET", "/users/me")),
        (400, await account.call("GET", f"{one}/alerts", params={"sort_by": "severity"})),
        (400, await account.call("PUT", f"{one}/merge", {"source_incidents": []})),
        (404, await account.call("GET", "/webhook_subscriptions/PNONE")),
    ]
    for status, answer in expected:
        assert answer.status_code == status, answer.text
        check(answer)
