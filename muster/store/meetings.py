"""Meetings of incidents: a row each, which holds what is sent to Microsoft before it is sent."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from muster.attendees import Attendee
from muster.store.pool import Connection, Pool
from muster.store.queries import load_queries
from workflows.incident_room.messages import RoomKey
from workflows.meeting import Hindrance, StoredMeeting, Way

QUERIES = load_queries(__file__)
MOST_NAMED = 20


class Candidate(NamedTuple):
    """Somebody who may organise a meeting, as far as the search for people or their link knows them."""

    pagerduty_user: str
    name: str
    aad_object_id: str | None
    role: Literal["owner", "guest"] | None
    lacks: str | None
    """The permission without which they could not be found."""
    looked_for: bool = True


class MeetingRow(NamedTuple):
    """What the row holds."""

    stage: Literal["none", "making", "made", "gone"]
    attempt: int
    way: Way
    candidate: str
    organiser: str
    organiser_name: str
    subject: str
    starts_at: datetime
    html: str
    """What an entry says."""
    attendees: tuple[Attendee, ...]
    left_out: int
    """For whom an entry has no place."""
    hindered: Mapping[str, Hindrance]
    asked: Way | Literal[""]
    """The way in which Microsoft was asked, by an app that had the permission for it."""
    event_id: str
    url: str
    number: str
    replaces: str
    bridge: Literal["unread", "ours", "theirs"]
    noted: bool
    marked: bool


NOTHING = MeetingRow(
    stage="none",
    attempt=0,
    way="calendar",
    candidate="",
    organiser="",
    organiser_name="",
    subject="",
    starts_at=datetime.min.replace(tzinfo=UTC),
    html="",
    attendees=(),
    left_out=0,
    hindered={},
    asked="",
    event_id="",
    url="",
    number="",
    replaces="",
    bridge="unread",
    noted=False,
    marked=False,
)
"""Nothing was ever asked for."""


async def read(connection: Connection | Pool, room: RoomKey) -> MeetingRow | None:
    """What was made, or is being made; ``None``: nothing ever."""
    row = await QUERIES["read"].fetchrow(connection, **dict(room))
    if row is None:
        return None
    held = dict(row)
    attendees = tuple(Attendee(*one) for one in json.loads(held["attendees"]))
    hindered = {way: Hindrance.model_validate(one) for way, one in json.loads(held["hindered"]).items()}
    return MeetingRow(**held | {"attendees": attendees, "hindered": hindered})


async def stored(connection: Connection | Pool, room: RoomKey) -> StoredMeeting:
    """The same as the room's run restores it."""
    row = await read(connection, room)
    if row is None:
        return StoredMeeting()
    return StoredMeeting(
        stage=row.stage,
        organiser=row.organiser_name,
        key=row.candidate,
        attempt=row.attempt,
        way=row.way,
        url=row.url,
        number=row.number,
        bridge=row.bridge,
        noted=row.noted,
        has_entry=row.event_id != "",
        invited=names_of(row.attendees),
        invited_count=len(row.attendees),
        left_out=row.left_out,
        marked=row.marked,
        replaces=row.replaces,
    )


def names_of(attendees: Sequence[Attendee]) -> tuple[str, ...]:
    """The first of them, as people are told."""
    return tuple(one.name or one.address for one in attendees[:MOST_NAMED])


async def lock(connection: Connection, room: RoomKey) -> bool:
    """Hold the room until the transaction ends; ``False`` where there is none."""
    return await QUERIES["lock"].fetchval(connection, **dict(room)) is not None


async def begin(connection: Connection | Pool, room: RoomKey, row: MeetingRow) -> None:
    """Commit what is to be made, under the number of its attempt."""
    await QUERIES["begin"].execute(
        connection,
        **dict(room),
        attempt=row.attempt,
        way=row.way,
        candidate=row.candidate,
        organiser=row.organiser,
        organiser_name=row.organiser_name,
        subject=row.subject,
        starts_at=row.starts_at,
        html=row.html,
        attendees=json.dumps(row.attendees),
        left_out=row.left_out,
    )


async def note_asked(connection: Connection | Pool, room: RoomKey, *, attempt: int, way: Way) -> None:
    """Commit that Microsoft is about to be asked for it in this way, which is allowed."""
    await QUERIES["note_asked"].execute(connection, **dict(room), attempt=attempt, way=way)


async def note_hindered(
    connection: Connection | Pool, room: RoomKey, *, attempt: int, way: Way, hindrance: Hindrance
) -> None:
    """It certainly was not made in this way."""
    await QUERIES["hindered"].execute(
        connection, **dict(room), attempt=attempt, way=way, hindrance=hindrance.model_dump_json()
    )


async def note_made(
    connection: Connection | Pool, room: RoomKey, *, attempt: int, url: str, number: str, event_id: str
) -> None:
    """It is there."""
    await QUERIES["made"].execute(
        connection, **dict(room), attempt=attempt, url=url, number=number, event_id=event_id
    )


async def note_gone(connection: Connection | Pool, room: RoomKey, *, attempt: int) -> None:
    """The account of whoever organised it was deleted."""
    await QUERIES["gone"].execute(connection, **dict(room), attempt=attempt)


async def note_entry(
    connection: Connection | Pool,
    room: RoomKey,
    *,
    attempt: int,
    attendees: Sequence[Attendee],
    left_out: int,
    marked: bool,
    event_id: str,
) -> None:
    """What the entry says now; without an id it was deleted."""
    await QUERIES["note_entry"].execute(
        connection,
        **dict(room),
        attempt=attempt,
        attendees=json.dumps(attendees),
        left_out=left_out,
        marked=marked,
        event_id=event_id,
    )


async def note_bridge(
    connection: Connection | Pool, room: RoomKey, *, attempt: int, bridge: Literal["ours", "theirs"]
) -> None:
    """Whose address the incident's bridge has."""
    await QUERIES["note_bridge"].execute(connection, **dict(room), attempt=attempt, bridge=bridge)


async def note_noted(connection: Connection | Pool, room: RoomKey, *, attempt: int) -> None:
    """The incident has a note with the address."""
    await QUERIES["note_noted"].execute(connection, **dict(room), attempt=attempt)


async def candidates(
    connection: Connection | Pool, room: RoomKey, users: Sequence[str], *, tenant: str
) -> dict[str, Candidate]:
    """What is known of each of these PagerDuty users, by their ids."""
    rows = await QUERIES["candidates"].fetch(connection, **dict(room), users=list(users), tenant=tenant)
    return {row["pagerduty_user"]: Candidate(**dict(row)) for row in rows}


async def invited(connection: Connection | Pool, room: RoomKey, *, organiser: str) -> tuple[Attendee, ...]:
    """Whom an entry of this organiser may name, those who matter most first."""
    rows = await QUERIES["invited"].fetch(connection, **dict(room), organiser=organiser)
    return tuple(Attendee(row["address"], row["name"]) for row in rows)
