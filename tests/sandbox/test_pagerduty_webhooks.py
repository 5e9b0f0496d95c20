"""Delivery of webhooks: signatures, order, retries, refusals, and the subscriptions they belong to."""

import hashlib
import hmac
from collections.abc import AsyncIterator

import pytest
from pagerduty_rig import BO, Rig, running

from sandbox.pagerduty.webhook_sender import signature

pytestmark = pytest.mark.anyio

PLACE = "/webhook_subscriptions"


@pytest.fixture(scope="module")
async def account() -> AsyncIterator[Rig]:
    async with running() as rig:
        yield rig


@pytest.fixture
async def rig(account: Rig) -> Rig:
    await account.reset()
    return account


def signed_with(secret: str, body: bytes) -> str:
    return "v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("secret", "digest"),
    [
        ("s3cr3t-old", "ffc69ae985d3c6a64f13f21feb6468253313ddf0244b678e7d7c6d79eafaa605"),
        ("s3cr3t-new", "2f8be37e779214118f73fd62f4674544832cc58041def95f4030b72760040cd4"),
    ],
)
async def test_known_signatures(secret: str, digest: str) -> None:
    body = (
        b'{"event":{"id":"01TEST","event_type":"pagey.ping","resource_type":"pagey",'
        b'"occurred_at":"2026-01-01T00:00:00.000Z","agent":null,"client":null,'
        b'"data":{"message":"hi","type":"ping"}}}'
    )
    assert signature(secret, body) == f"v1={digest}"


async def test_headers_and_signatures_through_a_rotation(rig: Rig) -> None:
    key, old = rig.company.webhook_subscription, rig.company.webhook_secret
    await rig.trigger()
    (webhook,) = await rig.receiver.expect("incident.triggered")
    assert webhook.headers["user-agent"] == "PagerDuty-Webhook/V3.0"
    assert webhook.headers["content-type"] == "application/json"
    assert webhook.headers["x-webhook-subscription"] == key
    assert webhook.headers["x-pagerduty-signature"] == signed_with(old, webhook.body)
    new = (await rig.sandbox("POST", f"/subscriptions/{key}/secrets"))["secret"]
    await rig.trigger()
    (webhook,) = await rig.receiver.expect("incident.triggered")
    both = f"{signed_with(new, webhook.body)},{signed_with(old, webhook.body)}"
    assert webhook.headers["x-pagerduty-signature"] == both
    await rig.sandbox("DELETE", f"/subscriptions/{key}/secrets")
    await rig.trigger()
    (webhook,) = await rig.receiver.expect("incident.triggered")
    assert webhook.headers["x-pagerduty-signature"] == signed_with(new, webhook.body)


async def test_a_webhook_that_fails_is_retried_and_the_next_ones_wait(rig: Rig) -> None:
    rig.receiver.answers = [503, 429, 202]
    first = (await rig.trigger())["id"]
    await rig.put(first, status="acknowledged")
    await rig.put(first, status="resolved")
    webhooks = await rig.receiver.expect(
        "incident.triggered",
        "incident.triggered",
        "incident.triggered",
        "incident.acknowledged",
        "incident.resolved",
    )
    assert len({one.headers["x-webhook-id"] for one in webhooks[:3]}) == 1
    assert len({one.headers["x-webhook-id"] for one in webhooks}) == 3
    await rig.until(lambda: rig.webhook_states() == ["delivered"] * 3)
    (sent, *_) = (await rig.records())["webhooks"]
    assert [one["status"] for one in sent["attempts"]] == [503, 429, 202]
    assert sent["incident"] == first


async def test_another_incident_does_not_wait(rig: Rig) -> None:
    rig.receiver.answers = [503]
    stuck, free = (await rig.trigger(title="Stuck"))["id"], (await rig.trigger(title="Free"))["id"]
    webhooks = await rig.receiver.expect(*["incident.triggered"] * 3)
    arrived = [one.event["data"]["id"] for one in webhooks]
    assert sorted(arrived[:2]) == sorted([stuck, free])


async def test_no_answer_within_five_seconds_is_a_failure(rig: Rig) -> None:
    rig.receiver.answers = [6.0]
    await rig.trigger()
    await rig.until(lambda: rig.webhook_states() == ["delivered"])
    late, _ = (await rig.records())["webhooks"][0]["attempts"]
    assert late["status"] is None
    assert late["error"] == "no answer within 5 s"


async def test_after_two_days_of_failures_a_webhook_is_dropped(rig: Rig) -> None:
    rig.receiver.answers = [500] * 1000
    incident = (await rig.trigger())["id"]
    await rig.until(lambda: len(rig.receiver.received) > 0)
    await rig.sandbox("POST", "/clock", {"advance": 48 * 3600 + 1})
    await rig.until(lambda: rig.webhook_states() == ["dropped"])
    rig.receiver.answers.clear()
    rig.receiver.received.clear()
    await rig.put(incident, status="acknowledged")
    await rig.receiver.expect("incident.acknowledged")


async def test_three_refusals_in_a_row_disable_for_a_day(rig: Rig) -> None:
    key = rig.company.webhook_subscription

    async def disabled() -> bool:
        answer = await rig.call("GET", f"{PLACE}/{key}")
        return bool(answer.json()["webhook_subscription"]["delivery_method"]["temporarily_disabled"])

    rig.receiver.answers = [401, 202, 401, 403]
    incident = (await rig.trigger())["id"]
    for status in ("acknowledged", "resolved", "triggered"):
        await rig.put(incident, status=status)
    await rig.until(lambda: rig.webhook_states() == ["dropped", "delivered", "dropped", "dropped"])
    assert not await disabled()
    rig.receiver.answers = [404]
    await rig.put(incident, status="acknowledged")
    await rig.put(incident, status="resolved")
    await rig.until(lambda: rig.webhook_states()[4:] == ["dropped", "lost"])
    assert await disabled()
    await rig.put(incident, status="triggered")
    assert rig.webhook_states()[6:] == ["lost"]
    await rig.sandbox("POST", "/clock", {"advance": 24 * 3600})
    assert not await disabled()
    rig.receiver.received.clear()
    await rig.put(incident, status="resolved")
    await rig.receiver.expect("incident.resolved")


async def test_enable_and_ping(rig: Rig) -> None:
    key = rig.company.webhook_subscription
    rig.receiver.answers = [400] * 3
    for _ in range(3):
        await rig.trigger()
    await rig.until(lambda: "waiting" not in rig.webhook_states())
    enabled = (await rig.call("POST", f"{PLACE}/{key}/enable")).json()["webhook_subscription"]
    assert enabled["delivery_method"]["temporarily_disabled"] is False
    rig.receiver.received.clear()
    assert (await rig.call("POST", f"{PLACE}/{key}/ping")).status_code == 202
    (ping,) = await rig.receiver.expect("pagey.ping")
    assert ping.event["resource_type"] == "pagey"
    assert ping.event["agent"] is None


async def test_a_subscription_gets_its_own_events_and_shows_its_secret_once(rig: Rig) -> None:
    await rig.call("DELETE", f"{PLACE}/{rig.company.webhook_subscription}")
    wanted = {
        "type": "webhook_subscription",
        "description": "Checkout only",
        "events": ["incident.resolved"],
        "filter": {"type": "service_reference", "id": "PSVC001"},
        "delivery_method": {
            "type": "http_delivery_method",
            "url": rig.receiver.url,
            "custom_headers": [{"name": "X-Route", "value": "blue"}],
        },
    }
    made = (await rig.call("POST", PLACE, {"webhook_subscription": wanted})).json()["webhook_subscription"]
    secret = made["delivery_method"]["secret"]
    shown = (await rig.call("GET", f"{PLACE}/{made['id']}")).json()["webhook_subscription"]
    assert shown["delivery_method"]["secret"] is None
    assert shown["delivery_method"]["custom_headers"] == [{"name": "X-Route", "value": "-- redacted --"}]
    for service in ("PSVC001", "PSVC003"):
        incident = await rig.trigger(service={"id": service, "type": "service_reference"})
        await rig.put(incident["id"], status="resolved")
    (webhook,) = await rig.receiver.expect("incident.resolved")
    assert webhook.headers["x-route"] == "blue"
    assert webhook.headers["x-pagerduty-signature"] == signed_with(secret, webhook.body)
    off = {"webhook_subscription": {"active": False}}
    await rig.call("PUT", f"{PLACE}/{made['id']}", off)
    await rig.put((await rig.trigger())["id"], status="resolved")
    assert len(rig.webhook_states()) == 1


async def test_ten_subscriptions_are_the_limit(rig: Rig) -> None:
    wanted = {
        "type": "webhook_subscription",
        "events": ["incident.triggered"],
        "filter": {"type": "account_reference"},
        "delivery_method": {"type": "http_delivery_method", "url": rig.receiver.url},
    }
    for _ in range(9):
        assert (await rig.call("POST", PLACE, {"webhook_subscription": wanted})).status_code == 200
    refused = await rig.call("POST", PLACE, {"webhook_subscription": wanted})
    assert refused.json()["error"]["code"] == 2019
    invalid = {**wanted, "events": ["incident.exploded"]}
    assert (await rig.call("POST", PLACE, {"webhook_subscription": invalid})).json()["error"]["code"] == 2001


async def test_any_event_can_be_sent_once(rig: Rig) -> None:
    rig.receiver.answers = [418]
    event = {"id": "01X", "event_type": "incident.task.created", "data": {"type": "incident_task"}}
    answer = await rig.sandbox("POST", "/webhook", {"event": event})
    assert (answer["status"], answer["body"], answer["error"]) == (418, "seen", None)
    (webhook,) = await rig.receiver.expect("incident.task.created")
    assert webhook.event == event
    assert webhook.headers["x-pagerduty-signature"] == signed_with(rig.company.webhook_secret, webhook.body)


async def test_a_burst_has_distinct_times(rig: Rig) -> None:
    incident = (await rig.trigger())["id"]
    for number in range(20):
        await rig.call("POST", f"/incidents/{incident}/notes", {"note": {"content": str(number)}}, user=BO)
    webhooks = await rig.receiver.expect("incident.triggered", *["incident.annotated"] * 20)
    assert [one.event["data"]["content"] for one in webhooks[1:]] == [str(number) for number in range(20)]
    times = [one.event["occurred_at"] for one in webhooks]
    assert times == sorted(set(times))
