"""Cards: the commits around each send, the send itself, and the deletion of orphans."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog
from temporalio import activity

from activities.heartbeats import heartbeats
from activities.registration import implements
from activities.teams.refused_sends import RefusedSends
from activities.teams.sends import Sends
from muster.cards.incident.card import card_summary, incident_card
from muster.clients.teams.connector import ConnectorClient
from muster.store import cards, conversations
from muster.store.cards import Intended
from muster.store.pool import UNAVAILABLE, Pool
from workflows.channel_incident.activities import DELETE_MESSAGE, SHOW_CARD, DeleteMessage, ShowCard, Shown
from workflows.contract import Done
from workflows.errors import CardGone, OutcomeUnknown, OutsideError, ProviderUnavailable

_CARD = "application/vnd.microsoft.card.adaptive"

log = structlog.stdlib.get_logger(__name__)


class CardActivities:
    """Posts, edits and deletes the messages of incidents."""

    def __init__(
        self, connector: ConnectorClient, pool: Pool, sends: Sends, refused_sends: RefusedSends
    ) -> None:
        self._connector = connector
        self._pool = pool
        self._sends = sends
        self._refused_sends = refused_sends

    @implements(SHOW_CARD)
    async def show_card(self, request: ShowCard) -> Shown:
        """Post or edit, and commit the outcome, one send of a card after the other.

        Only a post, which could be doubled, commits its intent. The row tells where the conversation lives
        now; an edit reads that. A send that began is recorded although its activity is cancelled, as by
        Temporal when it misses a heartbeat, or by a worker that stops.
        """
        asked_at = activity.info().scheduled_time
        async with heartbeats(), self._refused_sends.reporting(request.card.conversation):
            return await self._sends.run(("card", request.card), lambda: self._show(request, asked_at))

    async def _show(self, request: ShowCard, asked_at: datetime) -> Shown:
        if request.activity_id is not None:
            service_url = await conversations.service_url_of(self._pool, request.card.conversation)
            shown = await self._edit(request, service_url, request.activity_id)
        else:
            await self._sends.until_free(("record", request.card))
            intended = await cards.intend(self._pool, request, asked_at)
            shown = await self._intended(request, intended)
        log.info(
            "card shown",
            incident=request.card.incident_id,
            conversation=request.card.conversation,
            revision=request.view.revision,
            activity_id=shown.activity_id,
        )
        return shown

    async def _intended(self, request: ShowCard, intended: Intended) -> Shown:
        known, service_url = intended.activity_id, intended.service_url
        if known is None:
            return await self._post(request, service_url, intended.orphans)
        if intended.shown:  # by a call whose outcome the run did not hear, and may not hear the next time
            return Shown(activity_id=known, orphans=intended.orphans, found=True, marker=intended.shown)
        return await self._edit(request, service_url, known, found=True)

    async def _post(self, request: ShowCard, service_url: str, orphans: int) -> Shown:
        try:
            activity_id = await self._connector.send(*_place(request, service_url), _new_message(request))
        except OutcomeUnknown:
            raise
        except OutsideError:
            await cards.forget_intent(self._pool, request)
            raise
        try:
            return await self._recorded(request, service_url, activity_id)
        except UNAVAILABLE:
            # The run may never hear of it: a later post waits for the record.
            self._sends.record_later(
                ("record", request.card),
                lambda: self._recorded(request, service_url, activity_id),
                incident=request.card.incident_id,
            )
            return Shown(activity_id=activity_id, orphans=orphans, recorded=False)

    async def _edit(
        self, request: ShowCard, service_url: str, activity_id: str, *, found: bool = False
    ) -> Shown:
        """Where the outcome cannot be committed, the edit has failed: it is made again."""
        try:
            await self._connector.update(*_place(request, service_url), activity_id, _card_message(request))
        except CardGone:
            await cards.forget_message(self._pool, request.card, activity_id)
            raise
        return await self._recorded(request, service_url, activity_id, found=found)

    async def _recorded(
        self, request: ShowCard, service_url: str, activity_id: str, *, found: bool = False
    ) -> Shown:
        """Commit the outcome. Two workers may have posted at once: the message that lost its place goes."""
        recorded = await cards.record_shown(self._pool, request, activity_id, found=found)
        if recorded.superseded is not None:
            removing = self._remove(request, service_url, recorded.superseded)
            self._sends.start(("orphan", recorded.superseded), removing)
        return Shown(
            activity_id=activity_id, orphans=recorded.orphans, recorded=recorded.recorded, found=found
        )

    async def _remove(self, request: ShowCard, service_url: str, superseded: str) -> None:
        """Try to delete it; one that stays is an orphan like any other."""
        try:
            await self._connector.delete(*_place(request, service_url), superseded)
        except OutsideError as error:
            log.warning("an orphan could not be deleted", reason=str(error), activity_id=superseded)
        else:
            log.info("an orphan was deleted", incident=request.card.incident_id, activity_id=superseded)

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
