"""One event to all the cards it concerns: found and registered in one statement, then signalled."""

import asyncio

import structlog

from api.gateway import Gateway
from muster.store import quarantine, targets
from muster.store.pool import Pool
from muster.store.targets import Target
from muster.temporal.attempts import Rejected, TemporalUnavailable
from workflows.channel_incident.messages import Timing
from workflows.channel_incident.workflow_type import CHANNEL_INCIDENT, EVENTS
from workflows.incident.event_types import EVENT_TYPES
from workflows.incident.events import IncidentEvent

_WITHIN = 3.5
"""Seconds for finding the targets and signalling all: PagerDuty gives up on a webhook after five."""

log = structlog.stdlib.get_logger(__name__)


class NotAccepted(Exception):
    """Some target did not get the event, or not in time: PagerDuty must send it again."""


class FanOut:
    """Delivers events to workflows."""

    def __init__(self, pool: Pool, gateway: Gateway, timing: Timing) -> None:
        self._pool = pool
        self._gateway = gateway
        self._timing = timing

    async def deliver(self, event: IncidentEvent, body: bytes) -> int:
        """Signal every target and return how many took it; raises ``NotAccepted``.

        A target that refuses the event for good is quarantined with it and does not hold up the rest;
        one that already had it when PagerDuty sends it again folds it to no change.
        """
        try:
            async with asyncio.timeout(_WITHIN):
                found = await self._targets(event)
                outcomes = await asyncio.gather(
                    *(self._signal(target, event) for target in found), return_exceptions=True
                )
        except TimeoutError as error:
            raise NotAccepted("not every target was found and signalled in time") from error
        accepted = 0
        for target, outcome in zip(found, outcomes, strict=True):
            if isinstance(outcome, TemporalUnavailable):
                raise NotAccepted(str(outcome)) from outcome
            if isinstance(outcome, Rejected):
                await self._quarantine(event, body, target, outcome)
            elif isinstance(outcome, BaseException):
                raise outcome
            else:
                accepted += 1
        return accepted

    async def _signal(self, target: Target, event: IncidentEvent) -> None:
        await self._gateway.signal(
            CHANNEL_INCIDENT, target.start(self._timing), EVENTS[event.event_type], event
        )

    async def _targets(self, event: IncidentEvent) -> tuple[Target, ...]:
        snapshot = event.snapshot
        return await targets.find_and_register(
            self._pool,
            account=event.account,
            incident_id=event.incident_id,
            service=snapshot.service.id if snapshot and snapshot.service else None,
            is_open=snapshot is not None and snapshot.status != "resolved",
            just_matched=EVENT_TYPES[event.event_type].enters,
            created_at=snapshot.created_at if snapshot else None,
        )

    async def _quarantine(self, event: IncidentEvent, body: bytes, target: Target, refusal: Rejected) -> None:
        log.error(
            "a target refuses an event",
            target=target.conversation_key,
            event_id=event.event_id,
            reason=str(refusal),
        )
        await quarantine.keep(
            self._pool,
            account=event.account,
            event_id=event.event_id,
            reason=str(refusal),
            body=body,
            target=target.conversation.id,
        )
