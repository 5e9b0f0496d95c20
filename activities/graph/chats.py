"""The chat of an incident: made once, looked for where nobody knows, renamed; the bot in it."""

import asyncio
import itertools
from collections.abc import Callable, Coroutine, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from activities.heartbeats import heartbeats
from activities.registration import implements
from activities.teams.sends import Sends
from muster.cards.rooms.topic import topic_of
from muster.clients.graph.chats import (
    AT_ONCE,
    FIRST_PEOPLE,
    FOR_A_PERSON,
    ChatsClient,
    FoundChat,
    Invited,
    MadeChat,
)
from muster.linked_people.together import all_of
from muster.settings import Settings
from muster.store import room_members, rooms
from muster.store.pool import Connection, Pool, transaction
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
_MOST_TRIES, _TRIES_TAKE = 26, 15.0
"""Refused groups of the people, and seconds that they may take together, before it is given up."""

People = Sequence[room_members.Invited]

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
            await rooms.note_installed(self._pool, request.room, chat=request.chat)
        return Installed()

    @implements(RENAME_CHAT)
    async def rename_chat(self, request: RenameChat) -> Renamed:
        """Call the chat as its incident, with the mark once that is over."""
        number, title, incident = request.number, request.title, request.room.incident_id
        topic = topic_of(number, title, incident, name=request.name)
        shown = f"{OVER}{topic}" if request.is_over else topic
        async with heartbeats():
            try:
                await self._chats.rename(request.tenant, request.chat, shown)
            except NotFound:
                await rooms.note_gone(self._pool, request.room, chat=request.chat)
                raise
            await rooms.note_renamed(self._pool, request.room, chat=request.chat, topic=shown)
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
        number, title, plan = request.number, request.title, request.plan
        topic = topic_of(number, title, request.room.incident_id, name=plan.name)
        async with transaction(self._pool) as connection:
            row = await rooms.lock(connection, request.room)
            if row is None:
                raise RequestInvalid("the room has no row")
            if row.stage == "made":
                return ChatMade(id=row.chat or "", url=row.url, topic=row.topic)
            if row.stage == "making":
                raise OutcomeUnknown("an earlier call may have made the chat")
            people = await room_members.invited(connection, request.room)
            owner = await self._owner(connection, request, people)
            if owner is None and plan.owner:
                return ChatMade(topic=topic, refusal="owner_absent")
            if owner is None or len(people) < _FEWEST:
                return ChatMade(topic=topic, refusal="nobody_to_talk_to")
            began_at = await rooms.begin(
                connection, request.room, topic=topic, owner=owner.aad_object_id, plan=plan
            )
        made = await self._made(request, topic, _first(people, owner), began_at)
        await self._note(request, made, began_at)
        return ChatMade(id=made.id, url=made.url, topic=topic)

    async def _owner(
        self, connection: Connection, request: CreateChat, people: People
    ) -> room_members.Invited | None:
        """Who is named, and nobody else; else the first who is here; else who matters most."""
        named = request.plan.owner
        for user in (named,) if named else request.owners:
            key = await room_members.key_of(connection, request.room, user)
            if (found := next((one for one in people if one.aad_object_id == key), None)) is not None:
                return found
        if named:
            return None
        return next((one for one in people if one.asked), next(iter(people), None))

    async def _made(self, request: CreateChat, topic: str, people: People, began_at: datetime) -> MadeChat:
        """Make it; where Microsoft refuses it for a person, without them."""
        try:
            try:
                return await self._chats.create(request.tenant, topic, _bodies(people))
            except FOR_A_PERSON as refusal:
                return await self._made_of_fewer(request, topic, people, refusal)
        except OutcomeUnknown:
            raise
        except OutsideError:
            note = partial(rooms.note_not_made, self._pool, request.room, began_at=began_at)
            await self._record(request, note)
            raise

    async def _made_of_fewer(
        self, request: CreateChat, topic: str, people: People, refusal: OutsideError
    ) -> MadeChat:
        """Make it of those whom the directory has; else of some of them: Microsoft does not tell who it is.

        A refusal made nothing, so that the next one may be sent. Who is not in the group is added singly.
        Raises the last refusal; ``RequestInvalid`` where the next call would ask for the same people.
        """
        kept, owner = await self._accepted(request, people), people[0].aad_object_id
        groups = itertools.chain([] if kept == list(people) else [kept], _groups(kept))
        begins = asyncio.get_running_loop().time()
        for group in itertools.islice(groups, _MOST_TRIES):
            if len(group) < _FEWEST or asyncio.get_running_loop().time() - begins > _TRIES_TAKE:
                break
            log.warning("a chat is made with fewer people", reason=str(refusal), people=len(group))
            if group[0].aad_object_id != owner:
                owner = group[0].aad_object_id
                await rooms.note_owner(self._pool, request.room, owner=owner)
            try:
                return await self._chats.create(request.tenant, topic, _bodies(group))
            except FOR_A_PERSON as again:
                refusal = again
        if isinstance(refusal, NotFound) and len(kept) == len(people):
            raise RequestInvalid(f"nobody tells which of them is not there: {refusal}") from refusal
        raise refusal

    async def _accepted(self, request: CreateChat, people: People) -> list[room_members.Invited]:
        """Those whom the directory still has, each with the role that it says; asked four at once."""
        few = asyncio.Semaphore(AT_ONCE)

        async def accepted(one: room_members.Invited) -> room_members.Invited | None:
            async with few:
                try:
                    role = (await self._chats.person(request.tenant, one.aad_object_id)).role
                except NotFound:
                    await room_members.note_absence(self._pool, request.room, one.aad_object_id, "refused")
                    return None
                except (ConsentMissing, Forbidden):
                    return one
            return one._replace(role=role)

        return [one for one in await all_of(*map(accepted, people)) if one is not None]

    async def _note(self, request: CreateChat, made: MadeChat, began_at: datetime) -> None:
        note = partial(
            rooms.note_made, self._pool, request.room, began_at=began_at, chat=made.id, url=made.url
        )
        await self._record(request, note)

    async def _record(self, request: CreateChat, note: Callable[[], Coroutine[Any, Any, None]]) -> None:
        await self._sends.record(("recording", request.room), note, room=request.room.incident_id)

    async def _find(self, request: FindChat) -> ChatFound:
        async with transaction(self._pool) as connection:
            row = await rooms.lock(connection, request.room)
        if row is not None and row.stage == "none":  # whoever was to make it ended before it was begun, too
            return ChatFound(topic=row.topic, not_made=True)
        if row is None or row.owner is None or row.began_at is None:
            return ChatFound(can_search=False)
        if row.stage == "made":
            return ChatFound(id=row.chat or "", url=row.url, topic=row.topic)
        unknown = partial(rooms.note_unknown, self._pool, request.room, began_at=row.began_at)
        try:
            newest = await self._chats.newest(request.tenant, row.owner)
        except (ConsentMissing, Forbidden, RequestInvalid, NotFound):  # not found: the owner is gone
            await unknown()
            return ChatFound(topic=row.topic, can_search=False)
        ours = [one for one in newest if one.topic == row.topic and _is_since(one, row.began_at)]
        if not ours:
            if request.last:
                await unknown()
            return ChatFound(topic=row.topic)
        oldest, *others = sorted(ours, key=lambda one: one.made_at)
        await rooms.note_made(
            self._pool,
            request.room,
            began_at=row.began_at,
            chat=oldest.id,
            url=oldest.url,
            others=len(others),
        )
        return ChatFound(id=oldest.id, url=oldest.url, topic=row.topic, others=len(others))


def _is_since(chat: FoundChat, began_at: datetime) -> bool:
    return began_at - chat.made_at < _CLOCKS_DIFFER


def _groups(people: People) -> Iterator[list[room_members.Invited]]:
    """The first of them with ever smaller groups of the others, the largest before; then so the second."""
    for first in range(min(len(people), 2)):
        owner, others = people[first], [*people[:first], *people[first + 1 :]]
        size = len(others)
        while size > 1:
            size = (size + 1) // 2
            yield from ([owner, *others[start : start + size]] for start in range(0, len(others), size))


def _first(people: People, owner: room_members.Invited) -> list[room_members.Invited]:
    """As many as a create takes: its owner, then those who matter most."""
    others = [one for one in people if one.aad_object_id != owner.aad_object_id]
    return [owner, *others][:FIRST_PEOPLE]


def _bodies(people: People) -> list[Invited]:
    return [Invited(one.aad_object_id, one.role) for one in people]
