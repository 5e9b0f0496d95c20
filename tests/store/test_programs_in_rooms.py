"""What rows keep of programs in rooms: in whose name they ask, whom they brought in, an archived chat."""

from datetime import UTC, datetime

import pytest

from muster.store import following, room_members, rooms
from muster.store.pool import Pool
from muster.store.room_members import Known, Standing
from muster.store.rooms import Program
from tests.support.company import ACCOUNT, TENANT
from workflows.incident_room.messages import RoomKey
from workflows.incident_room.state import Plan
from workflows.room import Absence
from workflows.wanted import ASKER, ASSIGNEE, WantedPerson

pytestmark = pytest.mark.anyio

ROOM, CHAT = RoomKey(account=ACCOUNT, incident_id="Q1"), "19:room@thread.v2"
ADA = WantedPerson(user="PUSER01", rank=ASKER, name="Ada Ops")
BO = WantedPerson(user="PUSER02", rank=ASSIGNEE, name="Bo Call")


@pytest.fixture(autouse=True)
async def opened(pool: Pool) -> None:
    await rooms.open_room(pool, ROOM, tenant=TENANT)


async def is_made(pool: Pool, plan: Plan = rooms.AS_THE_INCIDENT) -> None:
    began_at = await rooms.begin(pool, ROOM, topic="War room", owner="ada", plan=plan)
    await rooms.note_made(pool, ROOM, began_at=began_at, chat=CHAT, url="")


async def test_the_latest_program_is_known(pool: Pool) -> None:
    assert await rooms.program_of(pool, ROOM) is None
    for email in ("old@acme.example", "new@acme.example"):
        await rooms.note_program(pool, ROOM, Program("PUSER03", email))
    assert await rooms.program_of(pool, ROOM) == Program("PUSER03", "new@acme.example")


async def test_what_was_wanted_of_a_chat_stands_with_its_intent(pool: Pool) -> None:
    await is_made(pool, Plan(owner="PUSER01", name="War room", preset="no_updates"))
    row = await rooms.restore(pool, ROOM)
    assert (row.name, row.preset) == ("War room", "no_updates")


async def test_an_archived_chat_is_no_events_and_is_forgotten_for_another(pool: Pool) -> None:
    await is_made(pool)
    await rooms.archive(pool, ROOM, chat=CHAT)
    row = await rooms.restore(pool, ROOM)
    assert (row.stage, row.id) == ("archived", CHAT)
    assert await rooms.of_chat(pool, CHAT) is None
    async with pool.acquire() as connection:
        await rooms.begin_anew(connection, ROOM)
    row = await rooms.restore(pool, ROOM)
    assert (row.stage, row.id) == ("none", "")


async def test_another_chat_is_not_archived(pool: Pool) -> None:
    await is_made(pool)
    await rooms.archive(pool, ROOM, chat="19:another@thread.v2")
    assert (await rooms.restore(pool, ROOM)).stage == "made"


async def test_who_follows_in_an_archived_chat_stops_it_as_in_any_other(pool: Pool) -> None:
    """While it is the incident's own, nobody does."""
    await pool.execute(
        "INSERT INTO conversation (id, kind, tenant, account, key, name, service_url)"
        " VALUES ($1, 'group', $2, $3, 'chat-42', 'War room', '')",
        *(CHAT, TENANT, ACCOUNT),
    )
    await is_made(pool)
    await rooms.register_card(pool, ROOM, chat=CHAT)
    await rooms.end_card(pool, ROOM, chat=CHAT)
    await rooms.archive(pool, ROOM, chat=CHAT)
    found = await following.follow(
        pool,
        **dict(ROOM),
        service=None,
        conversation=CHAT,
        tenant=TENANT,
        by="ada",
        name="Ada Ops",
    )
    assert found is not None
    assert found.target.following is not None
    assert (found.target.following.by, found.target.following.stopped) == ("Ada Ops", None)


async def test_a_program_is_wanted_where_nobody_asks_and_no_assignee_is_known(pool: Pool) -> None:
    assert not await room_members.want_program(pool, ROOM), "no program asks"
    await rooms.note_program(pool, ROOM, Program("PUSER03", ""))
    await room_members.want(pool, ROOM, [BO])
    assert await room_members.want_program(pool, ROOM)
    assert not await room_members.want_program(pool, ROOM), "it is by now"
    assert [one.pagerduty_user for one in (await rooms.restore(pool, ROOM)).askers] == ["PUSER03"]


@pytest.mark.parametrize("absence", [None, "no_account"])
async def test_an_assignee_who_has_an_account_is_before_it(pool: Pool, absence: Absence | None) -> None:
    await rooms.note_program(pool, ROOM, Program("PUSER03", ""))
    await room_members.want(pool, ROOM, [BO])
    await room_members.note_found(pool, ROOM, BO.user, known=Known("bo", "owner"), absence=absence)
    assert await room_members.want_program(pool, ROOM) == (absence is not None)


@pytest.mark.parametrize("absence", [None, "no_account"])
async def test_so_is_whoever_asked(pool: Pool, absence: Absence | None) -> None:
    await rooms.note_program(pool, ROOM, Program("PUSER03", ""))
    await room_members.want(pool, ROOM, [ADA], asked=True)
    await room_members.note_found(pool, ROOM, ADA.user, known=Known("ada", "owner"), absence=absence)
    assert await room_members.want_program(pool, ROOM) == (absence is not None)


async def test_whom_a_program_brings_in_is_wanted_again(pool: Pool) -> None:
    await room_members.want(pool, ROOM, [ADA, BO])
    await room_members.note_found(pool, ROOM, BO.user, known=Known("bo", "owner"), absence=None)
    await room_members.take_out(pool, ROOM, [BO.user], out=True)
    await pool.execute("UPDATE room_member SET left_at = $1", datetime.now(UTC))
    await room_members.note_by_program(pool, ROOM, [BO.user], by_program=True)
    row = await rooms.restore(pool, ROOM)
    assert (row.asked_for, row.taken_out) == ((BO.user,), ())
    (invited,) = await room_members.invited(pool, ROOM)
    assert not invited.has_left
    await room_members.note_by_program(pool, ROOM, [BO.user], by_program=False)
    assert (await rooms.restore(pool, ROOM)).asked_for == ()


async def test_who_somebody_is_is_known_by_the_room_before_anything_else(pool: Pool) -> None:
    await room_members.want(pool, ROOM, [BO])
    await room_members.note_found(pool, ROOM, BO.user, known=Known("bo", "owner"), absence=None)
    assert await room_members.known_as(pool, ROOM, tenant=TENANT, pagerduty_user=BO.user) == Standing(
        "bo", is_elsewhere=False
    )
    assert await room_members.user_of(pool, ROOM, tenant=TENANT, key="bo") == (BO.user, BO.name)
    nobody = await room_members.known_as(pool, ROOM, tenant=TENANT, pagerduty_user="PNOBODY")
    assert nobody == Standing(None, is_elsewhere=False)
    assert await room_members.user_of(pool, ROOM, tenant=TENANT, key="nobody") is None


async def test_members_are_listed_with_what_is_known_of_each(pool: Pool) -> None:
    eve = WantedPerson(user=f"{room_members.OF_NO_USER}eve", rank=ASKER, name="eve@acme.example")
    await room_members.want(pool, ROOM, [BO, eve])
    await room_members.note_found(pool, ROOM, eve.user, known=Known("eve", "guest"), absence=None)
    await room_members.note_by_program(pool, ROOM, [eve.user], by_program=True)
    await room_members.note_members(pool, ROOM, ["eve"])
    first, second = await room_members.listed(pool, ROOM)
    assert (first.pagerduty_user, first.name, first.in_chat, first.asked) == (BO.user, BO.name, False, False)
    assert (second.pagerduty_user, second.aad_object_id, second.role) == (None, "eve", "guest")
    assert (second.in_chat, second.asked, second.has_left) == (True, True, False)
