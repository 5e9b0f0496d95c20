"""Cards that people share: drawn for whoever searches, and anew where somebody looks at one.

The picture is signed in the data of its card's refresh. So Muster draws nothing anew that it has not drawn
itself, and can answer with the card as it is.
"""

import asyncio
from datetime import UTC, datetime
from typing import Any

import structlog
from pydantic import ValidationError

from api.bot.activity import InboundActivity
from api.bot.answers import card, not_refreshed
from api.bot.card_actions import CardActionHandler
from muster.cards.elements import AdaptiveCard
from muster.cards.incident.picture import Picture, newer, taken
from muster.cards.incident.shared import PICTURE, shared_card
from muster.linked_people.incident_search import FoundIncident
from muster.security.sealing import KeyRing
from muster.security.signed_texts import SignedTexts
from muster.store import projections
from muster.store.pool import UNAVAILABLE, Pool

_PURPOSE = "muster: pictures of incidents"
_DRAWING_TAKES = 0.2
"""Seconds that are kept for the answer; what is not read by then is not news."""

log = structlog.stdlib.get_logger(__name__)


class SharedCards:
    """Draws shared cards, and reads what their refresh carries."""

    def __init__(self, keys: KeyRing) -> None:
        self._texts = SignedTexts(keys, _PURPOSE)

    def card(self, picture: Picture, *, live: str | None = None) -> AdaptiveCard:
        """The card of a picture, always the same; ``live``: address of the incident's card in that place."""
        text = picture.model_dump_json(exclude_defaults=True)
        return shared_card(picture, self._texts.signed(text), live=live)

    def picture_in(self, signed: object) -> Picture | None:
        """The picture that a card of ours carries; ``None`` for anything else."""
        text = self._texts.text_of(signed) if isinstance(signed, str) else None
        try:
            return Picture.model_validate_json(text) if text is not None else None
        except ValidationError:  # of another version of Muster
            return None


def picture_of(found: FoundIncident, *, tenant: str) -> Picture:
    """What PagerDuty has just shown to somebody of the tenant."""
    return taken(
        found.details,
        tenant=tenant,
        account=found.account,
        incident_id=found.id,
        changed_at=found.changed_at,
        at=datetime.now(UTC),
    )


class RefreshHandler(CardActionHandler):
    """Answers the refresh of a shared card by one query, and asks no workflow."""

    def __init__(self, pool: Pool, cards: SharedCards) -> None:
        self._pool = pool
        self._cards = cards

    async def _handle(self, activity: InboundActivity, answer_by: float) -> dict[str, Any]:
        data = (activity.action or {}).get("data")
        picture = self._cards.picture_in(data.get(PICTURE) if isinstance(data, dict) else None)
        # Also where the key that has signed it left the ring: the card stays as it was drawn then.
        if picture is None or picture.tenant != activity.tenant:
            log.info("a shared card is none of this tenant's", is_ours=picture is not None)
            return not_refreshed(400)
        return card(self._cards.card(await self._newest(picture, activity, answer_by)))

    async def _newest(self, picture: Picture, activity: InboundActivity, answer_by: float) -> Picture:
        """The incident as its cards show it now; the same picture where there is no news of it."""
        try:
            async with asyncio.timeout_at(answer_by - _DRAWING_TAKES):
                shown = await projections.find_newest(
                    self._pool,
                    tenant=picture.tenant,
                    account=picture.view.account,
                    incident_id=picture.view.incident_id,
                    conversation=activity.conversation_id,
                )
        except UNAVAILABLE as failure:
            log.warning("a shared card was not drawn anew", reason=type(failure).__name__)
            return picture
        return (newer(picture, shown) if shown is not None else None) or picture
