"""Channels that are suspended and revived: their rows, and the runs that show cards there."""

from collections.abc import Iterable

from activities.registration import implements
from muster.card_runs import CardRuns
from muster.store import suspensions, targets
from muster.store.pool import Pool, transaction
from workflows.team_setup.activities import FOLLOW_TEAM, Change, ChannelsChanged, FollowTeam


class TeamLifeActivities:
    """Tells the rows of channels what happened to their team."""

    def __init__(self, pool: Pool, card_runs: CardRuns) -> None:
        self._pool = pool
        self._card_runs = card_runs

    @implements(FOLLOW_TEAM)
    async def follow_team(self, request: FollowTeam) -> ChannelsChanged:
        """Commit the changes, let go of the cards in suspended channels, take up those in revived ones.

        What was resolved while its channel was away is open nowhere: its run reads it again and says nothing.

        Raises ``ProviderUnavailable`` where a run was not told: another attempt tells all.
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
        await self._card_runs.let_go([str(card) for card in cards])

    async def _attach(self, request: FollowTeam) -> None:
        cards = await targets.in_revived(self._pool, team=request.team, request=request.request)
        await self._card_runs.take_up(cards, correlation=request.request)
