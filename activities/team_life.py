"""Channels that are suspended and revived: their rows, and the runs that show cards there."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from functools import partial
from typing import TypeVar

import structlog

from activities.registration import implements
from activities.signals import WorkflowSignals
from muster.settings import Settings
from muster.store import suspensions, targets
from muster.store.pool import Pool, transaction
from muster.store.targets import Target
from workflows.channel_incident.messages import Attached, Timing
from workflows.channel_incident.workflow_type import ATTACH, CHANNEL_INCIDENT, DETACH
from workflows.errors import ProviderUnavailable
from workflows.ids import ChannelIncidentId
from workflows.team_setup.activities import FOLLOW_TEAM, Change, ChannelsChanged, FollowTeam

_TOLD_AT_ONCE = 10

CardT = TypeVar("CardT", ChannelIncidentId, Target)

log = structlog.stdlib.get_logger(__name__)


class TeamLifeActivities:
    """Tells the rows of channels what happened to their team."""

    def __init__(self, pool: Pool, signals: WorkflowSignals, settings: Settings) -> None:
        self._pool = pool
        self._signals = signals
        self._settings = settings

    @implements(FOLLOW_TEAM)
    async def follow_team(self, request: FollowTeam) -> ChannelsChanged:
        """Commit the changes, let go of the cards in suspended channels, take up those in revived ones.

        What was resolved while its channel was away is open nowhere: its run reads it again and says nothing.

        Raises ``ProviderUnavailable`` with the number of runs that were not told: another attempt tells all.
        """
        async with transaction(self._pool) as connection:
            changed = await suspensions.follow(
                connection,
                team=request.team,
                tenant=request.tenant,
                changes=request.changes,
                request=request.request,
            )
        await self._detach(request.team, [one for one in request.changes if not one.is_over])
        await self._attach(request)
        return ChannelsChanged(
            suspended=tuple(one.name for one in changed if one.is_suspended),
            revived=tuple(one.name for one in changed if not one.is_suspended),
            connections=await suspensions.revived(self._pool, team=request.team, request=request.request),
            owner=await suspensions.owner(self._pool, request.team),
            connectors=await suspensions.connectors(self._pool, team=request.team, request=request.request),
        )

    async def _detach(self, team: str, changes: Iterable[Change]) -> None:
        channels = {one.channel for one in changes}
        if not channels:
            return
        named = None if None in channels else {channel for channel in channels if channel is not None}
        cards = await suspensions.open_cards(self._pool, team=team, channels=named)
        await self._tell_all(cards, self._let_go, "let go")

    async def _attach(self, request: FollowTeam) -> None:
        cards = await targets.in_revived(self._pool, team=request.team, request=request.request)
        attached = Attached(correlation=request.request)
        await self._tell_all(cards, partial(self._take_up, attached=attached), "taken up")

    async def _tell_all(
        self, cards: Collection[CardT], tell: Callable[[CardT], Awaitable[None]], what: str
    ) -> None:
        few = asyncio.Semaphore(_TOLD_AT_ONCE)

        async def is_told(card: CardT) -> bool:
            async with few:
                try:
                    await tell(card)
                except ProviderUnavailable as error:
                    log.warning("a card was missed", was_not=what, card=str(card), error=str(error))
                    return False
            return True

        told = await asyncio.gather(*(is_told(card) for card in cards))
        if missed := told.count(False):
            raise ProviderUnavailable(f"{missed} of {len(told)} cards were not {what}")

    async def _let_go(self, card: ChannelIncidentId) -> None:
        """The run that shows the card knows that nothing more is shown there, or there is none."""
        if await self._signals.signal_running(str(card), DETACH):
            log.info("a card is let go: its channel is suspended", workflow=str(card))

    async def _take_up(self, card: Target, attached: Attached) -> None:
        timing = Timing(edit_interval=self._settings.edit_interval, grace=self._settings.grace)
        await self._signals.signal(CHANNEL_INCIDENT, card.start(timing), ATTACH, attached)
