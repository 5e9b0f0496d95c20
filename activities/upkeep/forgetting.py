"""Teams and chats that are gone are forgotten, but not under a run that still needs their rows."""

from collections.abc import Awaitable, Callable, Sequence

import structlog
from temporalio import activity

from activities.heartbeats import heartbeats
from activities.registration import implements
from activities.signals import WorkflowSignals
from muster.store import forgetting
from muster.store.forgetting import Gone
from muster.store.pool import Pool
from workflows.team_setup.activities import RETURNS_WITHIN
from workflows.upkeep.activities import FORGET_CHATS, FORGET_TEAMS, Forgotten, GoneBatch

BATCH = 20
"""Teams or chats of one activity."""
_ASKED_AT_ONCE = 50
"""Conversations of one question to Temporal."""

log = structlog.stdlib.get_logger(__name__)


class ForgettingActivities:
    """Forgets teams that were deleted for good, and teams and chats that the app left 30 days ago."""

    def __init__(self, signals: WorkflowSignals, pool: Pool) -> None:
        self._signals = signals
        self._pool = pool

    @implements(FORGET_TEAMS)
    async def forget_teams(self, batch: GoneBatch) -> Forgotten:
        """Forget the next teams, each by one commit; a team with a run of its own waits for the next day.

        Raises ``ProviderUnavailable`` where Temporal is away: another attempt goes on after the last team.
        """
        return await self._forget(batch, forgetting.due)

    @implements(FORGET_CHATS)
    async def forget_chats(self, batch: GoneBatch) -> Forgotten:
        """The same for chats."""
        return await self._forget(batch, forgetting.chats_due)

    async def _forget(self, batch: GoneBatch, due: Callable[..., Awaitable[Sequence[Gone]]]) -> Forgotten:
        details = activity.info().heartbeat_details
        done = Forgotten.model_validate(details[0]) if details else Forgotten(after=batch.after)
        found = await due(self._pool, batch.account, after=done.after, age=RETURNS_WITHIN, most=BATCH)
        async with heartbeats(lambda: done):
            for gone in found:
                done = await self._with(done, gone)
                activity.heartbeat(done)
        return done.model_copy(update={"is_last": len(found) < BATCH})

    async def _with(self, done: Forgotten, gone: Gone) -> Forgotten:
        seen = {"after": gone.id, "examined": done.examined + 1}
        if await self._is_needed(gone):
            log.info("what is gone is not forgotten yet: a run of it goes on", what=gone.what, key=gone.key)
            left_out = (*done.left_out, f"{gone.what} {gone.key}")
            return done.model_copy(update={**seen, "left_out": left_out})
        if not await forgetting.forget(self._pool, gone, age=RETURNS_WITHIN):
            return done.model_copy(update=seen)
        log.info("what is gone was forgotten", what=gone.what, key=gone.key)
        return done.model_copy(update={**seen, "forgotten": done.forgotten + 1})

    async def _is_needed(self, gone: Gone) -> bool:
        """Whether a set-up, a card or a connection of it still goes on."""
        ids = sorted({gone.id, *await forgetting.channels(self._pool, gone.id)})
        for first in range(0, len(ids), _ASKED_AT_ONCE):
            if await self._signals.is_running_in(ids[first : first + _ASKED_AT_ONCE]):
                return True
        return False
