"""Deliver webhooks as PagerDuty does.

Webhooks of one incident reach one subscription in order. An attempt that fails is repeated for two days; a
webhook that the receiver refuses is dropped. After three dropped webhooks in a row the subscription gets no
webhooks for a day.
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
from sandbox.pagerduty.model import Attempt, Subscription, Webhook
from sandbox.pagerduty.server_sent_events import ServerSentEvents
from sandbox.pagerduty.store import Store
from sandbox.pagerduty.subscriptions import Subscriptions
from sandbox.pagerduty.webhook_sender import WebhookSender

RETRY_WINDOW = timedelta(hours=48)
_PAUSES = (0.5, 1, 2, 4, 8, 16)
_LONGEST_PAUSE = 30


class _Queue:
    """The webhooks of one incident for one subscription, oldest first."""

    def __init__(self) -> None:
        self.waiting: deque[str] = deque()
        self.arrived = asyncio.Event()
        self.task: asyncio.Task[None] | None = None


class WebhookDelivery:
    """Delivers events to subscriptions; each queue has a task while it is not empty."""

    def __init__(
        self,
        *,
        store: Store,
        subscriptions: Subscriptions,
        webhook_sender: WebhookSender,
        clock: Clock,
        faults: FaultBook,
        server_sent_events: ServerSentEvents,
    ) -> None:
        self._store = store
        self._subscriptions = subscriptions
        self._webhook_sender = webhook_sender
        self._clock = clock
        self._faults = faults
        self._server_sent_events = server_sent_events
        self._queues: dict[tuple[str, str], _Queue] = {}

    def publish(self, subscription: Subscription, event: JSON, incident: str | None) -> None:
        """Queue an event for a subscription; it is lost if the subscription is disabled."""
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
        self._save(webhook)
        if not lost:
            self._enqueue(webhook)

    def resume(self) -> None:
        """Queue the webhooks that waited when the process ended."""
        for webhook in self._store.state.webhooks.values():
            if webhook.state == "waiting":
                self._enqueue(webhook)

    async def stop(self) -> None:
        """Stop all queues; their webhooks keep the state ``waiting``."""
        tasks = [queue.task for queue in self._queues.values() if queue.task is not None]
        self._queues.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _enqueue(self, webhook: Webhook) -> None:
        key = (webhook.subscription, webhook.incident or webhook.id)
        queue = self._queues.setdefault(key, _Queue())
        queue.waiting.append(webhook.id)
        queue.arrived.set()
        if queue.task is None:
            queue.task = asyncio.create_task(self._deliver_all(key, queue))

    async def _deliver_all(self, key: tuple[str, str], queue: _Queue) -> None:
        while queue.waiting:
            if self._webhook(queue.waiting[0]).fault == "reorder":
                await self._let_next_overtake(queue)
            await self._deliver(queue.waiting[0])
            queue.waiting.popleft()
        del self._queues[key]

    async def _let_next_overtake(self, queue: _Queue) -> None:
        held = self._webhook(queue.waiting[0])
        self._save(held.model_copy(update={"fault": None}))
        try:
            async with asyncio.timeout(held.fault_seconds or None):
                while len(queue.waiting) < 2:
                    queue.arrived.clear()
                    await queue.arrived.wait()
        except TimeoutError:
            return
        queue.waiting[0], queue.waiting[1] = queue.waiting[1], queue.waiting[0]

    async def _deliver(self, webhook_id: str) -> None:
        webhook = self._webhook(webhook_id)
        if webhook.fault == "slow":
            await asyncio.sleep(webhook.fault_seconds)
        for pause in pauses():
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
            if is_accepted(attempt):
                if webhook.fault == "duplicate":
                    await self._attempt(webhook, subscription)
                self._finish(webhook_id, "delivered")
                self._subscriptions.accepted(subscription.id)
                return
            if not is_worth_retrying(attempt):
                self._drop(webhook_id)
                return
            await self._clock.sleep_until(self._clock.now() + timedelta(seconds=pause))

    async def _attempt(self, webhook: Webhook, subscription: Subscription) -> Attempt:
        answer = await self._webhook_sender.send(subscription, webhook.id, webhook.body.encode())
        current = self._webhook(webhook.id)
        self._save(current.model_copy(update={"attempts": (*current.attempts, answer.attempt)}))
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
            self._save(webhook)
        return webhook

    def _webhook(self, webhook_id: str) -> Webhook:
        return self._store.state.webhooks[webhook_id]

    def _save(self, webhook: Webhook) -> None:
        self._store.state.webhooks[webhook.id] = webhook
        self._store.changed()
        self._server_sent_events.changed()


def pauses() -> Iterator[float]:
    """The seconds between the attempts, without end."""
    return chain(_PAUSES, repeat(_LONGEST_PAUSE))


def is_accepted(attempt: Attempt) -> bool:
    """Whether the receiver took it."""
    return attempt.status is not None and 200 <= attempt.status < 300


def is_worth_retrying(attempt: Attempt) -> bool:
    """Whether another attempt follows: no answer, 429, or a server's error."""
    return attempt.status is None or attempt.status == 429 or attempt.status >= 500
