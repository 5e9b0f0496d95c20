"""The people of a room: wanted, known, invited by rank, there, or absent for a reason."""

import asyncio
from datetime import timedelta

import pytest

from muster.store import links, room_members, rooms
from muster.store.pool import Pool
from muster.store.room_members import MOST_NAMED, Invited, Known
from tests.support.company import ACCOUNT, ADA_AAD, BO_AAD, CY_AAD, TENANT
from workflows.incident_room.messages import RoomKey
from workflows.room import Absence, Absent
from workflows.wanted import ASKER, ASSIGNEE, JOINED, ROLE, WantedPerson

pytestmark = pytest.mark.anyio

ROOM = RoomKey(account=ACCOUNT, incident_id="Q1")
OTHER = RoomKey(account=ACCOUNT, incident_id="Q2")
ADA, BO, CY = "PUSER01", "PUSER02", "PUSER03"


@pytest.fixture(autouse=True)
async def opened(pool: Pool) -> None:
    for room in (ROOM, OTHER):
        await rooms.open_room(pool, room, tenant=TENANT)


async def want(pool: Pool, *users: str, rank: int = ASSIGNEE, name: str = "", **asks: bool) -> None:
    await room_members.want(
        pool,
        ROOM,
        [WantedPerson(user=one, rank=rank, name=name or f"Name of {one}") for one in users],
        **asks,
    )


async def find(
    pool: Pool, user: str, key: str | None, absence: Absence | None = None, name: str = ""
) -> None:
    known = Known(key, "owner" if key else None)
    await room_members.note_found(pool, ROOM, user, known=known, absence=absence, name=name)


async def have_left(pool: Pool) -> list[str]:
    return [one.aad_object_id for one in await room_members.invited(pool, ROOM) if one.has_left]


async def invited(pool: Pool) -> list[str]:
    return [one.aad_object_id for one in await room_members.invited(pool, ROOM)]


async def row(pool: Pool, user: str) -> tuple[int, str, bool]:
    found = await pool.fetchrow(
        "SELECT rank, name, asked FROM room_member WHERE incident_id = 'Q1' AND pagerduty_user = $1", user
    )
    assert found is not None
    return found["rank"], found["name"], found["asked"]


async def passes(pool: Pool, time: str) -> None:
    await pool.execute("UPDATE room_member SET looked_at = looked_at - $1::text::interval", time)
    await pool.execute("UPDATE directory_cache SET read_at = read_at - $1::text::interval", time)


# Wanted


async def test_who_is_wanted_adds_up(pool: Pool) -> None:
    await want(pool, ADA, BO)
    await want(pool, CY)
    await want(pool)
    assert (await rooms.restore(pool, ROOM)).searched_for == (ADA, BO, CY)
    assert (await rooms.restore(pool, OTHER)).searched_for == ()


async def test_the_better_rank_the_last_name_and_the_request_stay(pool: Pool) -> None:
    await want(pool, ADA, rank=JOINED, name="Ada")
    await want(pool, ADA, rank=ASKER, asked=True)
    assert await row(pool, ADA) == (JOINED, "Name of PUSER01", True)
    await room_members.want(pool, ROOM, [WantedPerson(user=ADA, rank=ASSIGNEE)])
    assert await row(pool, ADA) == (ASSIGNEE, "Name of PUSER01", True)


async def test_the_same_people_at_once_are_wanted_once(pool: Pool) -> None:
    """In whatever order they come: nobody waits for another for ever."""
    users = [f"PMANY{number:02}" for number in range(40)]
    await asyncio.gather(*(want(pool, *(users if one % 2 else users[::-1])) for one in range(8)))
    assert await pool.fetchval("SELECT count(*) FROM room_member") == 40


# Known


async def test_links_of_the_tenant_and_the_account_tell_who_somebody_is(pool: Pool) -> None:
    await want(pool, ADA, BO, CY)
    await room_members.take_links(pool, ROOM, tenant="another")
    assert await room_members.without_role(pool, ROOM, most=9) == ()
    await room_members.take_links(pool, ROOM, tenant=TENANT)
    assert await room_members.without_role(pool, ROOM, most=9) == ((ADA, ADA_AAD), (BO, BO_AAD))
    assert await room_members.without_role(pool, ROOM, most=1) == ((ADA, ADA_AAD),)
    assert await room_members.unknown(pool, ROOM, most=9) == (CY,)
    assert await invited(pool) == [], "as what they come nobody knows yet"


async def test_a_link_ends_what_kept_somebody_out_and_changes_nobody_who_is_known(pool: Pool) -> None:
    await want(pool, ADA, BO)
    await find(pool, ADA, None, "no_account")
    await find(pool, BO, CY_AAD)
    await room_members.take_links(pool, ROOM, tenant=TENANT)
    assert await room_members.without_role(pool, ROOM, most=9) == ((ADA, ADA_AAD),)
    assert (await room_members.absent(pool, ROOM))[1] == 0
    assert await invited(pool) == [CY_AAD]


async def test_who_was_not_found_is_unknown_again_after_an_hour(pool: Pool) -> None:
    await want(pool, CY)
    await find(pool, CY, None, "no_account")
    for time, count in (("59 minutes", 0), ("2 minutes", 1)):
        await passes(pool, time)
        assert len(await room_members.unknown(pool, ROOM, most=9)) == count


async def test_those_who_matter_most_are_looked_for_first(pool: Pool) -> None:
    await want(pool, ADA, rank=ASKER)
    await want(pool, CY, rank=ROLE)
    await want(pool, BO, rank=JOINED)
    assert await room_members.unknown(pool, ROOM, most=2) == (CY, BO)


async def test_a_name_that_was_found_is_taken_and_none_leaves_the_old_one(pool: Pool) -> None:
    await want(pool, CY)
    await find(pool, CY, CY_AAD, name="Cy Net")
    await find(pool, CY, CY_AAD)
    assert await row(pool, CY) == (ASSIGNEE, "Cy Net", False)


# Invited


async def test_who_is_known_is_invited_by_rank(pool: Pool) -> None:
    for user, key, rank in ((ADA, ADA_AAD, ASKER), (BO, BO_AAD, JOINED), (CY, CY_AAD, ASSIGNEE)):
        await want(pool, user, rank=rank)
        await find(pool, user, key)
    assert await invited(pool) == [CY_AAD, BO_AAD, ADA_AAD]
    assert (await room_members.invited(pool, ROOM))[0] == Invited(CY_AAD, "owner", False, None, False)


@pytest.mark.parametrize(
    ("absence", "is_invited"),
    [(None, True), ("blocked", True), ("full", True), ("refused", False), ("no_account", False)],
)
async def test_whom_no_chat_takes_is_not_invited(
    pool: Pool, absence: Absence | None, is_invited: bool
) -> None:
    await want(pool, CY)
    await find(pool, CY, CY_AAD, absence)
    assert await invited(pool) == ([CY_AAD] if is_invited else [])


@pytest.mark.parametrize("first", [ADA, CY])
async def test_one_person_of_two_users_is_invited_once_by_the_most_that_either_says(
    pool: Pool, first: str
) -> None:
    """Whichever of the two is the assignee, and whichever asked."""
    second = {ADA: CY, CY: ADA}[first]
    await want(pool, first, rank=ASSIGNEE)
    await want(pool, second, rank=ASKER, asked=True)
    await want(pool, BO, rank=ROLE)
    for user, key in ((first, ADA_AAD), (second, ADA_AAD), (BO, BO_AAD)):
        await find(pool, user, key)
    found = await room_members.invited(pool, ROOM)
    assert [(one.aad_object_id, one.asked) for one in found] == [(ADA_AAD, True), (BO_AAD, False)]


# There, and absent


async def test_a_read_back_says_who_is_there_and_nothing_keeps_them_out_any_more(pool: Pool) -> None:
    for user, key in ((ADA, ADA_AAD), (BO, BO_AAD)):
        await want(pool, user)
        await find(pool, user, key, "full")
    await room_members.note_members(pool, ROOM, [ADA_AAD, "a stranger"])
    assert (await rooms.restore(pool, ROOM)).present == 1
    assert await room_members.absent(pool, ROOM) == ((Absent(name="Name of PUSER02", why="full"),), 1)
    await room_members.note_members(pool, ROOM, [])
    assert (await rooms.restore(pool, ROOM)).present == 0
    assert (await room_members.absent(pool, ROOM))[1] == 1, "who left a full chat was not kept out"


async def test_who_left_by_themselves_is_not_brought_back_and_who_was_taken_out_may_be(pool: Pool) -> None:
    for user, key in ((ADA, ADA_AAD), (BO, BO_AAD)):
        await want(pool, user)
        await find(pool, user, key)
    assert await have_left(pool) == []
    await room_members.note_members(pool, ROOM, [ADA_AAD, BO_AAD])
    await room_members.note_removed(pool, ROOM, [BO_AAD])
    await room_members.note_members(pool, ROOM, [])
    await room_members.note_members(pool, ROOM, [])
    assert await have_left(pool) == [ADA_AAD]
    await room_members.note_members(pool, ROOM, [ADA_AAD])
    assert await have_left(pool) == [], "they came back"


async def test_a_reason_is_that_of_the_person_whatever_users_they_have(pool: Pool) -> None:
    await want(pool, ADA, CY, BO)
    for user, key in ((ADA, ADA_AAD), (CY, ADA_AAD), (BO, BO_AAD)):
        await find(pool, user, key)
    await room_members.note_absence(pool, ROOM, ADA_AAD, "refused")
    assert await invited(pool) == [BO_AAD]


async def test_twenty_of_the_absent_are_named_and_all_are_counted(pool: Pool) -> None:
    for number in range(25):
        await want(pool, f"PMANY{number:02}", rank=JOINED)
        await find(pool, f"PMANY{number:02}", None, "no_account")
    await want(pool, CY, rank=ASSIGNEE)
    await pool.execute("UPDATE room_member SET name = '' WHERE pagerduty_user = $1", CY)
    await find(pool, CY, None, "no_user")
    named, count = await room_members.absent(pool, ROOM)
    assert (len(named), count) == (MOST_NAMED, 26)
    assert named[0] == Absent(name="Somebody", why="no_user"), "the assignee first"


async def test_people_are_taken_out_by_the_accounts_that_they_have_in_the_tenant(pool: Pool) -> None:
    await want(pool, ADA, BO, CY)
    await find(pool, ADA, ADA_AAD)
    await find(pool, BO, BO_AAD)

    async def keys(*users: str, everybody: bool = False) -> frozenset[str]:
        return await room_members.keys_of(pool, ROOM, users, everybody=everybody)

    assert await keys(ADA, CY) == {ADA_AAD}
    assert await keys() == frozenset()
    assert await keys(everybody=True) == {ADA_AAD, BO_AAD}


async def test_who_pressed_has_a_link_while_they_are_linked_in_the_tenant(pool: Pool) -> None:

    async def links_of(tenant: str = TENANT) -> list[str]:
        found = await room_members.links_of_askers(pool, ROOM, tenant=tenant)
        rows = await pool.fetch("SELECT pagerduty_user FROM user_link WHERE id = ANY($1::bigint[])", found)
        return sorted(row["pagerduty_user"] for row in rows)

    await want(pool, ADA, BO, asked=True)
    assert await links_of() == [], "somebody else has named them"
    await want(pool, ADA, BO, CY, pressed=True)
    await want(pool, ADA)
    assert await links_of() == [ADA, BO]
    assert await links_of("another") == []
    await pool.execute("DELETE FROM user_link WHERE pagerduty_user = $1", ADA)
    assert await links_of() == [BO]
    assert await room_members.links_of_askers(pool, OTHER, tenant=TENANT) == ()


# What the directory said


@pytest.mark.parametrize(
    ("known", "kept", "gone"),
    [(Known(CY_AAD, "guest"), "23 hours", "2 hours"), (Known(None, None), "59 minutes", "2 minutes")],
)
async def test_what_the_directory_said_counts_for_a_day_and_a_miss_for_an_hour(
    pool: Pool, known: Known, kept: str, gone: str
) -> None:
    async def said(tenant: str = TENANT) -> Known | None:
        return await room_members.directory(pool, tenant=tenant, email="cy@acme.example")

    assert await said() is None
    await room_members.keep_directory(pool, tenant=TENANT, email="cy@acme.example", known=known)
    await passes(pool, kept)
    assert await said() == known
    assert await said("another") is None
    await passes(pool, gone)
    assert await said() is None
    await room_members.keep_directory(
        pool, tenant=TENANT, email="cy@acme.example", known=Known(BO_AAD, "owner")
    )
    assert await said() == Known(BO_AAD, "owner")


async def test_what_it_said_longer_ago_is_deleted(pool: Pool) -> None:
    day = timedelta(days=1)
    for email in ("cy@acme.example", "bo@acme.example"):
        await passes(pool, "25 hours")
        await room_members.keep_directory(pool, tenant=TENANT, email=email, known=Known(None, None))
    assert await room_members.delete_old_directory(pool, age=day) == 1
    assert await room_members.delete_old_directory(pool, age=day) == 0


async def test_people_go_with_their_room(pool: Pool) -> None:
    await want(pool, ADA)
    await pool.execute("DELETE FROM incident_room")
    assert await pool.fetchval("SELECT count(*) FROM room_member") == 0


async def test_the_role_of_a_link_is_that_of_its_user(pool: Pool) -> None:
    link = await links.link_of(pool, tenant=TENANT, aad_object_id=ADA_AAD, account=ACCOUNT)
    assert link is not None
    for role in ("owner", "read_only_user", None):
        await pool.execute("UPDATE user_link SET pagerduty_role = $1 WHERE id = $2", role, link)
        assert await links.role_of(pool, link) == role
    assert await links.role_of(pool, link + 1000) is None
