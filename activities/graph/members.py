"""Members of a chat as programs change them: whoever is named is changed, or refused with a reason."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import structlog

from activities.graph.directory import Directory
from activities.graph.roster import MOST_IN_CHAT, Roster
from activities.heartbeats import heartbeats
from activities.registration import implements
from muster.clients.graph.chats import AT_ONCE, ChatsClient, Invited, Role
from muster.clients.graph.errors import ROSTER_BLOCKED
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.clients.pagerduty.tokens import AppTokens
from muster.config_file import PagerDutyAccount
from muster.linked_people.together import all_of
from muster.store import room_members
from muster.store.pool import Pool
from muster.store.room_members import Known
from workflows.errors import ConsentMissing, Forbidden, NotFound, OutsideError
from workflows.incident_room.activities import (
    ADD_MEMBERS,
    REMOVE_MEMBERS,
    ChangeMembersOf,
    MembersChanged,
)
from workflows.members import MembersChange, NamedPerson, NotChanged, WhyNotChanged
from workflows.wanted import ASKER, WantedPerson

log = structlog.stdlib.get_logger(__name__)


class _Person(NamedTuple):
    """Somebody who was named, as the tenant knows them."""

    named: NamedPerson
    aad_object_id: str
    role: Role
    user: str
    """As their row has them: PagerDuty's id, or ``aad:`` and their object id."""
    name: str
    address: str


class MemberActivities:
    """Changes who is in a chat. Rows are written last: what was not done leaves none."""

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

    @implements(ADD_MEMBERS)
    async def add_members(self, request: ChangeMembersOf) -> MembersChanged:
        """Bring them in after a read back; whoever is there already is as one who was brought in."""
        roster = Roster(self._chats, self._pool)
        async with heartbeats():
            people, refused = await self._found(request)
            there = await roster.there(request)
            lacking = _each_once([one for one in people if one.aad_object_id not in there])
            places = max(MOST_IN_CHAT - len(there), 0)
            answers = await roster.add_all(
                request, [Invited(one.aad_object_id, one.role) for one in lacking[:places]]
            )
            is_full = {one.aad_object_id for one in lacking[places:]}
            added = [
                one for one in people if one.aad_object_id not in is_full and one.aad_object_id not in answers
            ]
            await self._note_added(request, added)
            there = await roster.there(request)
            for one in people:
                if one.aad_object_id in is_full:
                    refused.append(NotChanged(who=one.named.name, why="full"))
                elif one.aad_object_id in answers:
                    refused.append(NotChanged(who=one.named.name, why=_why(answers[one.aad_object_id])))
            return await self._changed(request, added, refused, there)

    @implements(REMOVE_MEMBERS)
    async def remove_members(self, request: ChangeMembersOf) -> MembersChanged:
        """Take them out after a read back. As those who left by themselves they are not brought back.

        Whoever is there by the rows alone was taken out by an attempt whose worker ended before it wrote so.
        """
        roster = Roster(self._chats, self._pool)
        async with heartbeats():
            people, refused = await self._found(request)
            memberships = {one.aad_object_id: one.id for one in await roster.members(request)}
            keys = {one.aad_object_id for one in people}
            gone = await room_members.expected(self._pool, request.room, keys) - set(memberships)
            await room_members.note_members(self._pool, request.room, {*memberships, *gone})
            leaving = [one for one in people if one.aad_object_id in {*memberships, *gone}]
            refused += [
                NotChanged(who=one.named.name, why="not_there") for one in people if one not in leaving
            ]
            await all_of(
                *(roster.remove(request, memberships[key]) for key in sorted(keys & set(memberships)))
            )
            there = set(memberships) - keys
            users = [one.user for one in people]
            await room_members.note_by_program(self._pool, request.room, users, by_program=False)
            await room_members.note_members(self._pool, request.room, there)
            return await self._changed(request, leaving, refused, there)

    async def _changed(
        self,
        request: ChangeMembersOf,
        changed: Sequence[_Person],
        refused: Sequence[NotChanged],
        there: set[str],
    ) -> MembersChanged:
        for one in refused:
            log.warning("somebody is not changed in a chat", reason=one.why)
        invited = await room_members.invited(self._pool, request.room)
        change = MembersChange(changed=tuple(one.named.name for one in changed), refused=tuple(refused))
        return MembersChanged(
            change=change,
            keys=tuple(sorted({one.user for one in changed})),
            present=sum(one.aad_object_id in there for one in invited),
        )

    async def _note_added(self, request: ChangeMembersOf, people: Sequence[_Person]) -> None:
        room = request.room
        wanted = [WantedPerson(user=one.user, rank=ASKER, name=one.name) for one in _each_once(people)]
        await room_members.want(self._pool, room, wanted)
        for one in _each_once(people):
            known = Known(one.aad_object_id, one.role, one.address)
            await room_members.note_found(self._pool, room, one.user, known=known, absence=None)
        users = [one.user for one in wanted]
        await room_members.note_by_program(self._pool, room, users, by_program=True)

    # Who they are

    async def _found(self, request: ChangeMembersOf) -> tuple[list[_Person], list[NotChanged]]:
        """Those whom the tenant knows, in the order in which they were named; and why not the others."""
        few = asyncio.Semaphore(AT_ONCE)

        async def find(named: NamedPerson) -> _Person | NotChanged:
            async with few:
                try:
                    found = await self._person(request, named)
                except (ConsentMissing, Forbidden) as refusal:
                    log.warning("people cannot be looked for", reason=str(refusal))
                    found = "not_granted"
            return found if isinstance(found, _Person) else NotChanged(who=named.name, why=found)

        found = await all_of(*(find(named) for named in request.people))
        people = [one for one in found if isinstance(one, _Person)]
        return people, [one for one in found if isinstance(one, NotChanged)]

    async def _person(self, request: ChangeMembersOf, named: NamedPerson) -> _Person | WhyNotChanged:
        if named.user:
            return await self._of_pagerduty(request, named)
        known = await self._directory.by_email(request.tenant, named.email)
        if known.aad_object_id is None:
            account = request.room.account
            is_elsewhere = await room_members.is_email_elsewhere(
                self._pool, account=account, tenant=request.tenant, email=named.email
            )
            return "other_tenant" if is_elsewhere else "unknown"
        return await self._known_as(
            request, named, known, user=f"{room_members.OF_NO_USER}{known.aad_object_id}", name=named.email
        )

    async def _of_pagerduty(self, request: ChangeMembersOf, named: NamedPerson) -> _Person | WhyNotChanged:
        """By the room or a link, else by the e-mail address that PagerDuty has."""
        standing = await room_members.known_as(
            self._pool, request.room, tenant=request.tenant, pagerduty_user=named.user
        )
        if standing.aad_object_id is not None:
            role = await self._role(request.tenant, standing.aad_object_id)
            known = Known(standing.aad_object_id, role)
            return await self._known_as(request, named, known, user=named.user, name="")
        try:
            user = await self._directory.user(request.room.account, named.user)
        except NotFound:
            return "unknown"
        known = await self._directory.by_email(request.tenant, user.email)
        if known.aad_object_id is None:
            return "other_tenant" if standing.is_elsewhere else "no_account"
        return await self._known_as(request, named, known, user=named.user, name=user.name)

    async def _known_as(
        self, request: ChangeMembersOf, named: NamedPerson, known: Known, *, user: str, name: str
    ) -> _Person:
        """One person is one row: as whom they stand in the room already, or are linked."""
        key = known.aad_object_id or ""
        stands = await room_members.user_of(self._pool, request.room, tenant=request.tenant, key=key)
        if stands is not None:
            user, name = stands
        return _Person(named, key, known.role or "owner", user, name, known.address)

    async def _role(self, tenant: str, key: str) -> Role:
        """Whether they are a guest; without the permission nobody is."""
        try:
            return (await self._chats.person(tenant, key)).role
        except (ConsentMissing, Forbidden, NotFound):
            return "owner"


def _each_once(people: Sequence[_Person]) -> list[_Person]:
    """Of two names for one person the first."""
    return list({one.aad_object_id: one for one in reversed(people)}.values())[::-1]


def _why(refusal: OutsideError) -> WhyNotChanged:
    return "blocked" if refusal.code == ROSTER_BLOCKED else "refused"
