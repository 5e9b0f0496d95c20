"""The meeting of an incident: made once in one way, and its entry in the organiser's calendar kept."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import NamedTuple, Never, TypeVar

import structlog

from activities.heartbeats import heartbeats
from activities.registration import implements
from activities.teams.sends import Sends
from muster.clients.graph.calendar import MOST_PEOPLE, CalendarClient, CalendarEntry, WantedEntry
from muster.clients.graph.errors import ENTRY_GONE, KEY_USED, NO_MAILBOX, NO_POLICY
from muster.clients.graph.joining import Joining
from muster.clients.graph.meetings import MeetingsClient, WantedMeeting
from muster.store import meetings
from muster.store.meetings import MeetingRow
from muster.store.pool import Pool
from workflows.errors import Conflict, ConsentMissing, Forbidden, NotFound, RequestInvalid
from workflows.incident_meeting.activities import (
    CREATE_MEETING,
    UPDATE_ENTRY,
    CreateMeeting,
    EntryUpdated,
    MeetingMade,
    UpdateEntry,
)
from workflows.incident_room.activities import OVER
from workflows.incident_room.messages import RoomKey
from workflows.meeting import Hindrance, Way, WhyNot

LASTS = timedelta(hours=1)
"""What the entry says. The address outlives it, the number to dial by 60 days (docs/platform-facts.md)."""
WAITS = (2.0, 8.0)
"""Seconds before a meeting that was promised is read once more: it may have an address by then."""
_KEYS = uuid.UUID("6e5d1d1f-0f0c-4a6b-9a55-2b8f4f0f2c11")
"""Namespace of the keys."""

AnswerT = TypeVar("AnswerT")

log = structlog.stdlib.get_logger(__name__)


class _Hindered(Exception):
    """It certainly was not made in this way."""

    def __init__(self, why: WhyNot, permission: str = "") -> None:
        super().__init__(why)
        self.why: WhyNot = why
        self.permission = permission


class _Made(NamedTuple):
    joining: Joining
    event_id: str = ""


class MeetingActivities:
    """Makes meetings of what a row has committed. Its keys make it safe to ask again."""

    waits: Sequence[float] = WAITS

    def __init__(
        self, calendars: CalendarClient, online_meetings: MeetingsClient, pool: Pool, sends: Sends
    ) -> None:
        self._calendars = calendars
        self._meetings = online_meetings
        self._pool = pool
        self._sends = sends

    @implements(CREATE_MEETING)
    async def create_meeting(self, request: CreateMeeting) -> MeetingMade:
        """Make it, or find it made; or say why it certainly is not made in this way."""
        async with heartbeats():
            return await self._sends.run(("meeting", request.room), lambda: self._create(request))

    @implements(UPDATE_ENTRY)
    async def update_entry(self, request: UpdateEntry) -> EntryUpdated:
        """Name everybody who is wanted, and mark what is over; ``NotFound``: nobody organises it."""
        async with heartbeats():
            return await self._sends.run(("meeting", request.room), lambda: self._update(request))

    async def _create(self, request: CreateMeeting) -> MeetingMade:
        row = await meetings.read(self._pool, request.room)
        if row is None or row.attempt != request.attempt:
            raise RequestInvalid("no such meeting was begun")
        if row.stage == "made":
            return _told(row)
        if (hindrance := row.hindered.get(request.way)) is not None:
            return MeetingMade(hindrance=hindrance)
        make = self._in_calendar if request.way == "calendar" else self._alone
        try:
            made = await make(request, row)
        except _Hindered as refusal:
            return await self._note_hindered(request, row, refusal)
        number = _number(made.joining)
        await self._note_made(request, made, number)
        return _told(row._replace(url=made.joining.url, number=number, event_id=made.event_id))

    async def _asked(
        self, request: CreateMeeting, row: MeetingRow, ask: Callable[[], Awaitable[AnswerT]]
    ) -> AnswerT:
        """Ask for it, and commit before that it is asked for with the permission.

        Without that it is certainly not made. Raises ``ConsentMissing`` where an earlier call had it: what
        that asked for may be there.
        """
        client = self._calendars if request.way == "calendar" else self._meetings
        try:
            if row.asked != request.way:
                await client.require(request.tenant)
                await meetings.note_asked(self._pool, request.room, attempt=request.attempt, way=request.way)
            return await ask()
        except ConsentMissing as refusal:
            if row.asked == request.way:
                raise
            raise _Hindered("not_granted", refusal.code or "") from refusal

    async def _in_calendar(self, request: CreateMeeting, row: MeetingRow) -> _Made:
        """An entry with a meeting. One that has none after all is deleted again."""
        tenant = request.tenant
        try:
            entry = await self._entry(request, row)
        except (Forbidden, NotFound, RequestInvalid) as refusal:
            entry = await self._made_before(request, row, refusal) or _give_up(refusal)
        for seconds in self.waits:
            if entry.joining is not None:
                break
            await asyncio.sleep(seconds)
            try:
                entry = await self._calendars.read(tenant, row.organiser, entry.id)
            except NotFound:
                raise _Hindered("no_meeting") from None
        if entry.joining is None:
            await self._calendars.delete(tenant, row.organiser, entry.id)
            raise _Hindered("no_meeting")
        return _Made(entry.joining, entry.id)

    async def _entry(self, request: CreateMeeting, row: MeetingRow) -> CalendarEntry:
        tenant, wanted = request.tenant, _wanted_entry(request.room, row)
        create = partial(self._calendars.create, tenant, row.organiser, wanted)
        try:
            return await self._asked(request, row, create)
        except Conflict as conflict:
            if conflict.code != KEY_USED:
                raise
            found = await self._calendars.find(tenant, row.organiser, wanted.key)
            if found is None:
                # It was there: somebody deleted it, perhaps a worker that ended before it could say so.
                raise _Hindered("no_meeting") from conflict
            return found

    async def _made_before(
        self, request: CreateMeeting, row: MeetingRow, refusal: Forbidden | NotFound | RequestInvalid
    ) -> CalendarEntry | None:
        """What an earlier call has made, whose answer was lost: what is refused by now may be there.

        Raises the refusal of the look: nobody knows then, and people may have been invited.
        """
        if row.asked != request.way or isinstance(refusal, NotFound):
            return None
        return await self._calendars.find(
            request.tenant, row.organiser, key_of(request.room, row, request.way)
        )

    async def _alone(self, request: CreateMeeting, row: MeetingRow) -> _Made:
        """A meeting without an entry: nobody is invited, the incident's card has the way in.

        So one that was made and is refused since, before anybody heard of it, is nobody's, and does no harm.
        """
        wanted = WantedMeeting(
            key=key_of(request.room, row, "meeting"),
            subject=row.subject,
            starts_at=row.starts_at,
            ends_at=row.starts_at + LASTS,
            people=(),
        )
        create = partial(self._meetings.create_or_get, request.tenant, row.organiser, wanted)
        try:
            return _Made((await self._asked(request, row, create)).joining)
        except NotFound:
            raise _Hindered("no_licence") from None
        except (Forbidden, RequestInvalid) as refusal:
            _give_up(refusal)

    async def _note_made(self, request: CreateMeeting, made: _Made, number: str) -> None:
        note = partial(
            meetings.note_made,
            self._pool,
            request.room,
            attempt=request.attempt,
            url=made.joining.url,
            number=number,
            event_id=made.event_id,
        )
        await self._sends.record(("recording", request.room), note, room=request.room.incident_id)

    async def _note_hindered(
        self, request: CreateMeeting, row: MeetingRow, refusal: _Hindered
    ) -> MeetingMade:
        hindrance = Hindrance(who=row.organiser_name, why=refusal.why, permission=refusal.permission)
        log.warning("a meeting is not made in one way", way=request.way, reason=refusal.why)
        await meetings.note_hindered(
            self._pool, request.room, attempt=request.attempt, way=request.way, hindrance=hindrance
        )
        return MeetingMade(hindrance=hindrance)

    async def _update(self, request: UpdateEntry) -> EntryUpdated:
        row = await meetings.read(self._pool, request.room)
        if row is None or row.attempt != request.attempt or not row.event_id:
            return EntryUpdated(exists=False)
        people = await meetings.invited(self._pool, request.room, organiser=row.organiser)
        named = {one.address.lower() for one in row.attendees}
        all_of_them = [*row.attendees, *(one for one in people if one.address.lower() not in named)]
        attendees = tuple(all_of_them[:MOST_PEOPLE])
        event_id = row.event_id
        lacks_people, is_marked_wrongly = attendees != row.attendees, request.is_over != row.marked
        subject = f"{OVER}{row.subject}" if request.is_over else row.subject
        try:
            if lacks_people or is_marked_wrongly:
                await self._calendars.change(
                    request.tenant,
                    row.organiser,
                    event_id,
                    people=attendees if lacks_people else None,
                    subject=subject if is_marked_wrongly else None,
                )
        except NotFound as missing:
            if missing.code not in (ENTRY_GONE, NO_MAILBOX):
                await meetings.note_gone(self._pool, request.room, attempt=row.attempt)
                raise
            # Somebody has deleted the entry, or the organiser has no calendar any more: the meeting goes on
            # without it.
            event_id = ""
        left_out = len(all_of_them) - len(attendees)
        await meetings.note_entry(
            self._pool,
            request.room,
            attempt=row.attempt,
            attendees=attendees,
            left_out=left_out,
            marked=request.is_over,
            event_id=event_id,
        )
        return EntryUpdated(
            exists=event_id != "",
            invited=meetings.names_of(attendees),
            invited_count=len(attendees),
            left_out=left_out,
        )


def key_of(room: RoomKey, row: MeetingRow, way: Way) -> str:
    """The same for the same attempt in the same name; another organiser's would make another meeting."""
    parts = (room.account, room.incident_id, row.organiser, str(row.attempt), way)
    return str(uuid.uuid5(_KEYS, "/".join(parts)))


def _wanted_entry(room: RoomKey, row: MeetingRow) -> WantedEntry:
    return WantedEntry(
        key=key_of(room, row, "calendar"),
        subject=row.subject,
        body=row.html,
        starts_at=row.starts_at,
        ends_at=row.starts_at + LASTS,
        people=row.attendees,
    )


def _told(row: MeetingRow) -> MeetingMade:
    """Whom an entry names; to a meeting alone nobody is invited."""
    named = row.attendees if row.event_id else ()
    return MeetingMade(
        url=row.url,
        number=row.number,
        has_entry=row.event_id != "",
        invited=meetings.names_of(named),
        invited_count=len(named),
        left_out=row.left_out if row.event_id else 0,
    )


def _number(joining: Joining) -> str:
    """As a telephone dials it: ``+1 206 555 0100,,123456789#``."""
    dial_in = joining.dial_in
    return f"{dial_in.number},,{dial_in.conference_id}#" if dial_in else ""


def _give_up(refusal: Forbidden | NotFound | RequestInvalid) -> Never:
    """Tell why Microsoft refused it; raises the refusal where it was not even asked."""
    match refusal:
        case Forbidden(code=code) if code == NO_POLICY:
            raise _Hindered("no_policy") from refusal
        case NotFound(code=code):
            raise _Hindered("no_mailbox" if code == NO_MAILBOX else "unknown") from refusal
        case RequestInvalid() if refusal.refusal is None:
            raise refusal
    raise _Hindered("refused") from refusal
