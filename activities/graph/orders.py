"""What programs want done with a chat: another name, the mark of what is archived, its end."""

from activities.heartbeats import heartbeats
from activities.registration import implements
from muster.card_runs import CardRuns
from muster.cards.rooms.topic import archived_topic, own_topic
from muster.clients.graph.chats import ChatsClient
from muster.store import rooms, targets
from muster.store.pool import Pool
from muster.store.targets import Target
from workflows.contract import Done
from workflows.errors import NeedsPerson, NotFound, RefusedForNow
from workflows.incident_room.activities import (
    DELETE_CHAT,
    MARK_ARCHIVED,
    OVER,
    SET_TOPIC,
    MarkArchived,
    OfChat,
    Renamed,
    SetTopicOf,
    TopicSet,
)


class OrderActivities:
    """Asks Microsoft. Each of them may be done again."""

    def __init__(self, chats: ChatsClient, card_runs: CardRuns, pool: Pool) -> None:
        self._chats = chats
        self._card_runs = card_runs
        self._pool = pool

    @implements(SET_TOPIC)
    async def set_topic(self, request: SetTopicOf) -> TopicSet:
        """Call the chat so, with the mark where its incident is over; nothing is left of some names."""
        name = own_topic(request.name)
        if not name:
            return TopicSet()
        topic = f"{OVER}{name}" if request.is_over else name
        async with heartbeats():
            await self._rename(request, topic)
            await rooms.note_named(self._pool, request.room, chat=request.chat, name=name, topic=topic)
        return TopicSet(name=name, topic=topic)

    @implements(MARK_ARCHIVED)
    async def mark_archived(self, request: MarkArchived) -> Renamed:
        """Put the mark before the topic, in the place of every other."""
        topic = archived_topic(request.topic)
        async with heartbeats():
            await self._rename(request, topic)
            await rooms.note_renamed(self._pool, request.room, chat=request.chat, topic=topic)
        return Renamed(topic=topic)

    @implements(DELETE_CHAT)
    async def delete_chat(self, request: OfChat) -> Done:
        """Delete it, once its card and its events have let go of it; without the permission nothing changes.

        Where Microsoft refuses it all the same, the card takes up its chat again, of which an earlier
        attempt may have had it let go.
        """
        async with heartbeats():
            card = await self._card(request)
            try:
                await self._chats.may_delete(request.tenant)
                await rooms.detach(self._pool, chat=request.chat)
                await self._card_runs.let_go([card.workflow_id] if card else [])
                await self._chats.delete(request.tenant, request.chat)
            except (NeedsPerson, RefusedForNow):
                if await rooms.attach(self._pool, chat=request.chat):
                    await self._card_runs.take_up([card] if card else [], correlation=request.correlation)
                raise
            await rooms.note_gone(self._pool, request.room, chat=request.chat)
        return Done()

    async def _card(self, request: OfChat) -> Target | None:
        """The incident's card in its chat; ``None``: the chat never had one."""
        return await targets.find_card_of_incident(
            self._pool,
            conversation=request.chat,
            account=request.room.account,
            incident_id=request.room.incident_id,
        )

    async def _rename(self, request: OfChat, topic: str) -> None:
        try:
            await self._chats.rename(request.tenant, request.chat, topic)
        except NotFound:
            await rooms.note_gone(self._pool, request.room, chat=request.chat)
            raise
