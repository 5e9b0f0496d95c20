"""Who organises an incident's meeting: the first candidate who can, committed before Microsoft is asked."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import structlog

from activities.registration import implements
from muster.cards.rooms.entry import entry_html
from muster.cards.rooms.topic import subject_of
from muster.clients.graph.accounts import AccountsClient
from muster.clients.graph.calendar import MOST_PEOPLE
from muster.clients.graph.chats import ChatsClient
from muster.config_file import PagerDutyAccount
from muster.store import meetings, room_members
from muster.store.meetings import MeetingRow
from muster.store.pool import Pool, transaction
from workflows.contract import Done
from workflows.errors import ConsentMissing, Forbidden, NotFound, RequestInvalid
from workflows.incident_meeting.activities import (
    CHOOSE_ORGANISER,
    FIND_ORGANISER,
    ChooseOrganiser,
    Chosen,
    FindOrganiser,
)
from workflows.meeting import Hindrance, WhyNot

_CONFIGURED = "configured"
"""Key of whoever the account's configuration names."""

log = structlog.stdlib.get_logger(__name__)


class _Candidate(NamedTuple):
    key: str
    name: str
    aad_object_id: str | None
    why_not: WhyNot | None
    permission: str = ""


class OrganiserActivities:
    """Chooses who organises meetings. Where nobody may read accounts, nobody knows of disabled ones."""

    def __init__(
        self,
        chats: ChatsClient,
        directory: AccountsClient,
        accounts: Mapping[str, PagerDutyAccount],
        pool: Pool,
    ) -> None:
        self._chats = chats
        self._directory = directory
        self._accounts = accounts
        self._pool = pool

    @implements(CHOOSE_ORGANISER)
    async def choose_organiser(self, request: ChooseOrganiser) -> Chosen:
        """The first who can, and all who cannot before them; what was begun is gone on with."""
        begun = await meetings.read(self._pool, request.room)
        if begun is not None and begun.stage == "making":
            return _chosen(begun)
        if await self._lacks_owner(request):
            return Chosen(refusal="owner_absent")
        passed_over: list[Hindrance] = []
        tried: list[str] = []
        async for candidate in self._candidates(request):
            why_not = candidate.why_not or await self._account_says(request.tenant, candidate)
            if why_not is None and candidate.aad_object_id is not None:
                begun = await self._begin(request, candidate, candidate.aad_object_id)
                if candidate.key in request.without_calendar:
                    passed_over.append(Hindrance(who=begun.organiser_name, why="no_meeting"))
                return _chosen(begun, passed_over, tried)
            passed_over.append(
                Hindrance(who=candidate.name, why=why_not or "elsewhere", permission=candidate.permission)
            )
            tried.append(candidate.key)
        return Chosen(passed_over=tuple(passed_over), tried=tuple(tried))

    @implements(FIND_ORGANISER)
    async def find_organiser(self, request: FindOrganiser) -> Done:
        """``NotFound``: the directory has them no more, and the row says that nobody organises the meeting.

        Where accounts may not be read nobody knows of it.
        """
        row = await meetings.read(self._pool, request.room)
        if row is None or row.attempt != request.attempt:
            raise RequestInvalid("no such meeting was made")
        try:
            await self._directory.read(request.tenant, row.organiser)
        except (ConsentMissing, Forbidden) as refusal:
            log.info("nobody knows whether an organiser is there", reason=type(refusal).__name__)
        except NotFound:
            await meetings.note_gone(self._pool, request.room, attempt=row.attempt)
            raise
        return Done()

    async def _candidates(self, request: ChooseOrganiser) -> AsyncIterator[_Candidate]:
        """Those who are wanted, as the search for people knows them; then the configured."""
        users = [user for user in request.candidates if user not in request.tried]
        known = await meetings.candidates(self._pool, request.room, users, tenant=request.tenant)
        for user in users:
            one = known[user]
            yield _Candidate(user, one.name or user, one.aad_object_id, _why_not(one), one.lacks or "")
        account = self._accounts.get(request.room.account)
        if account is not None and account.organiser and _CONFIGURED not in request.tried:
            yield await self._configured(request.tenant, account.organiser)

    async def _lacks_owner(self, request: ChooseOrganiser) -> bool:
        """Whether who is to organise it, and nobody else, has no account here."""
        owner = request.plan.owner
        return bool(owner) and await room_members.key_of(self._pool, request.room, owner) is None

    async def _configured(self, tenant: str, address: str) -> _Candidate:
        try:
            found = await self._chats.find_person(tenant, address)
        except ConsentMissing as refusal:
            return _Candidate(_CONFIGURED, address, None, "not_granted", refusal.code or "")
        except (Forbidden, NotFound, RequestInvalid):
            found = None
        if found is None:
            return _Candidate(_CONFIGURED, address, None, "unknown")
        return _Candidate(
            _CONFIGURED, address, found.aad_object_id, "guest" if found.role == "guest" else None
        )

    async def _account_says(self, tenant: str, candidate: _Candidate) -> WhyNot | None:
        """Why their account is out of the question, where that may be read."""
        if candidate.aad_object_id is None:
            return "elsewhere"
        try:
            account = await self._directory.read(tenant, candidate.aad_object_id)
        except (ConsentMissing, Forbidden):
            return None
        except NotFound:
            return "unknown"
        if not account.is_enabled:
            return "disabled"
        return "guest" if account.is_guest else None

    async def _begin(self, request: ChooseOrganiser, candidate: _Candidate, organiser: str) -> MeetingRow:
        """Commit everything that is sent; of two who choose, the second gets what the first has begun."""
        room = request.room
        async with transaction(self._pool) as connection:
            if not await meetings.lock(connection, room):
                raise RequestInvalid("the room has no row")
            held = await meetings.read(connection, room)
            if held is not None and held.stage in ("making", "made"):
                return held
            number, title = request.number, request.title
            subject = subject_of(number, title, room.incident_id, name=request.plan.name)
            invited = await meetings.invited(connection, room, organiser=organiser)
            row = meetings.NOTHING._replace(
                stage="making",
                attempt=1 if held is None else held.attempt + 1,
                way="meeting" if candidate.key in request.without_calendar else "calendar",
                candidate=candidate.key,
                organiser=organiser,
                organiser_name=candidate.name,
                subject=subject,
                starts_at=datetime.now(UTC).replace(microsecond=0),
                html=entry_html(subject, incident_url=request.incident_url, chat_url=request.chat_url),
                attendees=invited[:MOST_PEOPLE],
                left_out=len(invited[MOST_PEOPLE:]),
            )
            await meetings.begin(connection, room, row)
        return row


def _why_not(candidate: meetings.Candidate) -> WhyNot | None:
    """What speaks against them before their account is read."""
    if candidate.aad_object_id is not None:
        return "guest" if candidate.role == "guest" else None
    if not candidate.looked_for:
        return "not_looked_for"
    return "not_granted" if candidate.lacks else "elsewhere"


def _chosen(
    row: MeetingRow, passed_over: list[Hindrance] | None = None, tried: list[str] | None = None
) -> Chosen:
    return Chosen(
        key=row.candidate,
        name=row.organiser_name,
        attempt=row.attempt,
        way=row.way,
        passed_over=tuple(passed_over or ()),
        tried=tuple(tried or ()),
    )
