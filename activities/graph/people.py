"""The people of an incident's chat: who they are in the tenant, and bringing them in."""

import asyncio
from collections.abc import Mapping, Sequence

import structlog

from activities.graph.directory import NOBODY, Directory
from activities.graph.roster import MOST_IN_CHAT, Roster
from activities.heartbeats import heartbeats
from activities.registration import implements
from muster.clients.graph.chats import AT_ONCE, FILTERS_PEOPLE, ChatsClient, Invited
from muster.clients.graph.errors import ROSTER_BLOCKED
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.clients.pagerduty.tokens import AppTokens
from muster.config_file import PagerDutyAccount
from muster.linked_people.together import all_of
from muster.store import room_members, rooms
from muster.store.pool import Pool
from muster.store.room_members import Known
from workflows.errors import ConsentMissing, Forbidden, NotFound
from workflows.incident_room.activities import (
    ADD_PEOPLE,
    IDENTIFY_PEOPLE,
    REMOVE_PEOPLE,
    AddPeople,
    IdentifyPeople,
    OfChat,
    PeopleBrought,
    PeopleFound,
    PeopleRemoved,
    RemovePeople,
)
from workflows.room import Absence

_SEARCHED_FOR, _ADDED = 80, 60
"""People in one call of an activity, which then says that there are more."""

log = structlog.stdlib.get_logger(__name__)


class PeopleActivities:
    """Finds people and brings them into chats. What is known of each is a row."""

    def __init__(
        self,
        chats: ChatsClient,
        pagerduty: PagerDutyClient,
        app_tokens: AppTokens,
        accounts: Mapping[str, PagerDutyAccount],
        pool: Pool,
    ) -> None:
        self._chats = chats
        self._directory = Directory(chats, pagerduty, app_tokens, accounts, pool)
        self._pool = pool

    @implements(IDENTIFY_PEOPLE)
    async def identify_people(self, request: IdentifyPeople) -> PeopleFound:
        """Know them by their links, else by their e-mail address, a few at a time.

        Where a program names no owner, and no assignee is found, whom it asks for is wanted too.
        """
        room = request.room
        async with heartbeats():
            await room_members.want(self._pool, room, request.wanted)
            await self._identify(request)
            if await room_members.want_program(self._pool, room):
                await self._identify(request)
            found = await room_members.invited(self._pool, room)
            absent, count = await room_members.absent(self._pool, room)
            lacks = await room_members.lacks(self._pool, room)
        return PeopleFound(found=len(found), absent=absent, absent_count=count, lacks=lacks)

    @implements(ADD_PEOPLE)
    async def add_people(self, request: AddPeople) -> PeopleBrought:
        """Read who is there, then add those who lack, four at once; whoever is refused is told of."""
        room, roster = request.room, Roster(self._chats, self._pool)
        async with heartbeats():
            await room_members.take_out(self._pool, room, request.back, out=False)
            there = await roster.there(request)
            invited = await room_members.invited(self._pool, room)
            lacking = [
                one
                for one in invited
                if one.aad_object_id not in there and one.absence != "blocked" and not one.has_left
            ]
            places = max(MOST_IN_CHAT - len(there), 0)
            for one in lacking[places:]:
                await room_members.note_absence(self._pool, room, one.aad_object_id, "full")
            added = lacking[:places]
            await self._add_all(roster, request, added[:_ADDED])
            if added:
                there = await roster.there(request)
            absent, count = await room_members.absent(self._pool, room)
        await rooms.note_left(self._pool, room, chat=request.chat, left=False)
        present = sum(one.aad_object_id in there for one in invited)
        return PeopleBrought(present=present, more=len(added) > _ADDED, absent=absent, absent_count=count)

    @implements(REMOVE_PEOPLE)
    async def remove_people(self, request: RemovePeople) -> PeopleRemoved:
        """Take them out, four at once; who is not there has left already.

        The rows say so before: whom Muster takes out has not left by themselves.
        """
        room, roster = request.room, Roster(self._chats, self._pool)
        leaving = await room_members.keys_of(self._pool, room, request.users, everybody=request.everybody)
        async with heartbeats():
            there = await roster.members(request)
            await room_members.note_members(self._pool, room, {one.aad_object_id for one in there})
            await room_members.take_out(self._pool, room, request.users, out=True)
            await room_members.note_removed(self._pool, room, leaving)
            if request.everybody:
                await rooms.note_left(self._pool, room, chat=request.chat, left=True)
            await all_of(*(roster.remove(request, one.id) for one in there if one.aad_object_id in leaving))
            left = {one.aad_object_id for one in there} - leaving
            await room_members.note_members(self._pool, room, left)
            invited = await room_members.invited(self._pool, room)
        return PeopleRemoved(present=sum(one.aad_object_id in left for one in invited))

    async def _identify(self, request: IdentifyPeople) -> None:
        """Everybody who is wanted and is not known."""
        room, few = request.room, asyncio.Semaphore(AT_ONCE)
        await room_members.take_links(self._pool, room, tenant=request.tenant)
        while strangers := await room_members.unknown(self._pool, room, most=_SEARCHED_FOR):
            await all_of(*(self._search(request, one, few) for one in strangers))
        while linked := await room_members.without_role(self._pool, room, most=_SEARCHED_FOR):
            await all_of(*(self._note_role(request, user, key, few) for user, key in linked))

    async def _add_all(self, roster: Roster, request: OfChat, people: Sequence[room_members.Invited]) -> None:
        refused = await roster.add_all(request, [Invited(one.aad_object_id, one.role) for one in people])
        for one in people:
            refusal = refused.get(one.aad_object_id)
            if refusal is None:
                continue
            absence: Absence = "blocked" if refusal.code == ROSTER_BLOCKED else "refused"
            log.warning("somebody is not added to a chat", reason=str(refusal), absence=absence)
            await room_members.note_absence(self._pool, request.room, one.aad_object_id, absence)

    async def _search(self, request: IdentifyPeople, user: str, few: asyncio.Semaphore) -> None:
        """Look for one of them, and note what came of it and the permission that is missing for it.

        Where people cannot be filtered, whoever has another principal name is nobody.
        """
        known, name, lacks = NOBODY, "", None
        absence: Absence | None = None
        async with few:
            try:
                found = await self._directory.user(request.room.account, user)
                name = found.name
                known = await self._directory.by_email(request.tenant, found.email)
                absence = "no_account" if known.aad_object_id is None else None
            except NotFound:
                absence = "no_user"
            except (ConsentMissing, Forbidden) as refusal:
                log.warning("people cannot be looked for", reason=str(refusal))
                lacks = refusal.code if isinstance(refusal, ConsentMissing) else None
                absence = "no_account" if lacks == FILTERS_PEOPLE else "not_granted"
        await room_members.note_found(
            self._pool, request.room, user, known=known, absence=absence, lacks=lacks, name=name
        )

    async def _note_role(self, request: IdentifyPeople, user: str, key: str, few: asyncio.Semaphore) -> None:
        """Whether whoever linked their accounts is a guest; without the permission nobody is."""
        async with few:
            known = await room_members.directory(self._pool, tenant=request.tenant, email=key)
            absence: Absence | None = None
            try:
                if known is None:
                    known = Known(*await self._chats.person(request.tenant, key))
                    await room_members.keep_directory(
                        self._pool, tenant=request.tenant, email=key, known=known
                    )
            except NotFound:
                known, absence = Known(key, "owner"), "no_account"
            except (ConsentMissing, Forbidden):
                known = Known(key, "owner")
        await room_members.note_found(self._pool, request.room, user, known=known, absence=absence)
