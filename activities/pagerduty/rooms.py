"""What PagerDuty has to do with an incident's chat: who may ask for it, and the note with its address."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from activities.pagerduty.askers import Askers, Writer, write_link_note
from activities.registration import implements
from muster.cards.rooms.topic import own_subject, own_topic
from muster.clients.pagerduty.access import account_of, bounded, details_of
from muster.clients.pagerduty.app_scopes import INCIDENTS, USERS
from muster.clients.pagerduty.rest import INTERACTIVE, PagerDutyClient
from muster.clients.pagerduty.tokens import AppTokens
from muster.config_file import PagerDutyAccount
from muster.linked_people.identity import NoIdentity, asked_as
from muster.linked_people.person_token import PersonTokens
from muster.payloads.room_people import people_of
from muster.store import links, room_members, rooms
from muster.store.links import LinkedUser
from muster.store.pool import Pool
from muster.values import NAME, one_line
from workflows.contract import Done
from workflows.errors import Forbidden, NotFound, OutsideError
from workflows.incident_room.activities import (
    ADMIT,
    NOTE_CHAT,
    OPEN_ROOM,
    Admit,
    Admitted,
    NoteChat,
    OpenRoom,
)
from workflows.incident_room.messages import RoomKey
from workflows.incident_room.state import Asker
from workflows.link_notes import CHAT_NOTE
from workflows.rights import READ_ONLY
from workflows.verbs.outcomes import Outcome
from workflows.wanted import ASKER, ASSIGNEE, WantedPerson

_OWN: Mapping[str, Callable[[str], str]] = {"chat": own_topic, "meeting": own_subject}
_ADMIT_SECONDS = 4.5
_NOTE_SECONDS = 7.0
"""Less than the rows' start-to-close limits."""


class RoomNoteActivities:
    """Asks PagerDuty as the people who ask for chats."""

    def __init__(
        self,
        pagerduty: PagerDutyClient,
        accounts: Mapping[str, PagerDutyAccount],
        app_tokens: AppTokens,
        person_tokens: PersonTokens,
        pool: Pool,
    ) -> None:
        self._client = pagerduty
        self._app_tokens = app_tokens
        self._accounts = accounts
        self._tokens = person_tokens
        self._askers = Askers(person_tokens, app_tokens, pool)
        self._pool = pool

    @implements(ADMIT)
    async def admit(self, request: Admit) -> Admitted:
        """Whether PagerDuty shows whoever asks the incident, and lets them write notes.

        Nothing is made before. Then the room has a row, and whom the incident names is wanted.
        """
        link, room = request.click.person.link, request.room
        if link is None:
            return _refused("link_removed")
        account = account_of(self._accounts, room.account)
        if await links.role_of(self._pool, link) in READ_ONLY:
            return _refused("may_not_write", by=request.click.person.name)
        asker: list[LinkedUser] = []

        async def read(user: LinkedUser) -> Mapping[str, Any]:
            asker[:] = [user]
            return await self._client.get_incident(
                account, room.incident_id, token=user.access_token, within=INTERACTIVE
            )

        async with self._opened(room, tenant=request.tenant):
            try:
                incident = await asked_as(self._tokens, read, link=link, account=account.key)
            except NoIdentity as nobody:
                return await self._closed(room, nobody.reason)
            except NotFound:
                return await self._closed(room, "not_found")
            except Forbidden:
                return await self._closed(room, "forbidden", by=request.click.person.name)
            (user,) = asker
            asks = Asker(pagerduty_user=user.pagerduty_user, name=user.name)
            return await self._admitted(room, incident, asks, pressed=True)

    @implements(OPEN_ROOM)
    async def open_room(self, request: OpenRoom) -> Admitted:
        """Whether PagerDuty has the incident, asked as Muster's app; and whose room it is to be.

        That is whoever is named, else nobody's in particular where the incident has assignees, of whom the
        first one that is found will own it, else that of whoever the program asks for.
        """
        room, account = request.room, account_of(self._accounts, request.room.account)
        if request.name is not None and not _OWN[request.what](request.name):
            return _refused("empty_name")

        async def read(token: str) -> Mapping[str, Any]:
            return await self._client.get_incident(account, room.incident_id, token=token, within=INTERACTIVE)

        async with self._opened(room, tenant=request.tenant):
            try:
                incident = await self._app_tokens.asked(account.key, INCIDENTS, read)
            except NotFound:
                return await self._closed(room, "not_found")
            has_assignee = any(one.rank == ASSIGNEE for one in people_of(incident))
            owner = request.owner or (None if has_assignee else request.by)
            asker = None
            if owner is not None:
                try:
                    asker = await self._asker(account, owner)
                except NotFound:
                    return await self._closed(room, "owner_unknown")
            await rooms.note_program(self._pool, room, rooms.Program(request.by, request.by_email))
            return await self._admitted(room, incident, asker, pressed=False)

    @implements(NOTE_CHAT)
    async def note_chat(self, request: NoteChat) -> Done:
        """Write ``Microsoft Teams chat: <url>`` as whoever asked, unless a note has the address.

        For a program as the app, where nobody who pressed is linked.
        """
        room = request.room
        account = account_of(self._accounts, room.account)

        async def write(writer: Writer) -> None:
            text = f"{CHAT_NOTE}{request.url}"
            await write_link_note(self._client, account, room, text, request.url, writer=writer)

        async with bounded(_NOTE_SECONDS):
            await self._askers.asked(write, room=room, tenant=request.tenant)
            await rooms.note_noted(self._pool, room, chat=request.chat)
        return Done()

    @asynccontextmanager
    async def _opened(self, room: RoomKey, *, tenant: str) -> AsyncIterator[None]:
        """Ask PagerDuty in here. The room is opened before: what happens from here on, events tell the run.

        Where nobody tells whether the incident is there, there is no room, unless somebody else has asked.
        """
        try:
            async with bounded(_ADMIT_SECONDS):
                await rooms.open_room(self._pool, room, tenant=tenant)
                yield
        except OutsideError:
            await rooms.withdraw(self._pool, room)
            raise

    async def _admitted(
        self, room: RoomKey, incident: Mapping[str, Any], asker: Asker | None, *, pressed: bool
    ) -> Admitted:
        """Whom the incident names is wanted, and whose it is to be, by themselves or by a program."""
        await room_members.want(self._pool, room, people_of(incident))
        await room_members.want_roles(self._pool, room)
        if asker is not None:
            own = WantedPerson(user=asker.pagerduty_user, rank=ASKER, name=asker.name)
            await room_members.want(self._pool, room, [own], asked=True, pressed=pressed)
        tenant_name = await rooms.tenant_name(self._pool, room)
        return Admitted(asker=asker, tenant_name=tenant_name, details=details_of(incident))

    async def _closed(self, room: RoomKey, reason: Any, *, by: str | None = None) -> Admitted:
        """They may not, and where nobody else asked there is no room."""
        await rooms.withdraw(self._pool, room)
        return _refused(reason, by=by)

    async def _asker(self, account: PagerDutyAccount, user: str) -> Asker:
        async def read(token: str) -> Mapping[str, Any]:
            return await self._client.get_user(account, user, token=token, within=INTERACTIVE)

        found = await self._app_tokens.asked(account.key, USERS, read)
        return Asker(pagerduty_user=user, name=one_line(found.get("name"), NAME))


def _refused(reason: Any, *, by: str | None = None) -> Admitted:
    kind = "failed" if reason in ("not_found", "owner_unknown", "app_refused") else "refused"
    return Admitted(refused=Outcome(kind=kind, reason=reason, by=by))
