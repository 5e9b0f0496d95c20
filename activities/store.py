"""Activities that need Postgres alone: restoring a card, recording clicks."""

from activities.registration import implements
from muster.store import cards, clicks
from muster.store.pool import Pool, transaction
from workflows.channel_incident.activities import RECORD_CLICKS, RESTORE_CARD, RecordClicks, StoredCard
from workflows.channel_incident.messages import CardKey
from workflows.contract import Done


class StoreActivities:
    """Restores cards, records clicks."""

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
