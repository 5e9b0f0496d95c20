"""Channels that are suspended and revived: their rows, and the runs that show cards there."""

import asyncio
from collections.abc import Iterable

import structlog

from activities.registration import implements
from activities.signals import WorkflowSignals
from muster.store import suspensions
from muster.store.pool import Pool, transaction
from workflows.channel_incident.workflow_type import DETACH
from workflows.errors import ProviderUnavailable
from workflows.ids import ChannelIncidentId
from workflows.team_setup.activities import FOLLOW_TEAM, Change, Followed, FollowTeam

_TOLD_AT_ONCE = 10

log = structlog.stdlib.get_logger(__name__)


class TeamLifeActivities:
    """Tells the rows of channels what happened to their team."""

    def __init__(self, pool: Pool, signals: WorkflowSignals) -> None:
        self._pool = pool
        self._signals = signals

    @implements(FOLLOW_TEAM)
    async def follow_team(self, request: FollowTeam) -> Followed:
        """Commit the changes, then let go of every card in the channels that they suspend.

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
        return Followed(
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
        few = asyncio.Semaphore(_TOLD_AT_ONCE)
        told = await asyncio.gather(*(self._is_told(card, few) for card in cards))
        if missed := told.count(False):
            raise ProviderUnavailable(f"{missed} of {len(told)} cards were not let go")

    async def _is_told(self, card: ChannelIncidentId, few: asyncio.Semaphore) -> bool:
        """The run that shows the card knows that nothing more is shown there, or there is none."""
        async with few:
            try:
                if await self._signals.signal_running(str(card), DETACH):
                    log.info("a card is let go: its channel is suspended", workflow=str(card))
            except ProviderUnavailable as error:
                log.warning("a card was not let go", workflow=str(card), error=str(error))
                return False
        return True
