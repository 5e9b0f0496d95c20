"""Activities that need Postgres alone: restoring a card, recording clicks, what ends in a conversation."""

from activities.registration import implements
from muster.store import cards, clicks, following
from muster.store.pool import Pool, transaction
from workflows.channel_incident.activities import (
    RECORD_CLICKS,
    RESTORE_CARD,
    STOP_FOLLOWING,
    DoVerb,
    RecordClicks,
    StoredCard,
    VerbDone,
)
from workflows.channel_incident.messages import CardKey
from workflows.contract import Done
from workflows.following import Following, stopped_of
from workflows.verbs.outcomes import Outcome


class StoreActivities:
    """Restores cards, records clicks, stops following."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @implements(RESTORE_CARD)
    async def restore_card(self, card: CardKey) -> StoredCard:
        """What was shown and said for a card, and how the latest clicks on it ended."""
        stored = await cards.restore(self._pool, card)
        return stored.model_copy(update={"clicks": await clicks.recent(self._pool, card)})

    @implements(RECORD_CLICKS)
    async def record_clicks(self, request: RecordClicks) -> Done:
        """Record how clicks ended that needed no call to PagerDuty: all of them, or none."""
        async with transaction(self._pool) as connection:
            for judged in request.clicks:
                await clicks.record(connection, request.card, judged.click, judged.outcome)
        return Done()

    @implements(STOP_FOLLOWING)
    async def stop_following(self, request: DoVerb) -> VerbDone:
        """Stop following the incident there, and record the click, by one commit; once per click."""
        async with transaction(self._pool) as connection:
            outcome = await clicks.outcome_of(connection, request.click.key)
            if outcome is not None:
                return VerbDone(outcome=outcome, stopped=await following.stopped(connection, request.card))
            stopped = await following.stop(connection, request.card, request.click)
            outcome = Outcome(kind="done")
            if stopped is None:
                stopped = await following.stopped(connection, request.card)
                outcome = _why_not_stopped(stopped)
            await clicks.record(connection, request.card, request.click, outcome)
        return VerbDone(outcome=outcome, stopped=stopped)


def _why_not_stopped(following: Following | None) -> Outcome:
    stopped = stopped_of(following)
    if stopped is not None:
        return Outcome(kind="already", by=stopped.by)
    return Outcome(kind="refused", reason="by_connection")
