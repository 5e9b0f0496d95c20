"""Delivery of webhooks: signatures, order, retries, refusals, and the subscriptions they belong to."""

import asyncio
import base64
import json
from typing import Any

import httpx
import pytest

from sandbox.pagerduty import webhook_sender
from tests.support.company import signature
from tests.support.pagerduty_account import BO_USER, SimulatedAccount

pytestmark = pytest.mark.anyio

PLACE = "/webhook_subscriptions"


@pytest.mark.parametrize(
    ("secret", "digest"),
    [
        ("s3cr3t-old", "ffc69ae985d3c6a64f13f21feb6468253313ddf0244b678e7d7c6d79eafaa605"),
        ("s3cr3t-new", "2f8be37e779214118f73fd62f4674544832cc58041def95f4030b72760040cd4"),
    ],
)
async def test_a_known_body_has_its_known_signature(secret: str, digest: str) -> None:
    body = (
        b'{"event":{"id":"01TEST","event_type":"pagey.ping","resource_type":"pagey",'
        b'"occurred_at":"2026-01-01T00:00:00.000Z","agent":null,"client":null,'
        b'"data":{"message":"hi","type":"ping"}}}'
    )
    assert webhook_sender.signature(secret, body) == signature(body, secret) == f"v1={digest}"


async def test_a_webhook_is_signed_by_every_secret_through_a_rotation(account: SimulatedAccount) -> None:
    key, old = account.company.webhook_subscription, account.company.webhook_secret
    await account.trigger()
    (webhook,) = await account.receiver.expect("incident.triggered")
    assert webhook.headers["user-agent"] == "PagerDuty-Webhook/V3.0"
    assert webhook.headers["content-type"] == "application/json"
    assert webhook.headers["x-webhook-subscription"] == key
    assert webhook.headers["x-pagerduty-signature"] == signature(webhook.body, old)
    new = (await account.sandbox("POST", f"/subscriptions/{key}/secrets"))["secret"]
    await account.trigger()
    (webhook,) = await account.receiver.expect("incident.triggered")
    both = f"{signature(webhook.body, new)},{signature(webhook.body, old)}"
    assert webhook.headers["x-pagerduty-signature"] == both
    await account.sandbox("DELETE", f"/subscriptions/{key}/secrets")
    await account.trigger()
    (webhook,) = await account.receiver.expect("incident.triggered")
    assert webhook.headers["x-pagerduty-signature"] == signature(webhook.body, new)


async def test_a_webhook_that_fails_is_retried_and_the_next_ones_wait(account: SimulatedAccount) -> None:
    account.receiver.answers = [503, 429, 202]
    first = (await account.trigger())["id"]
    await account.put(first, status="acknowledged")
    await account.put(first, status="resolved")
    webhooks = await account.receiver.expect(
        "incident.triggered",
        "incident.triggered",
        "incident.triggered",
        "incident.acknowledged",
        "incident.resolved",
    )
    assert len({one.headers["x-webhook-id"] for one in webhooks[:3]}) == 1
    assert len({one.headers["x-webhook-id"] for one in webhooks}) == 3
    await account.until(lambda: account.webhook_states() == ["delivered"] * 3)
    (sent, *_) = (await account.records())["webhooks"]
    assert [one["status"] for one in sent["attempts"]] == [503, 429, 202]
    assert sent["incident"] == first


async def test_webhooks_of_another_incident_do_not_wait(account: SimulatedAccount) -> None:
    account.receiver.answers = [503]
    stuck, free = (await account.trigger(title="Stuck"))["id"], (await account.trigger(title="Free"))["id"]
    webhooks = await account.receiver.expect(*["incident.triggered"] * 3)
    arrived = [one.event["data"]["id"] for one in webhooks]
    assert sorted(arrived[:2]) == sorted([stuck, free])


async def test_no_answer_within_five_seconds_is_a_failure(account: SimulatedAccount) -> None:
    account.receiver.answers = [6.0]
    await account.trigger()
    await account.until(lambda: account.webhook_states() == ["delivered"])
    late, _ = (await account.records())["webhooks"][0]["attempts"]
    assert late["status"] is None
    assert late["error"] == "no answer within 5 s"


async def test_after_two_days_of_failures_a_webhook_is_dropped(account: SimulatedAccount) -> None:
    account.receiver.answers = [500] * 1000
    directly = [{"assignee": {"id": BO_USER, "type": "user_reference"}}]  # so that nothing escalates
    incident = (await account.trigger(assignments=directly))["id"]
    await account.until(lambda: len(account.receiver.received) > 0)
    await account.sandbox("POST", "/clock", {"advance": 48 * 3600 + 1})
    await account.until(lambda: account.webhook_states() == ["dropped"])
    account.receiver.answers.clear()
    account.receiver.received.clear()
    await account.put(incident, status="acknowledged")
    await account.receiver.expect("incident.acknowledged")


async def test_three_drops_in_a_row_disable_a_subscription_for_a_day(account: SimulatedAccount) -> None:
    key = account.company.webhook_subscription

    async def disabled() -> bool:
        answer = await account.call("GET", f"{PLACE}/{key}")
        return bool(answer.json()["webhook_subscription"]["delivery_method"]["temporarily_disabled"])

    account.receiver.answers = [401, 202, 401, 403]
    incident = (await account.trigger())["id"]
    for status in ("acknowledged", "resolved", "triggered"):
        await account.put(incident, status=status)
    await account.until(lambda: account.webhook_states() == ["dropped", "delivered", "dropped", "dropped"])
    assert not await disabled()
    account.receiver.answers = [404]
    await account.put(incident, status="acknowledged")
    await account.put(incident, status="resolved")
    await account.until(lambda: account.webhook_states()[4:] == ["dropped", "lost"])
    assert await disabled()
    await account.put(incident, status="triggered")
    assert account.webhook_states()[6:] == ["lost"]
    await account.sandbox("POST", "/clock", {"advance": 24 * 3600})
    assert not await disabled()
    account.receiver.received.clear()
    await account.put(incident, status="resolved")
    await account.receiver.expect("incident.resolved")


async def test_a_subscription_is_enabled_and_pinged(account: SimulatedAccount) -> None:
    key = account.company.webhook_subscription
    account.receiver.answers = [400] * 3
    for _ in range(3):
        await account.trigger()
    await account.until(lambda: "waiting" not in account.webhook_states())
    enabled = (await account.call("POST", f"{PLACE}/{key}/enable")).json()["webhook_subscription"]
    assert enabled["delivery_method"]["temporarily_disabled"] is False
    account.receiver.received.clear()
    assert (await account.call("POST", f"{PLACE}/{key}/ping")).status_code == 202
    (ping,) = await account.receiver.expect("pagey.ping")
    assert ping.event["resource_type"] == "pagey"
    assert ping.event["agent"] is None


async def test_a_subscription_gets_its_own_events_and_shows_its_secret_once(
    account: SimulatedAccount,
) -> None:
    await account.call("DELETE", f"{PLACE}/{account.company.webhook_subscription}")
    wanted = {
        "type": "webhook_subscription",
        "description": "Checkout only",
        "events": ["incident.resolved"],
        "filter": {"type": "service_reference", "id": "PSVC001"},
        "delivery_method": {
            "type": "http_delivery_method",
            "url": account.receiver.url,
            "custom_headers": [{"name": "X-Route", "value": "blue"}],
        },
    }
    made = (await account.call("POST", PLACE, {"webhook_subscription": wanted})).json()[
        "webhook_subscription"
    ]
    secret = made["delivery_method"]["secret"]
    shown = (await account.call("GET", f"{PLACE}/{made['id']}")).json()["webhook_subscription"]
    assert shown["delivery_method"]["secret"] is None
    assert shown["delivery_method"]["custom_headers"] == [{"name": "X-Route", "value": "-- redacted --"}]
    for service in ("PSVC001", "PSVC003"):
        incident = await account.trigger(service={"id": service, "type": "service_reference"})
        await account.put(incident["id"], status="resolved")
    (webhook,) = await account.receiver.expect("incident.resolved")
    assert webhook.headers["x-route"] == "blue"
    assert webhook.headers["x-pagerduty-signature"] == signature(webhook.body, secret)
    off = {"webhook_subscription": {"active": False}}
    await account.call("PUT", f"{PLACE}/{made['id']}", off)
    await account.put((await account.trigger())["id"], status="resolved")
    assert len(account.webhook_states()) == 1


async def test_ten_subscriptions_are_the_limit(account: SimulatedAccount) -> None:
    wanted = {
        "type": "webhook_subscription",
        "events": ["incident.triggered"],
        "filter": {"type": "account_reference"},
        "delivery_method": {"type": "http_delivery_method", "url": account.receiver.url},
    }
    for _ in range(9):
        assert (await account.call("POST", PLACE, {"webhook_subscription": wanted})).status_code == 200
    refused = await account.call("POST", PLACE, {"webhook_subscription": wanted})
    assert refused.json()["error"]["code"] == 2019
    invalid = {**wanted, "events": ["incident.exploded"]}
    assert (await account.call("POST", PLACE, {"webhook_subscription": invalid})).json()["error"][
        "code"
    ] == 2001


def subscription(account: SimulatedAccount, *events: str, description: str = "") -> dict[str, Any]:
    """The body of a new subscription to these events of the whole account."""
    return {
        "webhook_subscription": {
            "type": "webhook_subscription",
            "description": description,
            "events": events or ["incident.triggered"],
            "filter": {"type": "account_reference"},
            "delivery_method": {"type": "http_delivery_method", "url": account.receiver.url},
        }
    }


async def subscriptions(account: SimulatedAccount, **query: int) -> dict[str, Any]:
    answer: dict[str, Any] = (await account.call("GET", PLACE, params=query)).json()
    return answer


async def test_the_answer_of_a_creation_can_be_lost(account: SimulatedAccount) -> None:
    await account.fault("rest", "lose_answer", match={"method": "POST", "path": PLACE})
    with pytest.raises(httpx.RemoteProtocolError):
        await account.call("POST", PLACE, subscription(account, description="marker-1"))
    first, second = (await subscriptions(account))["webhook_subscriptions"]
    assert (first["id"], second["description"]) == (account.company.webhook_subscription, "marker-1")
    assert first["delivery_method"]["secret"] is second["delivery_method"]["secret"] is None
    await account.call("DELETE", f"{PLACE}/{second['id']}")
    assert [one["id"] for one in (await subscriptions(account))["webhook_subscriptions"]] == [first["id"]]


async def test_events_can_arrive_before_the_answer_of_the_creation(account: SimulatedAccount) -> None:
    await account.call("DELETE", f"{PLACE}/{account.company.webhook_subscription}")
    await account.fault("rest", "late_answer", seconds=2, match={"method": "POST", "path": PLACE})
    creating = asyncio.create_task(account.call("POST", PLACE, subscription(account)))
    await account.until(lambda: bool(account.simulator.subscriptions.all()))
    await account.trigger()
    (webhook,) = await account.receiver.expect("incident.triggered")
    assert not creating.done()
    made = (await creating).json()["webhook_subscription"]
    assert webhook.headers["x-webhook-subscription"] == made["id"]
    secret = made["delivery_method"]["secret"]
    assert webhook.headers["x-pagerduty-signature"] == signature(webhook.body, secret)


async def test_a_creation_can_be_done_after_the_caller_has_gone(account: SimulatedAccount) -> None:
    await account.fault("rest", "slow", seconds=1, match={"method": "POST", "path": PLACE})
    with pytest.raises(httpx.ReadTimeout):
        await account.call("POST", PLACE, subscription(account), timeout=0.2)
    assert len(account.simulator.subscriptions.all()) == 1
    await account.until(lambda: len(account.simulator.subscriptions.all()) == 2)


async def test_a_late_answer_needs_seconds(account: SimulatedAccount) -> None:
    answer = await account.http.post("/_sandbox/faults", json={"on": "rest", "do": "late_answer"})
    assert answer.status_code == 422


async def test_subscriptions_come_in_pages(account: SimulatedAccount) -> None:
    for number in range(4):
        await account.call("POST", PLACE, subscription(account, description=f"Nr {number}"))
    page = await subscriptions(account, limit=2, offset=3)
    assert [one["description"] for one in page["webhook_subscriptions"]] == ["Nr 2", "Nr 3"]
    assert (page["limit"], page["offset"], page["more"]) == (2, 3, False)
    assert (await subscriptions(account, limit=2))["more"] is True


@pytest.mark.parametrize(
    ("event", "scope"),
    [
        ("incident.triggered", "incidents.read"),
        ("incident.workflow.started", "incident_workflows.read"),
        ("service.deleted", "services.read"),
        ("service.custom_field_values.updated", "services.read"),
    ],
)
async def test_events_ask_for_scopes_of_their_own(account: SimulatedAccount, event: str, scope: str) -> None:
    """A registration that lacks a scope gives a token without it, and the refusal comes with its use."""
    needed = ("webhook_subscriptions.read", "webhook_subscriptions.write", scope)
    form = {
        "grant_type": "client_credentials",
        "client_id": account.company.client_id,
        "client_secret": account.company.client_secret,
        "scope": f"as_account-us.acme {' '.join(needed)}",
    }
    for lacking in (None, *needed[1:]):
        registered = [one for one in needed if one != lacking]
        await account.sandbox("POST", "/identity", {"client_scopes": registered})
        token = (await account.http.post("/oauth/token", data=form)).json()
        assert token["scope"].split()[1:] == registered
        headers = {"Authorization": f"Bearer {token['access_token']}"}
        answer = await account.http.post(PLACE, json=subscription(account, event), headers=headers)
        assert answer.status_code == (200 if lacking is None else 403)
        if lacking is None:
            made = answer.json()["webhook_subscription"]["id"]
            continue
        assert (answer.json()["error"]["code"], lacking in answer.text) == (2010, True)
        change = {"webhook_subscription": {"events": [event]}}
        assert (await account.http.put(f"{PLACE}/{made}", json=change, headers=headers)).status_code == 403
        assert (await account.http.get(PLACE, headers=headers)).status_code == 200


async def test_three_answers_401_disable_a_subscription_for_a_day(account: SimulatedAccount) -> None:
    account.receiver.answers = [401, 401, 401]
    for _ in range(3):
        await account.trigger()
        await account.until(lambda: "waiting" not in account.webhook_states())

    async def is_disabled() -> bool:
        (only,) = (await subscriptions(account))["webhook_subscriptions"]
        return bool(only["delivery_method"]["temporarily_disabled"])

    assert await is_disabled()
    await account.sandbox("POST", "/clock", {"advance": 86_399})
    assert await is_disabled()
    await account.sandbox("POST", "/clock", {"advance": 60})
    assert not await is_disabled()


async def test_any_event_can_be_sent_once(account: SimulatedAccount) -> None:
    account.receiver.answers = [418]
    event = {"id": "01X", "event_type": "incident.task.created", "data": {"type": "incident_task"}}
    answer = await account.sandbox("POST", "/webhook", {"event": event})
    assert (answer["status"], answer["body"], answer["error"]) == (418, "seen", None)
    (webhook,) = await account.receiver.expect("incident.task.created")
    assert webhook.event == event
    assert webhook.headers["x-pagerduty-signature"] == signature(webhook.body, account.company.webhook_secret)


@pytest.mark.parametrize(
    "title",
    ["Disk full \ud83d", "\udca9 first", "\ud83d in \udca9 pieces", "Größe \U0001f4a9", 'a "quoted" \\ud83d'],
)
async def test_an_event_is_sent_as_it_is_with_whatever_its_texts_hold(
    account: SimulatedAccount, title: str
) -> None:
    """A title that was cut in the middle of a pair of surrogates has no UTF-8; JSON's escapes have it."""
    event = {"id": "01X", "event_type": "incident.triggered", "data": {"type": "incident", "title": title}}
    answer = await account.http.post(
        "/_sandbox/webhook",
        content=json.dumps({"event": event}),
        headers={"Content-Type": "application/json"},
    )
    assert answer.json()["status"] == 202
    (webhook,) = await account.receiver.expect("incident.triggered")
    assert webhook.event == event
    assert webhook.headers["x-pagerduty-signature"] == signature(webhook.body, account.company.webhook_secret)


@pytest.mark.parametrize(
    ("wanted", "sent"),
    [
        ({"raw": '{"event": {"title": "\\ud83d"}'}, b'{"event": {"title": "\\ud83d"}'),
        ({"raw": ""}, b""),
        ({"raw_base64": base64.b64encode(b'{"event":"\xff\x00"}').decode()}, b'{"event":"\xff\x00"}'),
    ],
)
async def test_a_body_that_is_no_event_is_signed_and_sent_too(
    account: SimulatedAccount, wanted: dict[str, str], sent: bytes
) -> None:
    assert (await account.sandbox("POST", "/webhook", wanted))["status"] == 202
    (webhook,) = account.receiver.received
    assert webhook.body == sent
    assert webhook.headers["x-pagerduty-signature"] == signature(sent, account.company.webhook_secret)


@pytest.mark.parametrize("wanted", [{}, {"event": {}, "raw": "x"}, {"raw": "x", "raw_base64": "eA=="}])
async def test_exactly_one_thing_is_sent(account: SimulatedAccount, wanted: dict[str, object]) -> None:
    assert (await account.http.post("/_sandbox/webhook", json=wanted)).status_code == 422


async def test_a_burst_has_distinct_times(account: SimulatedAccount) -> None:
    incident = (await account.trigger())["id"]
    for number in range(20):
        await account.call(
            "POST", f"/incidents/{incident}/notes", {"note": {"content": str(number)}}, user=BO_USER
        )
    webhooks = await account.receiver.expect("incident.triggered", *["incident.annotated"] * 20)
    assert [one.event["data"]["content"] for one in webhooks[1:]] == [str(number) for number in range(20)]
    times = [one.event["occurred_at"] for one in webhooks]
    assert times == sorted(set(times))
