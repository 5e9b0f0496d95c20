"""The sandbox's own calls: records, a webhook on demand, secrets, the clock, reset."""

import uuid
from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from sandbox.faults import FaultyPlace
from sandbox.pagerduty.directory import JSON
from sandbox.pagerduty.events import encode
from sandbox.pagerduty.model import Attempt, Read, Webhook, Write
from sandbox.pagerduty.rest.parts import Account
from sandbox.pagerduty.simulator import Simulator
from sandbox.pagerduty.times import in_milliseconds

FAULTS = {
    "rest": FaultyPlace(
        do=frozenset({"status", "status_after", "lose_answer", "slow"}),
        match=frozenset({"method", "path", "incident"}),
    ),
    "webhook": FaultyPlace(
        do=frozenset({"lose", "slow", "duplicate", "reorder"}),
        match=frozenset({"event_type", "incident"}),
    ),
}
"""What can go wrong here."""

router = APIRouter(prefix="/_sandbox")


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class WebhookBody(_Body):
    """Any event; by default it goes to the oldest subscription."""

    event: dict[str, Any]
    subscription: str | None = None


class ClockBody(_Body):
    """Seconds to move ahead."""

    advance: float = Field(ge=0)


@router.get("/records")
async def records(account: Account) -> JSON:
    """Everything that was asked, written and sent, oldest first."""
    state = account.store.state
    return {
        "writes": [_write(one) for one in state.writes],
        "reads": [_read(one) for one in state.reads],
        "webhooks": [_webhook(one) for one in state.webhooks.values()],
    }


@router.post("/webhook")
async def send_webhook(account: Account, body: WebhookBody) -> JSON:
    """Sign the event and deliver it once, at once, past every queue."""
    subscriptions = account.subscriptions.all()
    if body.subscription is not None:
        subscriptions = [one for one in subscriptions if one.id == body.subscription]
    if not subscriptions:
        raise HTTPException(409, "There is no such webhook subscription to send it to")
    answer = await account.sender.send(subscriptions[0], str(uuid.uuid4()), encode(body.event))
    return {
        "status": answer.attempt.status,
        "body": answer.body,
        "ms": answer.attempt.ms,
        "error": answer.attempt.error,
    }


@router.post("/subscriptions/{key}/secrets", status_code=201)
async def add_secret(account: Account, key: str) -> JSON:
    """Begin to rotate a subscription's secret: webhooks are signed with the new one and the old one."""
    return {"secret": account.subscriptions.add_secret(key).secrets[0]}


@router.delete("/subscriptions/{key}/secrets", status_code=204)
async def drop_old_secret(account: Account, key: str) -> None:
    """End the rotation."""
    account.subscriptions.drop_old_secret(key)


@router.post("/reset", status_code=204)
async def reset(account: Account) -> None:
    """The state after start."""
    await account.reset()


@router.get("/clock")
async def get_clock(account: Account) -> JSON:
    """The account's time, and how far it is ahead."""
    return _clock(account)


@router.post("/clock")
async def advance_clock(account: Account, body: ClockBody) -> JSON:
    """Let time pass."""
    account.clock.advance(body.advance)
    account.store.changed()
    account.live.changed()
    return _clock(account)


def _clock(account: Simulator) -> JSON:
    return {"now": in_milliseconds(account.clock.now()), "ahead": account.clock.ahead.total_seconds()}


def _write(write: Write) -> JSON:
    return {**write.model_dump(), "at": in_milliseconds(write.at)}


def _read(read: Read) -> JSON:
    return {**read.model_dump(), "at": in_milliseconds(read.at)}


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
