"""One event to all the cards it concerns: found and registered in one statement, then signalled."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import NamedTuple

import structlog

from api.gateway import Gateway
from api.rooms import RoomStarts
from muster.store import quarantine, targets
from muster.store.pool import Pool
from muster.store.targets import Target
from muster.temporal.attempts import Rejected, TemporalUnavailable
from workflows.channel_incident.messages import Timing
from workflows.channel_incident.workflow_type import CHANNEL_INCIDENT, EVENTS
from workflows.incident.event_types import EVENT_TYPES
from workflows.incident.events import IncidentEvent
from workflows.incident_room.workflow_type import EVENTS as ROOM_EVENTS
from workflows.incident_room.workflow_type import INCIDENT_ROOM

_ROOM = "the incident's room"
_WITHIN = 3.5
"""Seconds for finding the targets and signalling all: PagerDuty gives up on a webhook after five."""

log = structlog.stdlib.get_logger(__name__)


class _Hearer(NamedTuple):
    """A run that an event concerns."""

    name: str
    """The conversation's id, or that it is the incident's room."""
    signal: Callable[[], Awaitable[None]]


class NotAccepted(Exception):
    """Some target did not get the event, or not in time: PagerDuty must send it again."""


class FanOut:
    """Delivers events to workflows."""

    def __init__(self, pool: Pool, gateway: Gateway, timing: Timing, rooms: RoomStarts) -> None:
        self._pool = pool
        self._gateway = gateway
        self._timing = timing
        self._rooms = rooms

    async def deliver(self, event: IncidentEvent, body: bytes) -> int:
        """Signal every target and return how many took it; raises ``NotAccepted``.

        A target that refuses the event for good is quarantined with it and does not hold up the rest;
        one that already had it when PagerDuty sends it again folds it to no change.
        """
        try:
            async with asyncio.timeout(_WITHIN):
                found = await self._targets(event)
                outcomes = await asyncio.gather(
                    *(target.signal() for target in found), return_exceptions=True
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

    async def _targets(self, event: IncidentEvent) -> list[_Hearer]:
        snapshot = event.snapshot
        found = await targets.find_and_register(
            self._pool,
            account=event.account,
            incident_id=event.incident_id,
            service=snapshot.service.id if snapshot and snapshot.service else None,
            is_open=snapshot is not None and snapshot.status != "resolved",
            just_matched=EVENT_TYPES[event.event_type].enters,
            created_at=snapshot.created_at if snapshot else None,
        )
        hearers = [
            _Hearer(card.conversation.id, partial(self._tell_card, card, event)) for card in found.cards
        ]
        if found.room_tenant is not None:
            tell = self._tell_room if found.room_has_something else self._tell_room_that_runs
            hearers.append(_Hearer(_ROOM, partial(tell, found.room_tenant, event)))
        return hearers

    async def _tell_card(self, card: Target, event: IncidentEvent) -> None:
        await self._gateway.signal(
            CHANNEL_INCIDENT, card.start(self._timing), EVENTS[event.event_type], event
        )

    async def _tell_room(self, tenant: str, event: IncidentEvent) -> None:
        start = self._rooms.of(event.account, event.incident_id, tenant=tenant)
        await self._gateway.signal(INCIDENT_ROOM, start, ROOM_EVENTS[event.event_type], event)

    async def _tell_room_that_runs(self, tenant: str, event: IncidentEvent) -> None:
        """Where there is nothing, only a run that is about to make something has anything to hear."""
        name = INCIDENT_ROOM.workflow_id(self._rooms.of(event.account, event.incident_id, tenant=tenant))
        await self._gateway.signal_running(name, ROOM_EVENTS[event.event_type], event)

    async def _quarantine(
        self, event: IncidentEvent, body: bytes, target: _Hearer, refusal: Rejected
    ) -> None:
        log.error(
            "a target refuses an event",
            target=target.name,
            event_id=event.event_id,
            reason=str(refusal),
        )
        await quarantine.keep(
            self._pool,
            account=event.account,
            event_id=event.event_id,
            reason=str(refusal),
            body=body,
            target=target.name,
        )
