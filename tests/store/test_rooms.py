"""The row of a room: its intent, its chat, what its cards were told, its summaries."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from muster.store import room_members, rooms
from muster.store.pool import Pool, transaction
from muster.store.room_members import Known
from tests.store.locks import somebody_waits
from tests.support.company import ACCOUNT, OPS, RELEASES, SERVICE_URL, TENANT
from tests.support.waiting import eventually
from workflows.incident_room.activities import StoredRoom
from workflows.incident_room.messages import RoomKey
from workflows.incident_room.state import Asker
from workflows.room import Absence, Absent, Lack, Room
from workflows.wanted import ASKER, ASSIGNEE, WantedPerson

pytestmark = pytest.mark.anyio

ROOM = RoomKey(account=ACCOUNT, incident_id="Q1")
OTHER = RoomKey(account=ACCOUNT, incident_id="Q2")
CHAT, URL, TOPIC = "19:room@thread.v2", "https://teams.example/room", "Incident #42 Checkout is slow"
ADA = WantedPerson(user="PUSER01", rank=ASKER, name="Ada Ops")
BO = WantedPerson(user="PUSER02", rank=ASSIGNEE, name="Bo Call")
RESOLVED = datetime(2026, 1, 1, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
async def opened(pool: Pool) -> None:
    for room in (ROOM, OTHER):
        await rooms.open_room(pool, room, tenant=TENANT)


async def row(pool: Pool) -> StoredRoom:
    return await rooms.restore(pool, ROOM)


async def is_making(pool: Pool) -> datetime:
    return await rooms.begin(pool, ROOM, topic=TOPIC, owner="ada")


async def is_made(pool: Pool, **more: Any) -> None:
    began_at = await is_making(pool)
    await rooms.note_made(pool, ROOM, began_at=began_at, chat=CHAT, url=URL, **more)


async def test_a_room_is_of_the_tenant_of_whoever_asked_last_until_its_chat_is_made(pool: Pool) -> None:
    await rooms.open_room(pool, ROOM, tenant="another")
    assert (await row(pool)).tenant == "another"
    await rooms.open_room(pool, ROOM, tenant=TENANT)
    assert await row(pool) == StoredRoom(exists=True, tenant=TENANT, tenant_name="Acme")
    await pool.execute("UPDATE incident_room SET stage = 'making'")
    await rooms.open_room(pool, ROOM, tenant="another")
    assert (await row(pool)).tenant == TENANT
    nobody = RoomKey(account="emca", incident_id="Q1")
    assert await rooms.restore(pool, nobody) == StoredRoom()


async def test_everything_that_is_noted_is_restored(pool: Pool) -> None:
    await room_members.want(pool, ROOM, [BO])
    await room_members.want(pool, ROOM, [ADA], asked=True)
    await room_members.note_found(pool, ROOM, BO.user, known=Known("bo", "owner"), absence=None)
    await is_made(pool, others=2)
    told = Room(number=7, stage="made", tenant=TENANT, lacks=(Lack(step="app", permission="Chat.Create"),))
    await rooms.note_installed(pool, ROOM, chat=CHAT)
    await rooms.note_shown(pool, ROOM, chat=CHAT)
    await rooms.note_noted(pool, ROOM, chat=CHAT)
    await rooms.note_renamed(pool, ROOM, chat=CHAT, topic=f"✓ {TOPIC}")
    await rooms.note_told(pool, ROOM, told)
    await rooms.note_left(pool, ROOM, chat=CHAT, left=True)
    await room_members.note_members(pool, ROOM, ["bo", "stranger"])
    assert await rooms.intend_summary(pool, ROOM, resolved_at=RESOLVED)
    found = await row(pool)
    assert found.began_at is not None
    assert found.model_copy(update={"began_at": None}) == StoredRoom(
        exists=True,
        tenant=TENANT,
        tenant_name="Acme",
        stage="made",
        topic=TOPIC,
        id=CHAT,
        url=URL,
        shown_topic=f"✓ {TOPIC}",
        others=2,
        installed=True,
        shown=True,
        noted=True,
        told=told,
        summed_up=RESOLVED,
        askers=(Asker(pagerduty_user="PUSER01", name="Ada Ops"),),
        searched_for=("PUSER01", "PUSER02"),
        left=True,
        present=1,
    )
    assert (await rooms.restore(pool, OTHER)).stage == "none", "the other one is as it was"


# The chat is made once


async def test_an_intent_has_its_time_and_a_newer_one_another(pool: Pool) -> None:
    await is_making(pool)
    first = (await row(pool)).began_at
    await is_making(pool)
    found = await row(pool)
    assert (found.stage, found.topic) == ("making", TOPIC)
    assert first is not None
    assert found.began_at is not None
    assert found.began_at > first


async def test_an_answer_says_nothing_of_a_later_intent(pool: Pool) -> None:
    """The answer to the first one is recorded late, when somebody has asked for another chat."""
    earlier = await is_making(pool)
    await rooms.note_unknown(pool, ROOM, began_at=earlier)
    async with transaction(pool) as connection:
        await rooms.begin_anew(connection, ROOM)
    await is_making(pool)
    await rooms.note_made(pool, ROOM, began_at=earlier, chat=CHAT, url=URL)
    await rooms.note_not_made(pool, ROOM, began_at=earlier)
    assert ((await row(pool)).stage, (await row(pool)).id) == ("making", "")


@pytest.mark.parametrize("stage", ["none", "making", "unknown", "made", "gone"])
async def test_an_outcome_counts_for_an_intent_alone(pool: Pool, stage: str) -> None:
    async def outcomes() -> list[str]:
        found: list[str] = []
        for note in (
            lambda began_at: rooms.note_not_made(pool, ROOM, began_at=began_at),
            lambda began_at: rooms.note_unknown(pool, ROOM, began_at=began_at),
            lambda began_at: rooms.note_made(pool, ROOM, began_at=began_at, chat=CHAT, url=URL),
        ):
            began_at = await is_making(pool)
            await pool.execute("UPDATE incident_room SET stage = $1", stage)
            await note(began_at)
            found.append((await row(pool)).stage)
        return found

    expected = ["none", "unknown", "made"] if stage in ("making", "unknown") else [stage] * 3
    assert await outcomes() == expected


@pytest.mark.parametrize(
    ("stage", "chat", "expected"),
    [("made", CHAT, "gone"), ("made", "19:another", "made"), ("making", CHAT, "making")],
)
async def test_only_the_chat_that_the_room_has_can_be_gone(
    pool: Pool, stage: str, chat: str, expected: str
) -> None:
    """Whoever tells late of an old chat says nothing of the new one."""
    await is_made(pool)
    await pool.execute("UPDATE incident_room SET stage = $1", stage)
    await rooms.note_gone(pool, ROOM, chat=chat)
    assert (await row(pool)).stage == expected


async def test_begun_anew_nothing_of_the_old_chat_is_left(pool: Pool) -> None:
    await is_made(pool)
    for note in (rooms.note_installed, rooms.note_shown, rooms.note_noted):
        await note(pool, ROOM, chat=CHAT)
    await room_members.want(pool, ROOM, [BO])
    await room_members.note_found(pool, ROOM, BO.user, known=Known("bo", "owner"), absence=None)
    await room_members.note_members(pool, ROOM, ["bo"])
    await rooms.note_gone(pool, ROOM, chat=CHAT)
    async with transaction(pool) as connection:
        await rooms.begin_anew(connection, ROOM)
    found = await row(pool)
    assert (found.stage, found.id, found.url, found.shown_topic) == ("none", "", "", "")
    assert (found.installed, found.shown, found.noted, found.present) == (False, False, False, 0)
    assert found.searched_for == (BO.user,), "who is wanted stays wanted"


@pytest.mark.parametrize(
    ("absence", "left"),
    [
        ("blocked", None),
        ("refused", None),
        ("full", None),
        ("no_account", "no_account"),
        ("not_granted", "not_granted"),
    ],
)
async def test_begun_anew_whoever_the_old_chat_did_not_take_is_tried_again(
    pool: Pool, absence: Absence, left: Absence | None
) -> None:
    await room_members.want(pool, ROOM, [BO])
    await room_members.note_found(pool, ROOM, BO.user, known=Known("bo", "owner"), absence=absence)
    await pool.execute("UPDATE incident_room SET stage = 'unknown'")
    async with transaction(pool) as connection:
        await rooms.begin_anew(connection, ROOM)
    named, _ = await room_members.absent(pool, ROOM)
    assert named == ((Absent(name="Bo Call", why=left),) if left else ())


@pytest.mark.parametrize("stage", ["none", "making", "made"])
async def test_what_is_going_on_is_not_begun_anew(pool: Pool, stage: str) -> None:
    await is_made(pool)
    await pool.execute("UPDATE incident_room SET stage = $1", stage)
    async with transaction(pool) as connection:
        await rooms.begin_anew(connection, ROOM)
    found = await row(pool)
    assert (found.stage, found.id) == (stage, CHAT)


async def test_two_who_would_begin_come_one_after_the_other(pool: Pool) -> None:
    """The second one sees the first one's intent."""
    async with pool.acquire() as first:
        beginning = first.transaction()
        await beginning.start()
        locked = await rooms.lock(first, ROOM)
        assert locked is not None
        assert locked.stage == "none"

        async def second() -> str:
            async with transaction(pool) as connection:
                seen = await rooms.lock(connection, ROOM)
                assert seen is not None
                return seen.stage

        waiting = asyncio.create_task(second())
        await eventually(lambda: somebody_waits(pool), within=5)
        await rooms.begin(first, ROOM, topic=TOPIC, owner="ada")
        await beginning.commit()
        assert await waiting == "making"


async def test_a_room_that_is_not_there_is_locked_by_nobody(pool: Pool) -> None:
    async with transaction(pool) as connection:
        assert await rooms.lock(connection, RoomKey(account=ACCOUNT, incident_id="QNONE")) is None


# Told, summed up, left


async def test_what_cards_are_told_grows(pool: Pool) -> None:
    for number, expected in ((2, 2), (1, 2), (2, 2), (10, 10), (9, 10)):
        await rooms.note_told(pool, ROOM, Room(number=number, stage="none", tenant=TENANT))
        told = (await row(pool)).told
        assert told is not None
        assert told.number == expected


async def test_a_resolve_is_summed_up_once_unless_that_certainly_failed(pool: Pool) -> None:
    later = RESOLVED + timedelta(seconds=1)

    async def intend(at: datetime) -> bool:
        return await rooms.intend_summary(pool, ROOM, resolved_at=at)

    assert [await intend(RESOLVED), await intend(RESOLVED)] == [True, False]
    await rooms.withdraw_summary(pool, ROOM, resolved_at=later)
    assert not await intend(RESOLVED), "another one's failure"
    await rooms.withdraw_summary(pool, ROOM, resolved_at=RESOLVED)
    assert [await intend(RESOLVED), await intend(later), await intend(later)] == [True, True, False]


async def test_one_of_many_sums_up(pool: Pool) -> None:
    intended = await asyncio.gather(
        *(rooms.intend_summary(pool, ROOM, resolved_at=RESOLVED) for _ in range(8))
    )
    assert sorted(intended) == [False] * 7 + [True]


async def test_everybody_leaves_once_and_comes_back(pool: Pool) -> None:
    async def left_at() -> datetime | None:
        found: datetime | None = await pool.fetchval(
            "SELECT left_at FROM incident_room WHERE incident_id = 'Q1'"
        )
        return found

    await rooms.note_left(pool, ROOM, chat=CHAT, left=True)
    first = await left_at()
    await rooms.note_left(pool, ROOM, chat=CHAT, left=True)
    assert await left_at() == first
    await rooms.note_left(pool, ROOM, chat=CHAT, left=False)
    assert (await left_at(), (await row(pool)).left) == (None, False)


# Its cards


async def register(pool: Pool, *conversations: str, incident: str = "Q1") -> None:
    for one in conversations:
        await pool.execute(
            "INSERT INTO incident_card (account, incident_id, conversation) VALUES ($1, $2, $3)",
            *(ACCOUNT, incident, one),
        )


async def a_chat(pool: Pool) -> None:
    await pool.execute(
        "INSERT INTO conversation (id, kind, tenant, account, key, name, service_url)"
        " VALUES ($1, 'group', $2, $3, 'chat-42', $4, $5)",
        *(CHAT, TENANT, ACCOUNT, TOPIC, SERVICE_URL),
    )


async def cards(pool: Pool) -> list[str]:
    return [one.conversation.id for one in await rooms.cards(pool, ROOM)]


async def test_all_cards_that_are_shown_are_told(pool: Pool) -> None:
    await a_chat(pool)
    await register(pool, OPS, RELEASES, CHAT)
    await register(pool, OPS, incident="Q2")
    assert await cards(pool) == [CHAT, OPS, RELEASES]
    await pool.execute("UPDATE conversation SET suspended_at = now() WHERE id = $1", OPS)
    assert await cards(pool) == [CHAT, RELEASES]
    await pool.execute(
        "UPDATE incident_card SET followed_at = now(), followed_name = 'Ada', follow_number = 2,"
        " stopped_at = now(), stopped_name = 'Ada' WHERE conversation = $1",
        CHAT,
    )
    assert await cards(pool) == [RELEASES]
    assert await rooms.cards(pool, RoomKey(account="emca", incident_id="Q1")) == ()


async def test_the_incident_enters_its_chat_once_with_all_updates(pool: Pool) -> None:
    assert not await rooms.register_card(pool, ROOM, chat=CHAT), "of a chat that is not known"
    await a_chat(pool)
    registered = await asyncio.gather(*(rooms.register_card(pool, ROOM, chat=CHAT) for _ in range(4)))
    assert registered == [True] * 4
    (card,) = await rooms.cards(pool, ROOM)
    assert (card.conversation_key, card.preset.preset, card.stored) == ("chat-42", "all_updates", False)
    await pool.execute("UPDATE conversation SET suspended_at = now()")
    assert not await rooms.register_card(pool, ROOM, chat=CHAT)


async def test_a_tenant_lives_where_its_channels_do_and_else_where_its_teams_do(pool: Pool) -> None:
    await pool.execute("UPDATE team SET service_url = 'https://teams.example/'")
    assert await rooms.service_url(pool, TENANT) == SERVICE_URL
    await pool.execute("UPDATE conversation SET suspended_at = now() WHERE id = $1", OPS)
    await pool.execute("UPDATE conversation SET service_url = 'https://old.example/' WHERE id = $1", OPS)
    assert await rooms.service_url(pool, TENANT) == SERVICE_URL, "of one where the bot is"
    assert await rooms.service_url(pool, "another") is None
    await pool.execute("TRUNCATE conversation CASCADE")
    assert await rooms.service_url(pool, TENANT) == "https://teams.example/"
