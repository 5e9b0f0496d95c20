"""Delivery of webhooks as PagerDuty promises it: in order per incident and subscription, retried for two
days, dropped when the receiver refuses, and not at all for a day after three refusals in a row.
"""

import asyncio
import uuid
from collections import deque
from collections.abc import Iterator
from datetime import timedelta
from itertools import chain, repeat

from sandbox.clock import Clock
from sandbox.faults import FaultBook
from sandbox.pagerduty.directory import JSON
from sandbox.pagerduty.events import encode
from sandbox.pagerduty.live import Live
from sandbox.pagerduty.model import Attempt, Subscription, Webhook
from sandbox.pagerduty.sending import Sender
from sandbox.pagerduty.store import Store
from sandbox.pagerduty.subscriptions import Subscriptions

RETRY_WINDOW = timedelta(hours=48)
_PAUSES = (0.5, 1, 2, 4, 8, 16)
_LONGEST_PAUSE = 30


class Lane:
    """The webhooks of one incident for one subscription, oldest first."""

    def __init__(self) -> None:
        self.waiting: deque[str] = deque()
        self.arrived = asyncio.Event()
        self.task: asyncio.Task[None] | None = None


class Delivery:
    """Takes events and delivers them; every lane has a task of its own while something waits in it."""

    def __init__(
        self,
        *,
        store: Store,
        subscriptions: Subscriptions,
        sender: Sender,
        clock: Clock,
        faults: FaultBook,
        live: Live,
    ) -> None:
        self._store = store
        self._subscriptions = subscriptions
        self._sender = sender
        self._clock = clock
        self._faults = faults
        self._live = live
        self._lanes: dict[tuple[str, str], Lane] = {}

    def publish(self, subscription: Subscription, event: JSON, incident: str | None) -> None:
        """Send an event on its way; one for a disabled subscription is lost."""
        fault = self._faults.take("webhook", {"event_type": event["event_type"], "incident": incident})
        lost = self._subscriptions.is_disabled(subscription) or (fault is not None and fault.do == "lose")
        webhook = Webhook.model_validate(
            {
                "id": str(uuid.uuid4()),
                "subscription": subscription.id,
                "event": event["id"],
                "event_type": event["event_type"],
                "incident": incident,
                "created_at": self._clock.now(),
                "body": "" if lost else encode(event),
                "state": "lost" if lost else "waiting",
                "fault": fault.do if fault is not None and not lost else None,
                "fault_seconds": fault.seconds if fault is not None else 0,
            }
        )
        self._keep(webhook)
        if not lost:
            self._queue(webhook)

    def resume(self) -> None:
        """Go on with what was waiting when the process ended."""
        for webhook in self._store.state.webhooks.values():
            if webhook.state == "waiting":
                self._queue(webhook)

    async def stop(self) -> None:
        """Stop all lanes; what waits in them stays waiting in the store."""
        tasks = [lane.task for lane in self._lanes.values() if lane.task is not None]
        self._lanes.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _queue(self, webhook: Webhook) -> None:
        key = (webhook.subscription, webhook.incident or webhook.id)
        lane = self._lanes.setdefault(key, Lane())
        lane.waiting.append(webhook.id)
        lane.arrived.set()
        if lane.task is None:
            lane.task = asyncio.create_task(self._work_off(key, lane))

    async def _work_off(self, key: tuple[str, str], lane: Lane) -> None:
        while lane.waiting:
            if self._webhook(lane.waiting[0]).fault == "reorder":
                await self._let_next_overtake(lane)
            await self._deliver(lane.waiting[0])
            lane.waiting.popleft()
        del self._lanes[key]

    async def _let_next_overtake(self, lane: Lane) -> None:
        held = self._webhook(lane.waiting[0])
        self._keep(held.model_copy(update={"fault": None}))
        try:
            async with asyncio.timeout(held.fault_seconds or None):
                while len(lane.waiting) < 2:
                    lane.arrived.clear()
                    await lane.arrived.wait()
        except TimeoutError:
            return
        lane.waiting[0], lane.waiting[1] = lane.waiting[1], lane.waiting[0]

    async def _deliver(self, webhook_id: str) -> None:
        webhook = self._webhook(webhook_id)
        if webhook.fault == "slow":
            await asyncio.sleep(webhook.fault_seconds)
        for pause in _pauses():
            if self._webhook(webhook_id).state != "waiting":
                return
            subscription = self._subscriptions.find(webhook.subscription)
            if subscription is None:
                self._finish(webhook_id, "lost")
                return
            if self._clock.now() - webhook.created_at > RETRY_WINDOW:
                self._drop(webhook_id)
                return
            attempt = await self._attempt(webhook, subscription)
            if _is_accepted(attempt):
                if webhook.fault == "duplicate":
                    await self._attempt(webhook, subscription)
                self._finish(webhook_id, "delivered")
                self._subscriptions.accepted(subscription.id)
                return
            if not _is_worth_retrying(attempt):
                self._drop(webhook_id)
                return
            await self._clock.sleep_until(self._clock.now() + timedelta(seconds=pause))

    async def _attempt(self, webhook: Webhook, subscription: Subscription) -> Attempt:
        answer = await self._sender.send(subscription, webhook.id, webhook.body)
        current = self._webhook(webhook.id)
        self._keep(current.model_copy(update={"attempts": (*current.attempts, answer.attempt)}))
        return answer.attempt

    def _drop(self, webhook_id: str) -> None:
        webhook = self._finish(webhook_id, "dropped")
        if self._subscriptions.refused(webhook.subscription):
            for other in list(self._store.state.webhooks.values()):
                if other.subscription == webhook.subscription and other.state == "waiting":
                    self._finish(other.id, "lost")

    def _finish(self, webhook_id: str, state: str) -> Webhook:
        webhook = self._webhook(webhook_id)
        if webhook.state == "waiting":
            webhook = webhook.model_copy(update={"state": state, "body": ""})
            self._keep(webhook)
        return webhook

    def _webhook(self, webhook_id: str) -> Webhook:
        return self._store.state.webhooks[webhook_id]

    def _keep(self, webhook: Webhook) -> None:
        self._store.state.webhooks[webhook.id] = webhook
        self._store.changed()
        self._live.changed()


def _pauses() -> Iterator[float]:
    return chain(_PAUSES, repeat(_LONGEST_PAUSE))


def _is_accepted(attempt: Attempt) -> bool:
    return attempt.status is not None and 200 <= attempt.status < 300


def _is_worth_retrying(attempt: Attempt) -> bool:
    return attempt.status is None or attempt.status == 429 or attempt.status >= 500
