"""Rooms' rows, and the incident's cards: the one in the chat, and all that are told of it."""

from datetime import UTC, datetime

import structlog

from activities.registration import implements
from muster.card_runs import CardRuns
from muster.store import chats, rooms, targets
from muster.store.pool import Pool, transaction
from workflows.contract import Done
from workflows.errors import BotRemoved, ProviderUnavailable
from workflows.incident_room.activities import (
    ANNOUNCE,
    ARCHIVE_ROOM,
    BEGIN_ANEW,
    END_CARD,
    RESTORE_ROOM,
    SHOW_IN_CHAT,
    Announce,
    OfChat,
    ShowInChat,
    StoredRoom,
)
from workflows.incident_room.messages import RoomKey

log = structlog.stdlib.get_logger(__name__)


class RoomActivities:
    """Reads rooms, and tells the runs that own cards."""

    def __init__(self, pool: Pool, card_runs: CardRuns) -> None:
        self._pool = pool
        self._card_runs = card_runs

    @implements(RESTORE_ROOM)
    async def restore_room(self, room: RoomKey) -> StoredRoom:
        """What is known of the room."""
        return await rooms.restore(self._pool, room)

    @implements(BEGIN_ANEW)
    async def begin_anew(self, room: RoomKey) -> Done:
        """Forget a chat that nobody knows of, or that is gone."""
        async with transaction(self._pool) as connection:
            await rooms.begin_anew(connection, room)
        return Done()

    @implements(SHOW_IN_CHAT)
    async def show_in_chat(self, request: ShowInChat) -> Done:
        """Register the chat and the incident's card in it, and have the card's run show it."""
        service_url = await rooms.service_url(self._pool, request.tenant)
        if service_url is None:
            raise ProviderUnavailable("no conversation of the tenant has told where it lives")
        async with transaction(self._pool) as connection:
            await chats.find_or_make(
                connection,
                id=request.chat,
                tenant=request.tenant,
                account=request.room.account,
                number=request.number or request.room.incident_id,
                name=request.topic,
                service_url=service_url,
                at=datetime.now(UTC),
            )
            is_in = await rooms.register_card(
                connection, request.room, chat=request.chat, preset=request.preset
            )
            if not is_in:
                raise BotRemoved("the bot is not in the chat any more")
        own = [
            one for one in await rooms.cards(self._pool, request.room) if one.conversation.id == request.chat
        ]
        await self._card_runs.take_up(own, correlation=request.correlation)
        await rooms.note_shown(self._pool, request.room, chat=request.chat)
        return Done()

    @implements(END_CARD)
    async def end_card(self, request: OfChat) -> Done:
        """Write that the card in the chat is not kept up any more, and have its run show its last state."""
        room = request.room
        await rooms.end_card(self._pool, room, chat=request.chat)
        card = await targets.find_card_of_incident(
            self._pool, conversation=request.chat, account=room.account, incident_id=room.incident_id
        )
        if card is not None and card.following is not None:
            await self._card_runs.end(card, card.following)
        return Done()

    @implements(ARCHIVE_ROOM)
    async def archive_room(self, request: OfChat) -> Done:
        """Write that nothing is done in the chat any more."""
        await rooms.archive(self._pool, request.room, chat=request.chat)
        return Done()

    @implements(ANNOUNCE)
    async def announce(self, request: Announce) -> Done:
        """Commit what the cards are told, so that new ones know it; then tell every run."""
        await rooms.note_told(self._pool, request.room, request.told)
        cards = await rooms.cards(self._pool, request.room)
        await self._card_runs.tell_of_room(cards, request.told)
        log.info("cards are told of a chat", incident=request.room.incident_id, cards=len(cards))
        return Done()
