"""The row of a meeting: what is committed before it is sent, what came of it, and whom an entry names."""

import asyncio
from datetime import UTC, datetime

import pytest

from muster.attendees import Attendee
from muster.store import meetings, room_members, rooms
from muster.store.meetings import NOTHING, Candidate
from muster.store.pool import Pool, transaction
from muster.store.room_members import Known
from tests.support.company import ACCOUNT, TENANT
from workflows.incident_room.messages import RoomKey
from workflows.meeting import Hindrance, StoredMeeting
from workflows.wanted import ASKER, ASSIGNEE, WantedPerson

pytestmark = pytest.mark.anyio

ROOM = RoomKey(account=ACCOUNT, incident_id="Q1")
URL = "https://teams.microsoft.com/l/meetup-join/1"
AT = datetime(2026, 1, 1, 10, tzinfo=UTC)
BO, CY = Attendee("bo@acme.example", "Bo Call"), Attendee("cy@acme.example", "")
FIRST = NOTHING._replace(
    stage="making",
    attempt=1,
    candidate="PUSER01",
    organiser="ada",
    organiser_name="Ada Ops",
    subject="Incident #42",
    starts_at=AT,
    html="<p>Incident #42</p>",
    attendees=(BO, CY),
    left_out=3,
)
NO_MAILBOX = Hindrance(who="Ada Ops", why="no_mailbox")


@pytest.fixture(autouse=True)
async def opened(pool: Pool) -> None:
    await rooms.open_room(pool, ROOM, tenant=TENANT)


async def is_made(pool: Pool, *, attempt: int = 1, event_id: str = "E1") -> None:
    await meetings.note_made(pool, ROOM, attempt=attempt, url=URL, number="+1 2,,3#", event_id=event_id)


async def test_what_is_begun_is_read_as_it_was_committed(pool: Pool) -> None:
    assert await meetings.read(pool, ROOM) is None
    assert (await rooms.restore(pool, ROOM)).meeting == StoredMeeting()
    await meetings.begin(pool, ROOM, FIRST)
    assert await meetings.read(pool, ROOM) == FIRST
    assert (await rooms.restore(pool, ROOM)).meeting == StoredMeeting(
        stage="making",
        organiser="Ada Ops",
        key="PUSER01",
        attempt=1,
        invited=("Bo Call", "cy@acme.example"),
        invited_count=2,
        left_out=3,
    )


async def test_everything_that_is_noted_is_restored(pool: Pool) -> None:
    await meetings.begin(pool, ROOM, FIRST)
    await is_made(pool)
    await meetings.note_bridge(pool, ROOM, attempt=1, bridge="theirs")
    await meetings.note_noted(pool, ROOM, attempt=1)
    await meetings.note_entry(pool, ROOM, attempt=1, attendees=(BO,), left_out=4, marked=True, event_id="E1")
    assert (await rooms.restore(pool, ROOM)).meeting == StoredMeeting(
        stage="made",
        organiser="Ada Ops",
        key="PUSER01",
        attempt=1,
        url=URL,
        number="+1 2,,3#",
        bridge="theirs",
        noted=True,
        has_entry=True,
        invited=("Bo Call",),
        invited_count=1,
        left_out=4,
        marked=True,
    )


async def test_a_way_that_was_refused_is_followed_by_the_other_and_then_by_nothing(pool: Pool) -> None:
    await meetings.begin(pool, ROOM, FIRST)
    await meetings.note_hindered(pool, ROOM, attempt=1, way="calendar", hindrance=NO_MAILBOX)
    row = await meetings.read(pool, ROOM)
    assert row is not None
    assert (row.stage, row.way, row.hindered) == ("making", "meeting", {"calendar": NO_MAILBOX})
    await meetings.note_hindered(pool, ROOM, attempt=1, way="meeting", hindrance=NO_MAILBOX)
    row = await meetings.read(pool, ROOM)
    assert row is not None
    assert (row.stage, set(row.hindered)) == ("none", {"calendar", "meeting"})


async def test_for_whom_nobody_knows_there_is_no_other_way(pool: Pool) -> None:
    await meetings.begin(pool, ROOM, FIRST)
    unknown = Hindrance(who="Ada Ops", why="unknown")
    await meetings.note_hindered(pool, ROOM, attempt=1, way="calendar", hindrance=unknown)
    row = await meetings.read(pool, ROOM)
    assert row is not None
    assert row.stage == "none"


async def test_an_answer_counts_for_its_own_attempt_alone(pool: Pool) -> None:
    await meetings.begin(pool, ROOM, FIRST)
    await meetings.note_hindered(pool, ROOM, attempt=2, way="calendar", hindrance=NO_MAILBOX)
    await is_made(pool, attempt=2)
    assert await meetings.read(pool, ROOM) == FIRST
    await is_made(pool)
    await meetings.note_gone(pool, ROOM, attempt=2)
    await meetings.note_bridge(pool, ROOM, attempt=2, bridge="ours")
    await meetings.note_noted(pool, ROOM, attempt=2)
    await meetings.note_entry(pool, ROOM, attempt=2, attendees=(), left_out=0, marked=True, event_id="")
    row = await meetings.read(pool, ROOM)
    assert row == FIRST._replace(stage="made", url=URL, number="+1 2,,3#", event_id="E1")


async def test_another_attempt_knows_what_it_replaces_and_nothing_else_of_the_first(pool: Pool) -> None:
    await meetings.begin(pool, ROOM, FIRST)
    await is_made(pool)
    await meetings.note_bridge(pool, ROOM, attempt=1, bridge="ours")
    await meetings.note_noted(pool, ROOM, attempt=1)
    await meetings.note_gone(pool, ROOM, attempt=1)
    second = FIRST._replace(attempt=2, candidate="PUSER02", organiser="bo", organiser_name="Bo Call")
    await meetings.begin(pool, ROOM, second)
    assert await meetings.read(pool, ROOM) == second._replace(replaces=URL)
    third = second._replace(attempt=3)
    await meetings.begin(pool, ROOM, third)
    assert await meetings.read(pool, ROOM) == third._replace(replaces=URL), "the second was never made"


async def test_of_two_who_choose_the_second_waits(pool: Pool) -> None:
    async with transaction(pool) as first:
        assert await meetings.lock(first, ROOM)
        second = asyncio.create_task(_lock_later(pool))
        await meetings.begin(first, ROOM, FIRST)
        assert not second.done()
    assert await second == FIRST
    nobody = RoomKey(account=ACCOUNT, incident_id="Q404")
    async with transaction(pool) as connection:
        assert not await meetings.lock(connection, nobody)


async def _lock_later(pool: Pool) -> object:
    async with transaction(pool) as connection:
        await meetings.lock(connection, ROOM)
        return await meetings.read(connection, ROOM)


async def test_a_room_with_a_meeting_stays_in_its_tenant(pool: Pool) -> None:
    await rooms.open_room(pool, ROOM, tenant="another")
    assert (await rooms.restore(pool, ROOM)).tenant == "another"
    await meetings.begin(pool, ROOM, FIRST)
    await rooms.open_room(pool, ROOM, tenant=TENANT)
    assert (await rooms.restore(pool, ROOM)).tenant == "another"


async def test_candidates_are_known_as_the_search_for_people_knows_them(pool: Pool) -> None:
    await _want(pool, ("PUSER01", ASKER, "Ada Ops"), ("PUSER02", ASSIGNEE, "Bo Call"))
    await _know(pool, "PUSER01", Known("ada", "guest"))
    assert await meetings.candidates(pool, ROOM, ["PUSER02", "PUSER01"], tenant=TENANT) == {
        "PUSER01": Candidate("PUSER01", "Ada Ops", "ada", "guest", None),
        "PUSER02": Candidate("PUSER02", "Bo Call", None, None, None),
    }


async def test_a_candidate_who_was_not_looked_for_is_known_by_their_link_in_the_tenant(pool: Pool) -> None:
    for tenant, user, aad in ((TENANT, "PUSER03", "cy"), ("another", "PUSER04", "di")):
        await pool.execute(
            "INSERT INTO user_link (tenant, aad_object_id, account, pagerduty_user, pagerduty_name,"
            " pagerduty_email, access_token) VALUES ($1, $2, $3, $4, 'Cy', 'cy@acme.example', '')",
            tenant,
            aad,
            ROOM.account,
            user,
        )
    assert await meetings.candidates(pool, ROOM, ["PUSER03", "PUSER04"], tenant=TENANT) == {
        "PUSER03": Candidate("PUSER03", "Cy", "cy", None, None, looked_for=False),
        "PUSER04": Candidate("PUSER04", "", None, None, None, looked_for=False),
    }


async def test_of_a_candidate_who_was_not_found_the_missing_permission_is_known(pool: Pool) -> None:
    await _want(pool, ("PUSER01", ASKER, "Ada Ops"), ("PUSER02", ASSIGNEE, "Bo Call"))
    await room_members.note_found(pool, ROOM, "PUSER01", known=Known(None, None), absence="not_granted")
    await room_members.note_found(
        pool, ROOM, "PUSER02", known=Known(None, None), absence="no_account", lacks="User.Read.All"
    )
    found = await meetings.candidates(pool, ROOM, ["PUSER01", "PUSER02"], tenant=TENANT)
    assert {user: one.lacks for user, one in found.items()} == {
        "PUSER01": "User.ReadBasic.All",
        "PUSER02": "User.Read.All",
    }


async def test_an_entry_names_each_address_once_by_rank_and_not_its_organiser(pool: Pool) -> None:
    await _want(
        pool,
        ("PUSER01", ASKER, "Ada Ops"),
        ("PUSER02", ASSIGNEE, "Bo Call"),
        ("PUSER03", ASKER, "Bo again"),
        ("PUSER04", ASKER, "Cy Net"),
        ("PUSER05", ASKER, "Nobody"),
        ("PUSER06", ASKER, "Di Pager"),
    )
    await _know(pool, "PUSER01", Known("ada", "owner", "ada@acme.example"))
    await _know(pool, "PUSER02", Known("bo", "owner", "bo@acme.example"))
    await _know(pool, "PUSER03", Known("bo2", "owner", "BO@acme.example"))
    await _know(pool, "PUSER04", Known("cy", "guest", "cy@else.example"))
    await _know(pool, "PUSER06", Known("di", "owner", "di@acme.example"))
    await room_members.take_out(pool, ROOM, ["PUSER06"], out=True)
    assert await meetings.invited(pool, ROOM, organiser="ada") == (
        Attendee("bo@acme.example", "Bo Call"),
        Attendee("cy@else.example", "Cy Net"),
    )


async def _want(pool: Pool, *people: tuple[str, int, str]) -> None:
    wanted = [WantedPerson(user=user, rank=rank, name=name) for user, rank, name in people]
    await room_members.want(pool, ROOM, wanted)


async def _know(pool: Pool, user: str, known: Known) -> None:
    await room_members.note_found(pool, ROOM, user, known=known, absence=None)
