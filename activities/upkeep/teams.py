"""Teams that are gone for good are forgotten, but not under a run that still needs their rows."""

import structlog
from temporalio import activity

from activities.heartbeats import heartbeats
from activities.registration import implements
from activities.signals import WorkflowSignals
from muster.store import forgetting
from muster.store.forgetting import GoneTeam
from muster.store.pool import Pool
from workflows.team_setup.activities import RETURNS_WITHIN
from workflows.upkeep.activities import FORGET_TEAMS, TeamBatch, TeamsForgotten

BATCH = 20
"""Teams of one activity."""
_ASKED_AT_ONCE = 50
"""Channels of one question to Temporal."""

log = structlog.stdlib.get_logger(__name__)


class ForgettingActivities:
    """Forgets teams that were deleted for good, or that the app left 30 days ago."""

    def __init__(self, signals: WorkflowSignals, pool: Pool) -> None:
        self._signals = signals
        self._pool = pool

    @implements(FORGET_TEAMS)
    async def forget_teams(self, batch: TeamBatch) -> TeamsForgotten:
        """Forget the next teams, each by one commit; a team with a run of its own waits for the next day.

        Raises ``ProviderUnavailable`` where Temporal is away: another attempt goes on after the last team.
        """
        details = activity.info().heartbeat_details
        done = TeamsForgotten.model_validate(details[0]) if details else TeamsForgotten(after=batch.after)
        teams = await forgetting.due(
            self._pool, batch.account, after=done.after, age=RETURNS_WITHIN, most=BATCH
        )
        async with heartbeats(lambda: done):
            for team in teams:
                done = await self._with(done, team)
                activity.heartbeat(done)
        return done.model_copy(update={"is_last": len(teams) < BATCH})

    async def _with(self, done: TeamsForgotten, team: GoneTeam) -> TeamsForgotten:
        seen = {"after": team.id, "examined": done.examined + 1}
        if await self._is_needed(team):
            log.info("a team is not forgotten yet: a run of it goes on", team=team.key)
            return done.model_copy(update={**seen, "left_out": (*done.left_out, f"team {team.key}")})
        if not await forgetting.forget(self._pool, team, age=RETURNS_WITHIN):
            return done.model_copy(update=seen)
        log.info("a team that is gone was forgotten", team=team.key)
        return done.model_copy(update={**seen, "forgotten": done.forgotten + 1})

    async def _is_needed(self, team: GoneTeam) -> bool:
        """Whether a set-up, a card or a connection of the team still goes on."""
        conversations = {team.id, *await forgetting.channels(self._pool, team.id)}
        ids = sorted(conversations)
        for first in range(0, len(ids), _ASKED_AT_ONCE):
            if await self._signals.is_running_in(ids[first : first + _ASKED_AT_ONCE]):
                return True
        return False
