"""Cards: the commits around each send, the send itself, and the deletion of orphans."""

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog

from activities.heartbeats import heartbeats
from activities.registration import implements
from muster.cards.incident.card import card_summary, incident_card
from muster.clients.teams.connector import ConnectorClient
from muster.store import cards
from muster.store.pool import UNAVAILABLE, Pool
from workflows.channel_incident.activities import DELETE_MESSAGE, SHOW_CARD, DeleteMessage, ShowCard, Shown
from workflows.contract import Done
from workflows.errors import CardGone, OutcomeUnknown, OutsideError

_CARD = "application/vnd.microsoft.card.adaptive"

log = structlog.stdlib.get_logger(__name__)


class CardActivities:
    """Posts, edits and deletes the messages of incidents."""

    def __init__(self, connector: ConnectorClient, pool: Pool) -> None:
        self._connector = connector
        self._pool = pool

    @implements(SHOW_CARD)
    async def show_card(self, request: ShowCard) -> Shown:
        """Commit the intent, post or edit, commit the outcome."""
        async with heartbeats():
            orphans, activity_id = await cards.intend(self._pool, request)
            request = request.model_copy(update={"activity_id": activity_id})
            # A worker that stops cancels what runs: a send that began must still be recorded.
            return await asyncio.shield(self._send_and_record(request, orphans))

    async def _send_and_record(self, request: ShowCard, orphans: int) -> Shown:
        try:
            activity_id = await self._send(request)
        except OutcomeUnknown:
            raise
        except CardGone:
            await cards.forget_message(self._pool, request)
            raise
        except OutsideError:
            if request.activity_id is None:
                await cards.forget_intent(self._pool, request)
            raise
        try:
            recorded = await cards.record_shown(self._pool, request, activity_id)
        except UNAVAILABLE:
            log.warning("a card is shown and could not be recorded", incident=request.card.incident_id)
            recorded = False
        log.info(
            "card shown",
            incident=request.card.incident_id,
            conversation=request.card.conversation,
            revision=request.view.revision,
            activity_id=activity_id,
        )
        return Shown(activity_id=activity_id, orphans=orphans, recorded=recorded)

    async def _send(self, request: ShowCard) -> str:
        message = _card_message(request)
        place = (request.service_url, request.tenant, request.card.conversation)
        if request.activity_id is None:
            return await self._connector.send(*place, message)
        await self._connector.update(*place, request.activity_id, message)
        return request.activity_id

    @implements(DELETE_MESSAGE)
    async def delete_message(self, request: DeleteMessage) -> Done:
        """Delete a message; one that is gone already is fine."""
        async with heartbeats():
            await self._connector.delete(
                request.service_url, request.tenant, request.card.conversation, request.activity_id
            )
        log.info("an orphan was deleted", incident=request.card.incident_id, activity_id=request.activity_id)
        return Done()


def _card_message(request: ShowCard) -> Mapping[str, Any]:
    return {
        "type": "message",
        "summary": card_summary(request.view),
        "attachments": [{"contentType": _CARD, "content": incident_card(request.view, request.identity)}],
    }
