"""What is shown and said in Teams."""

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog

from activities.clients.connector import ConnectorClient
from activities.implementing import heartbeats, implements
from muster.cards.highlight import highlight_text
from muster.cards.incident import card_summary, incident_card
from muster.cards.private import failed_text, late_text, unlinked_text
from muster.store import cards, people
from muster.store.pool import UNAVAILABLE, Pool
from workflows.contract import REPLY, SHOW_CARD, TELL_PERSON, Done
from workflows.errors import CardGone, OutcomeUnknown, OutsideError
from workflows.messages import Replied, Reply, ShowCard, Shown, TellPerson
from workflows.model.state import highlight_key

_CARD = "application/vnd.microsoft.card.adaptive"

log = structlog.stdlib.get_logger(__name__)


class TeamsActivities:
    """Every send to Teams, with the commits around it."""

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

    @implements(REPLY)
    async def reply(self, request: Reply) -> Replied:
        """Say a highlight in the card's thread, at most once: the intent is committed first."""
        key = highlight_key(request.transition, request.at)
        async with heartbeats():
            if not await cards.intend_highlight(self._pool, request.card, key):
                return Replied(said=False)
            text = highlight_text(request.view, request.transition, by=request.by)
            try:
                await self._connector.reply(
                    request.service_url,
                    request.tenant,
                    request.card.conversation,
                    request.activity_id,
                    {"type": "message", "text": text, "textFormat": "markdown"},
                )
            except OutcomeUnknown:
                raise
            except OutsideError:
                await cards.withdraw_highlight(self._pool, request.card, key)
                raise
        return Replied(said=True)

    @implements(TELL_PERSON)
    async def tell_person(self, request: TellPerson) -> Done:
        """Tell the person who pressed, in their private chat with the bot, how it ended."""
        async with heartbeats():
            await self._tell(request)
        return Done()

    async def _tell(self, request: TellPerson) -> None:
        person, place = request.click.person, (request.service_url, request.tenant)
        conversation = await people.private_conversation(self._pool, request.tenant, person.aad_object_id)
        if conversation is None:
            conversation = await self._connector.open_personal(*place, person.teams_id)
            await people.keep_private_conversation(self._pool, request.tenant, person, conversation)
        await self._connector.send(
            *place,
            conversation,
            {"type": "message", "text": _private_text(request), "textFormat": "markdown"},
        )


def _card_message(request: ShowCard) -> Mapping[str, Any]:
    return {
        "type": "message",
        "summary": card_summary(request.view),
        "attachments": [{"contentType": _CARD, "content": incident_card(request.view, request.stamped)}],
    }


def _private_text(request: TellPerson) -> str:
    view, verb, outcome = request.view, request.click.verb, request.outcome
    if view is None:
        return outcome.text
    match outcome.kind:
        case "unlinked":
            return unlinked_text(verb, view)
        case "late":
            return late_text(verb, view)
        case _:
            return failed_text(verb, view, reason=outcome.text)
