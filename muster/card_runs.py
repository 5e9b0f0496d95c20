"""The runs that own cards: told that their conversation is gone or there again, or of another preset.

The API and the activities tell them, each by its own way to Temporal.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Protocol, TypeVar

import structlog

from muster.store.targets import Target
from workflows.channel_incident.messages import Attached, PresetChosen, Timing
from workflows.channel_incident.workflow_type import (
    ATTACH,
    CHANNEL_INCIDENT,
    CHOOSE_PRESET,
    DETACH,
    END_CARD,
    ROOM,
)
from workflows.contract import ArgumentT, Signal, StartT, WorkflowType
from workflows.following import Following
from workflows.ids import IncidentRoomId
from workflows.incident_room.messages import RoomKey
from workflows.incident_room.workflow_type import BOT_ADDED, BOT_REMOVED
from workflows.room import Room

_TOLD_AT_ONCE = 10

CardT = TypeVar("CardT")

log = structlog.stdlib.get_logger(__name__)


class Signals(Protocol):
    """A way to Temporal: ``api.gateway.Gateway`` or ``activities.signals.WorkflowSignals``."""

    async def signal(
        self, row: WorkflowType[StartT], start: StartT, signal: Signal[ArgumentT], message: ArgumentT
    ) -> None:
        """Signal, starting the workflow where none runs."""

    async def signal_running(self, workflow_id: str, signal: Signal[Any]) -> bool:
        """Signal a run that goes on; ``False`` where none does."""


class CardRuns:
    """Tells runs, ten at once. Each method tells them all, and then raises what kept it from telling one."""

    def __init__(self, signals: Signals, timing: Timing) -> None:
        self._signals = signals
        self._timing = timing

    async def let_go(self, workflow_ids: Iterable[str]) -> None:
        """Nothing more is shown there. Where no run goes on, there is none to know it."""
        await _each(workflow_ids, self._let_go)

    async def take_up(self, cards: Iterable[Target], *, correlation: str) -> None:
        """The cards go on; each run reads its incident again and says nothing of what happened meanwhile."""
        attached = Attached(correlation=correlation)

        async def take_up(card: Target) -> None:
            await self._signals.signal(CHANNEL_INCIDENT, card.start(self._timing), ATTACH, attached)

        await _each(cards, take_up)

    async def choose(self, cards: Iterable[Target], *, by: str) -> None:
        """Somebody of this name chose another preset, which the rows of the cards say."""

        async def choose(card: Target) -> None:
            chosen = PresetChosen(chosen=card.preset, by=by)
            await self._signals.signal(CHANNEL_INCIDENT, card.start(self._timing), CHOOSE_PRESET, chosen)

        await _each(cards, choose)

    async def tell_of_room(self, cards: Iterable[Target], room: Room) -> None:
        """How the chat that was made for the incident stands, which its row says."""

        async def tell(card: Target) -> None:
            await self._signals.signal(CHANNEL_INCIDENT, card.start(self._timing), ROOM, room)

        await _each(cards, tell)

    async def end(self, card: Target, ended: Following) -> None:
        """Its chat is archived, or a program stopped it, as its row says: its last state, and no more."""
        await self._signals.signal(CHANNEL_INCIDENT, card.start(self._timing), END_CARD, ended)

    async def tell_of_bot(self, room: RoomKey, *, is_away: bool) -> None:
        """The run of an incident's own chat: whether the bot is in it."""
        name = str(IncidentRoomId(room.account, room.incident_id))
        await self._signals.signal_running(name, BOT_REMOVED if is_away else BOT_ADDED)

    async def _let_go(self, workflow_id: str) -> None:
        if await self._signals.signal_running(workflow_id, DETACH):
            log.info("a card is let go: its conversation is suspended", workflow=workflow_id)


async def _each(cards: Iterable[CardT], tell: Callable[[CardT], Awaitable[None]]) -> None:
    few = asyncio.Semaphore(_TOLD_AT_ONCE)

    async def told(card: CardT) -> None:
        async with few:
            await tell(card)

    ended = await asyncio.gather(*(told(card) for card in cards), return_exceptions=True)
    missed = [one for one in ended if isinstance(one, BaseException)]
    if missed:
        log.warning("cards were missed", missed=len(missed), of=len(ended), reason=type(missed[0]).__name__)
        raise missed[0]
