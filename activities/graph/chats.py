"""The chat of an incident: made once, looked for where nobody knows, renamed; the bot in it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from activities.heartbeats import heartbeats
from activities.registration import implements
from activities.teams.sends import Sends
from muster.cards.rooms.topic import topic_of
from muster.clients.graph.chats import FIRST_PEOPLE, ChatsClient, FoundChat, Invited, MadeChat
from muster.settings import Settings
from muster.store import room_members, rooms
from muster.store.pool import UNAVAILABLE, Pool, transaction
from workflows.errors import (
    ConsentMissing,
    Forbidden,
    NotFound,
    OutcomeUnknown,
    OutsideError,
    RequestInvalid,
)
from workflows.incident_room.activities import (
    CREATE_CHAT,
    FIND_CHAT,
    INSTALL_APP,
    OVER,
    RENAME_CHAT,
    ChatFound,
    ChatMade,
    CreateChat,
    FindChat,
    Installed,
    OfChat,
    RenameChat,
    Renamed,
)

_CLOCKS_DIFFER = timedelta(seconds=5)
"""By which Microsoft's clock may be behind ours."""
_FEWEST = 2
"""People of a chat: whoever asked, and somebody to talk to."""

log = structlog.stdlib.get_logger(__name__)


class ChatActivities:
    """Makes chats. The row of the room decides whether one may be made."""

    def __init__(self, chats: ChatsClient, pool: Pool, sends: Sends, settings: Settings) -> None:
        self._chats = chats
        self._pool = pool
        self._sends = sends
        self._settings = settings

    @implements(CREATE_CHAT)
    async def create_chat(self, request: CreateChat) -> ChatMade:
        """Make it, with the intent committed before; once more while nobody knows is ``OutcomeUnknown``."""
        async with heartbeats():
            return await self._sends.run(("room", request.room), lambda: self._create(request))

    @implements(FIND_CHAT)
    async def find_chat(self, request: FindChat) -> ChatFound:
        """Look in the owner's chats for those of the topic since the intent; the oldest is ours."""
        async with heartbeats():
            return await self._sends.run(("room", request.room), lambda: self._find(request))

    @implements(INSTALL_APP)
    async def install_app(self, request: OfChat) -> Installed:
        """Bring the bot into the chat, by the id that the tenant's catalog gave our app."""
        registration = self._settings.teams.get(request.tenant)
        catalog_app = registration.catalog_app if registration else None
        if catalog_app is None:
            return Installed(app_unknown=True)
        async with heartbeats():
            try:
                await self._chats.install(request.tenant, request.chat, catalog_app)
            except NotFound:
                if await self._is_there(request):
                    log.warning("the catalog does not have the app", app=catalog_app)
                    return Installed(app_unknown=True)
                await rooms.note_gone(self._pool, request.room, chat=request.chat)
                raise
            await rooms.note_installed(self._pool, request.room)
        return Installed()

    @implements(RENAME_CHAT)
    async def rename_chat(self, request: RenameChat) -> Renamed:
        """Call the chat as its incident, with the mark once that is over."""
        topic = topic_of(request.number, request.title, request.room.incident_id)
        shown = f"{OVER}{topic}" if request.is_over else topic
        async with heartbeats():
            await self._chats.rename(request.tenant, request.chat, shown)
            await rooms.note_renamed(self._pool, request.room, topic=shown)
        return Renamed(topic=shown)

    async def _is_there(self, request: OfChat) -> bool:
        """Whether Teams has the chat, or does not let us see that."""
        try:
            await self._chats.members(request.tenant, request.chat)
        except NotFound:
            return False
        except (ConsentMissing, Forbidden):
            return True
        return True

    async def _create(self, request: CreateChat) -> ChatMade:
        topic = topic_of(request.number, request.title, request.room.incident_id)
        async with transaction(self._pool) as connection:
            row = await rooms.lock(connection, request.room)
            if row is None:
                raise RequestInvalid("the room has no row")
            if row.stage == "made":
                return ChatMade(id=row.chat or "", url=row.url, topic=row.topic)
            if row.stage == "making":
                raise OutcomeUnknown("an earlier call may have made the chat")
            people = await room_members.invited(connection, request.room)
            if len(people) < _FEWEST:
                return ChatMade(topic=topic, refusal="nobody_to_talk_to")
            owner = next((one for one in people if one.asked), people[0])
            await rooms.begin(connection, request.room, topic=topic, owner=owner.aad_object_id)
        first = _first(people, owner)
        made = await self._made(request, topic, first)
        await self._note(request, made)
        return ChatMade(id=made.id, url=made.url, topic=topic)

    async def _made(
        self, request: CreateChat, topic: str, people: Sequence[room_members.Invited]
    ) -> MadeChat:
        """Make it; where Microsoft refuses it for a person, once more without them, or with their role."""
        try:
            try:
                return await self._chats.create(request.tenant, topic, _bodies(people))
            except (RequestInvalid, NotFound) as refusal:
                kept = await self._accepted(request, people)
                if kept == list(people) or len(kept) < _FEWEST:
                    raise
                log.warning("a chat is made with whom Microsoft has", reason=str(refusal), kept=len(kept))
                owner = kept[0].aad_object_id
                if owner != people[0].aad_object_id:
                    await rooms.begin(self._pool, request.room, topic=topic, owner=owner)
                return await self._chats.create(request.tenant, topic, _bodies(kept))
        except OutcomeUnknown:
            raise
        except OutsideError:
            await rooms.note_not_made(self._pool, request.room)
            raise

    async def _accepted(
        self, request: CreateChat, people: Sequence[room_members.Invited]
    ) -> list[room_members.Invited]:
        """Those whom the directory still has, each with the role that it says."""
        kept = []
        for one in people:
            try:
                _, role = await self._chats.person(request.tenant, one.aad_object_id)
            except NotFound:
                await room_members.note_absence(self._pool, request.room, one.aad_object_id, "refused")
                continue
            except (ConsentMissing, Forbidden):
                role = one.role
            kept.append(one._replace(role=role))
        return kept

    async def _note(self, request: CreateChat, made: MadeChat) -> None:
        async def note() -> None:
            await rooms.note_made(self._pool, request.room, chat=made.id, url=made.url)

        try:
            await note()
        except UNAVAILABLE:
            self._sends.record_later(("recording", request.room), note, room=request.room.incident_id)

    async def _find(self, request: FindChat) -> ChatFound:
        async with transaction(self._pool) as connection:
            row = await rooms.lock(connection, request.room)
        if row is None or row.owner is None or row.began_at is None:
            return ChatFound(can_search=False)
        if row.stage == "made":
            return ChatFound(id=row.chat or "", url=row.url, topic=row.topic)
        try:
            newest = await self._chats.newest(request.tenant, row.owner)
        except (ConsentMissing, Forbidden, RequestInvalid, NotFound):  # not found: the owner is gone
            await rooms.note_unknown(self._pool, request.room)
            return ChatFound(topic=row.topic, can_search=False)
        ours = [one for one in newest if one.topic == row.topic and _is_since(one, row.began_at)]
        if not ours:
            if request.last:
                await rooms.note_unknown(self._pool, request.room)
            return ChatFound(topic=row.topic)
        oldest, *others = sorted(ours, key=lambda one: one.made_at)
        await rooms.note_made(self._pool, request.room, chat=oldest.id, url=oldest.url, others=len(others))
        return ChatFound(id=oldest.id, url=oldest.url, topic=row.topic, others=len(others))


def _is_since(chat: FoundChat, began_at: datetime) -> bool:
    return began_at - chat.made_at < _CLOCKS_DIFFER


def _first(people: Sequence[room_members.Invited], owner: room_members.Invited) -> list[room_members.Invited]:
    """As many as a create takes: its owner, then those who matter most."""
    others = [one for one in people if one.aad_object_id != owner.aad_object_id]
    return [owner, *others][:FIRST_PEOPLE]


def _bodies(people: Sequence[room_members.Invited]) -> list[Invited]:
    return [Invited(one.aad_object_id, one.role) for one in people]
