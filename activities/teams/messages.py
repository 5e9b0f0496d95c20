"""Messages of programs: each is sent at most once, and its row says what became of it."""

from collections.abc import Mapping
from typing import Any

import structlog

from activities.heartbeats import heartbeats
from activities.registration import implements
from activities.teams.refused_sends import RefusedSends
from activities.teams.sends import Sends
from muster.cards.messages import message_text
from muster.clients.teams.connector import ConnectorClient
from muster.message_links import message_link
from muster.private_sends import PrivateSends
from muster.store import conversations, operations
from muster.store.conversations import ConversationUnknown
from muster.store.pool import UNAVAILABLE, Pool
from workflows.errors import (
    CardGone,
    Conflict,
    NotFound,
    OutcomeUnknown,
    OutsideError,
    ProviderUnavailable,
)
from workflows.operation.activities import SEND_MESSAGE, SendMessage
from workflows.operation.state import Ended, Place

log = structlog.stdlib.get_logger(__name__)


class MessageActivities:
    """Sends the messages of programs."""

    def __init__(
        self,
        connector: ConnectorClient,
        private: PrivateSends,
        pool: Pool,
        sends: Sends,
        refused_sends: RefusedSends,
    ) -> None:
        self._connector = connector
        self._private = private
        self._pool = pool
        self._sends = sends
        self._refused_sends = refused_sends

    @implements(SEND_MESSAGE)
    async def send_message(self, request: SendMessage) -> Ended:
        """Send it unless an earlier attempt or run has begun to: how it ended.

        The intent is committed before it is sent, and how it ended after it. Raises Conflict while an earlier
        attempt may still be sending.
        """
        async with heartbeats():
            return await self._sends.run(("operation", request.operation), lambda: self._once(request))

    async def _once(self, request: SendMessage) -> Ended:
        # Before the intent: without a database nothing has begun.
        service_url = await self._service_url(request.place)
        if not await operations.intend(self._pool, request.operation):
            return await self._begun_earlier(request)
        ended = await self._sent(request, service_url)

        async def record() -> None:
            await operations.end(self._pool, request.operation, ended)

        key = request.operation.key
        await self._sends.record(("record", request.operation), record, operation=key)
        log.info("message sent", operation=key, outcome=ended.outcome, reason=ended.reason)
        return ended

    async def _begun_earlier(self, request: SendMessage) -> Ended:
        intent = await operations.intent(self._pool, request.operation, longest=request.longest_send)
        if intent is None:
            return Ended(outcome="failed", reason="withdrawn", says=request.place.name)
        if intent.ended is not None:
            return intent.ended
        if intent.may_be_going_on:
            raise Conflict("an earlier attempt may still be sending it")
        lost = Ended(outcome="unknown", reason=OutcomeUnknown.__name__, says=request.place.name)
        return await operations.end(self._pool, request.operation, lost)

    async def _sent(self, request: SendMessage, service_url: str | None) -> Ended:
        place = request.place
        try:
            async with self._refused_sends.reporting(place.conversation):
                url = await self._send(request, service_url)
        except OutcomeUnknown as error:
            return Ended(outcome="unknown", reason=type(error).__name__, says=place.name)
        except OutsideError as error:
            return Ended(outcome="failed", reason=type(error).__name__, says=place.name)
        except UNAVAILABLE:  # where the private chat is could not be read: nothing was sent
            return Ended(outcome="failed", reason=ProviderUnavailable.__name__, says=place.name)
        return Ended(outcome="done", says=place.name, url=url)

    async def _send(self, request: SendMessage, service_url: str | None) -> str:
        """The address of the message; empty where there is none."""
        place = request.place
        text = message_text(request.text, by=request.by, through=request.through)
        message = {"type": "message", "text": text, "textFormat": "plain"}
        if place.person is not None:
            await self._private.send(place.tenant, place.person, message, asked_in=None)
            return ""
        if service_url is None:
            raise NotFound("no row knows the conversation any more")
        sent, thread = await self._post(service_url, place, message)
        return message_link(
            conversation=place.conversation,
            message=sent,
            tenant=place.tenant,
            is_channel=place.kind == "channel",
            group=place.group,
            thread=thread,
        )

    async def _post(
        self, service_url: str, place: Place, message: Mapping[str, Any]
    ) -> tuple[str, str | None]:
        """The ids of the message, and of the card in whose thread it is."""
        where = (service_url, place.tenant, place.conversation)
        if place.card is not None:
            try:
                return await self._connector.reply(*where, place.card, message), place.card
            except CardGone:
                log.info("the card is gone: its message stands alone", conversation=place.conversation)
        return await self._connector.send(*where, message), None

    async def _service_url(self, place: Place) -> str | None:
        """Where the conversation lives; ``None``: in a private chat, or nowhere."""
        if place.person is not None:
            return None
        try:
            return await conversations.service_url_of(self._pool, place.conversation)
        except ConversationUnknown:
            return None
