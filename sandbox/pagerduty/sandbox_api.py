"""``/_sandbox``: what tests do to the account and read from it."""

import uuid

from fastapi import APIRouter, HTTPException

from sandbox.faults import FaultyPlace
from sandbox.pagerduty.directory import JSON
from sandbox.pagerduty.identity.model import TokenCall
from sandbox.pagerduty.model import Attempt, Read, Webhook, Write
from sandbox.pagerduty.rest.dependencies import Account
from sandbox.pagerduty.rest.incidents import show
from sandbox.pagerduty.sandbox_bodies import ClockBody, IncidentBody, WebhookBody
from sandbox.pagerduty.simulator import Simulator
from sandbox.pagerduty.times import in_milliseconds

FAULTS = {
    "rest": FaultyPlace(
        do=frozenset({"status", "status_after", "lose_answer", "slow", "late_answer"}),
        match=frozenset({"method", "path", "incident"}),
    ),
    "token": FaultyPlace(
        do=frozenset({"status", "status_after", "lose_answer", "slow"}),
        match=frozenset({"grant_type"}),
    ),
    "webhook": FaultyPlace(
        do=frozenset({"lose", "slow", "duplicate", "reorder"}),
        match=frozenset({"event_type", "incident"}),
    ),
    "web_request": FaultyPlace(
        do=frozenset({"slow", "duplicate", "lose_answer"}), match=frozenset({"method", "path"})
    ),
}
"""The faults that this simulator knows."""

router = APIRouter(prefix="/_sandbox")


@router.get("/records")
async def records(account: Account) -> JSON:
    """Every REST call, every call of the token endpoint and every webhook, oldest first."""
    state = account.store.state
    return {
        "writes": [_write(one) for one in state.writes],
        "reads": [_read(one) for one in state.reads],
        "tokens": [_token_call(one) for one in state.token_calls.values()],
        "webhooks": [_webhook(one) for one in state.webhooks.values()],
    }


@router.get("/waiting")
async def waiting(account: Account) -> list[JSON]:
    """The webhooks that are not delivered yet, oldest first."""
    return [_webhook(one) for one in account.store.state.webhooks.values() if one.state == "waiting"]


@router.post("/incidents", status_code=201)
async def trigger_incident(account: Account, body: IncidentBody) -> JSON:
    """Trigger an incident as monitoring does: no user is its agent, and it has alerts."""
    return {"incident": show(account, account.directory, account.trigger(body.wanted(account.directory)))}


@router.post("/webhook")
async def send_webhook(account: Account, body: WebhookBody) -> JSON:
    """Sign the body and send it once, now, without waiting for other webhooks of its incident."""
    subscriptions = account.subscriptions.all()
    if body.subscription is not None:
        subscriptions = [one for one in subscriptions if one.id == body.subscription]
    if not subscriptions:
        raise HTTPException(409, "There is no such webhook subscription to send it to")
    answer = await account.webhook_sender.send(subscriptions[0], str(uuid.uuid4()), body.sent())
    return {
        "status": answer.attempt.status,
        "body": answer.body,
        "ms": answer.attempt.ms,
        "error": answer.attempt.error,
    }


@router.post("/subscriptions/{key}/secrets", status_code=201)
async def add_secret(account: Account, key: str) -> JSON:
    """Begin to rotate a subscription's secret: the new and the old secret both sign its webhooks."""
    return {"secret": account.subscriptions.add_secret(key).secrets[0]}


@router.delete("/subscriptions/{key}/secrets", status_code=204)
async def drop_old_secret(account: Account, key: str) -> None:
    """End the rotation: only the new secret signs."""
    account.subscriptions.drop_old_secret(key)


@router.post("/reset", status_code=204)
async def reset(account: Account) -> None:
    """Go back to the state after the start."""
    await account.reset()


@router.get("/clock")
async def get_clock(account: Account) -> JSON:
    """The account's time, and by how many seconds it is ahead of real time."""
    return _clock(account)


@router.post("/clock")
async def advance_clock(account: Account, body: ClockBody) -> JSON:
    """Move the account's clock ahead; what is pending until then happens."""
    account.timers.advance(body.advance)
    account.store.changed()
    account.server_sent_events.changed()
    return _clock(account)


def _clock(account: Simulator) -> JSON:
    return {"now": in_milliseconds(account.clock.now()), "ahead": account.clock.ahead.total_seconds()}


def _write(write: Write) -> JSON:
    return {**write.model_dump(), "at": in_milliseconds(write.at)}


def _read(read: Read) -> JSON:
    return {**read.model_dump(), "at": in_milliseconds(read.at)}


def _token_call(call: TokenCall) -> JSON:
    return {**call.model_dump(), "at": in_milliseconds(call.at)}


def _webhook(webhook: Webhook) -> JSON:
    return {
        "subscription": webhook.subscription,
        "event": webhook.event,
        "event_type": webhook.event_type,
        "incident": webhook.incident,
        "state": webhook.state,
        "attempts": [_attempt(attempt) for attempt in webhook.attempts],
    }


def _attempt(attempt: Attempt) -> JSON:
    return {**attempt.model_dump(), "at": in_milliseconds(attempt.at)}
