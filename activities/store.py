"""Activities that need Postgres alone: restoring a card, recording a click."""

from activities.registration import implements
from muster.store import cards, clicks
from muster.store.pool import Pool
from workflows.channel_incident.activities import RECORD_CLICK, RESTORE_CARD, RecordClick, StoredCard
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

    @implements(RECORD_CLICK)
    async def record_click(self, request: RecordClick) -> Done:
        """Record how a click ended that needed no call to PagerDuty."""
        await clicks.record(self._pool, request.card, request.click, request.outcome)
        return Done()
