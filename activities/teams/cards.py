"""Cards: the commits around each send, the send itself, and the deletion of orphans."""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any

import structlog

from activities.heartbeats import heartbeats
from activities.registration import implements
from muster.cards.incident.card import card_summary, incident_card
from muster.clients.teams.connector import ConnectorClient
from muster.store import cards, conversations
from muster.store.pool import UNAVAILABLE, Pool
from workflows.channel_incident.activities import DELETE_MESSAGE, SHOW_CARD, DeleteMessage, ShowCard, Shown
from workflows.contract import Done
from workflows.errors import CardGone, OutcomeUnknown, OutsideError, ProviderUnavailable

_CARD = "application/vnd.microsoft.card.adaptive"

log = structlog.stdlib.get_logger(__name__)


class CardActivities:
    """Posts, edits and deletes the messages of incidents."""

    def __init__(self, connector: ConnectorClient, pool: Pool) -> None:
        self._connector = connector
        self._pool = pool

    @implements(SHOW_CARD)
    async def show_card(self, request: ShowCard) -> Shown:
        """Post or edit, and commit the outcome. Only a post, which could be doubled, commits its intent.

        Either reads first where the conversation lives now: the intent's row tells it as well.
        """
        async with heartbeats():
            if request.activity_id is not None:
                service_url = await conversations.service_url_of(self._pool, request.card.conversation)
                sending = self._edit(request, service_url, request.activity_id)
            else:
                orphans, known, service_url = await cards.intend(self._pool, request)
                sending = (
                    self._edit(request, service_url, known, found=True)
                    if known
                    else self._post(request, service_url, orphans)
                )
            # A worker that stops cancels what runs: a send that began must still be recorded.
            return await asyncio.shield(_logged(request, sending))

    async def _post(self, request: ShowCard, service_url: str, orphans: int) -> Shown:
        try:
            activity_id = await self._connector.send(*_place(request, service_url), _new_message(request))
        except OutcomeUnknown:
            raise
        except OutsideError:
            await cards.forget_intent(self._pool, request)
            raise
        try:
            recorded = await cards.record_shown(self._pool, request, activity_id)
        except UNAVAILABLE:
            log.warning("a card is shown and could not be recorded", incident=request.card.incident_id)
            return Shown(activity_id=activity_id, orphans=orphans, recorded=False)
        return Shown(activity_id=activity_id, **recorded._asdict())

    async def _edit(
        self, request: ShowCard, service_url: str, activity_id: str, *, found: bool = False
    ) -> Shown:
        """Where the outcome cannot be committed, the edit has failed: it is made again."""
        try:
            await self._connector.update(*_place(request, service_url), activity_id, _card_message(request))
        except CardGone:
            await cards.forget_message(self._pool, request.card, activity_id)
            raise
        recorded = await cards.record_shown(self._pool, request, activity_id)
        return Shown(activity_id=activity_id, found=found, **recorded._asdict())

    @implements(DELETE_MESSAGE)
    async def delete_message(self, request: DeleteMessage) -> Done:
        """Delete an orphan; one that is gone already is fine, and what no row knows for an orphan stays."""
        told = log.bind(incident=request.card.incident_id, activity_id=request.activity_id)
        async with heartbeats():
            orphan = await cards.find_orphan(
                self._pool, request.card, marker=request.marker, activity_id=request.activity_id
            )
            if orphan is None:
                told.warning("a message that is no orphan was to be deleted and stays")
                return Done()
            if orphan.is_posting:
                raise ProviderUnavailable(
                    "a post into the conversation is under way: this may be its message"
                )
            await self._connector.delete(*_place(request, orphan.service_url), request.activity_id)
            await cards.forget_orphan(self._pool, request.card, request.marker)
        told.info("an orphan was deleted")
        return Done()


async def _logged(request: ShowCard, sending: Awaitable[Shown]) -> Shown:
    shown = await sending
    log.info(
        "card shown",
        incident=request.card.incident_id,
        conversation=request.card.conversation,
        revision=request.view.revision,
        activity_id=shown.activity_id,
    )
    return shown


def _place(request: ShowCard | DeleteMessage, service_url: str) -> tuple[str, str, str]:
    return service_url, request.tenant, request.card.conversation


def _new_message(request: ShowCard) -> Mapping[str, Any]:
    """A locked phone shows the text of a new message alone; an edit, which notifies nobody, takes it away."""
    message = _card_message(request)
    return {**message, "text": message["summary"], "textFormat": "plain"}


def _card_message(request: ShowCard) -> Mapping[str, Any]:
    return {
        "type": "message",
        "summary": card_summary(request.view),
        "attachments": [{"contentType": _CARD, "content": incident_card(request.view, request.identity)}],
    }
