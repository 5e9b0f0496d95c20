"""Chats: made with the first incident that is followed there, named as Teams names them, left and joined."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from muster.store import chats, conversations, subscriptions
from muster.store.chats import Chat, ChatOfAnotherTenant, Presence
from muster.store.pool import Pool, transaction
from tests.support.company import ACCOUNT, OPS, SERVICE_URL, TENANT

pytestmark = pytest.mark.anyio

CHAT = "19:chat@thread.v2"
NEVER_AWAY = Presence(False, None, is_told=True)
OTHER_TENANT = "33333333-3333-3333-3333-333333333333"
AT = datetime(2026, 11, 29, 10, tzinfo=UTC)
LATER, BEFORE, MADE = (AT + timedelta(seconds=one) for one in (1, -1, -2))


async def make(pool: Pool, id: str = CHAT, **changes: Any) -> Chat:
    told: dict[str, Any] = {
        "tenant": TENANT,
        "account": ACCOUNT,
        "number": 42,
        "name": "Incident 42 Checkout is slow",
        "service_url": SERVICE_URL,
        "at": MADE,
    }
    async with transaction(pool) as connection:
        return await chats.find_or_make(connection, id=id, **told | changes)


async def name_of(pool: Pool) -> str:
    return (await make(pool, name="", at=MADE)).name


# Made and found


@pytest.mark.pooler_too
async def test_a_chat_has_a_tenant_and_an_account_and_is_called_after_its_incident(pool: Pool) -> None:
    chat = await make(pool)
    assert chat == Chat(
        id=CHAT,
        tenant=TENANT,
        key="chat-42",
        kind="group",
        name="Incident 42 Checkout is slow",
        account=ACCOUNT,
        service_url=SERVICE_URL,
        is_suspended=False,
        is_told=True,
    )
    assert await chats.find(pool, id=CHAT, tenant=TENANT) == chat
    assert await chats.find(pool, id=CHAT, tenant=None) == chat


async def test_a_key_that_is_taken_is_followed_by_the_account_and_then_by_a_number(pool: Pool) -> None:
    keys = [(await make(pool, f"19:{one}@thread.v2")).key for one in range(4)]
    assert keys == ["chat-42", "chat-42-acme", "chat-42-acme-2", "chat-42-acme-3"]
    assert (await make(pool, "19:other@thread.v2", number=4)).key == "chat-4"


async def test_a_chat_that_is_there_keeps_its_key_and_its_account(pool: Pool) -> None:
    await pool.execute("INSERT INTO pagerduty_account VALUES ('emca', 'emca', 'eu')")
    first = await make(pool)
    assert await make(pool, account="emca", number=7) == first


async def test_ten_people_at_once_make_one_row(pool: Pool) -> None:
    made = await asyncio.gather(*(make(pool) for _ in range(10)))
    assert {chat.key for chat in made} == {"chat-42"}
    assert await pool.fetchval("SELECT count(*) FROM conversation WHERE id = $1", CHAT) == 1


async def test_somebodys_chat_with_the_bot_is_a_chat_too(pool: Pool) -> None:
    chat = await make(pool, "a:ada", kind="personal", name="Ada Ops")
    assert (chat.kind, chat.key, chat.name) == ("personal", "chat-42", "Ada Ops")


async def test_neither_another_tenants_chat_nor_a_channel_is_one(pool: Pool) -> None:
    await pool.execute("INSERT INTO teams_tenant VALUES ($1, 'Another')", OTHER_TENANT)
    await make(pool)
    for id, tenant in ((CHAT, OTHER_TENANT), (OPS, TENANT)):
        with pytest.raises(ChatOfAnotherTenant):
            await make(pool, id, tenant=tenant)
        assert await chats.find(pool, id=id, tenant=tenant) is None
    assert await chats.find(pool, id=OPS, tenant=None) is None


# Its name


async def test_the_name_that_was_told_last_counts_and_the_key_stays(pool: Pool) -> None:
    await make(pool)
    await chats.rename(pool, id=CHAT, tenant=TENANT, name="Old", at=MADE - timedelta(seconds=1))
    assert await name_of(pool) == "Incident 42 Checkout is slow"
    await chats.rename(pool, id=CHAT, tenant=TENANT, name="War room", at=LATER)
    assert await name_of(pool) == "War room"
    chat = await make(pool, name="Incident 43", at=LATER + timedelta(seconds=1))
    assert (chat.name, chat.key) == ("Incident 43", "chat-42")


async def test_a_chat_without_a_name_takes_the_first_one_that_is_told(pool: Pool) -> None:
    assert (await make(pool, name="", at=MADE)).name == ""
    await chats.rename(pool, id=CHAT, tenant=TENANT, name="War room", at=BEFORE)
    assert await name_of(pool) == "War room"


async def test_another_tenant_renames_nothing_and_a_channel_is_not_renamed_as_a_chat(pool: Pool) -> None:
    await make(pool)
    await chats.rename(pool, id=CHAT, tenant=OTHER_TENANT, name="War room", at=LATER)
    await chats.rename(pool, id=OPS, tenant=TENANT, name="War room", at=LATER)
    assert await pool.fetch("SELECT FROM conversation WHERE name = 'War room'") == []


# The bot comes and goes


async def tell(pool: Pool, *, is_away: bool, at: datetime, request: str, tenant: str = TENANT) -> Presence:
    await chats.follow(pool, id=CHAT, tenant=tenant, is_away=is_away, at=at, request=request)
    known = await chats.presence(pool, id=CHAT, tenant=TENANT)
    assert known is not None
    return known


@pytest.mark.pooler_too
async def test_a_chat_is_suspended_while_the_bot_is_not_in_it(pool: Pool) -> None:
    await make(pool)
    assert await chats.presence(pool, id=CHAT, tenant=TENANT) == NEVER_AWAY
    assert await tell(pool, is_away=True, at=AT, request="r/1") == Presence(True, "r/1", is_told=False)
    assert (await make(pool)).is_suspended
    assert await tell(pool, is_away=False, at=LATER, request="r/2") == Presence(False, "r/2", is_told=False)


async def test_what_happened_before_somebody_followed_there_says_nothing(pool: Pool) -> None:
    await make(pool)
    assert await tell(pool, is_away=True, at=MADE, request="r/1") == NEVER_AWAY
    assert (await tell(pool, is_away=True, at=BEFORE, request="r/2")).is_away


async def test_the_newest_activity_decides_in_whatever_order_they_come(pool: Pool) -> None:
    await make(pool)
    assert await tell(pool, is_away=False, at=LATER, request="r/2") == NEVER_AWAY
    assert await tell(pool, is_away=True, at=AT, request="r/1") == NEVER_AWAY


async def test_the_second_of_two_that_tell_the_same_leaves_the_first_ones_request(pool: Pool) -> None:
    """So that the first one, delivered again, still finds what it has revived."""
    await make(pool)
    await tell(pool, is_away=True, at=BEFORE, request="r/1")
    await tell(pool, is_away=False, at=AT, request="r/2")
    for at, request in ((LATER, "r/3"), (AT, "r/2")):
        assert (await tell(pool, is_away=False, at=at, request=request)).request == "r/2"


async def test_another_tenant_suspends_nothing_and_a_channel_is_not_suspended_as_a_chat(pool: Pool) -> None:
    await make(pool)
    assert not (await tell(pool, is_away=True, at=AT, request="r/1", tenant=OTHER_TENANT)).is_away
    await chats.follow(pool, id=OPS, tenant=TENANT, is_away=True, at=AT, request="r/1")
    assert await pool.fetch("SELECT FROM conversation WHERE suspended_at IS NOT NULL") == []
    assert await chats.presence(pool, id=OPS, tenant=TENANT) is None


@pytest.mark.parametrize(("at", "expected"), [(BEFORE, False), (AT, False), (LATER, True)])
async def test_a_message_that_came_after_it_disproves_a_suspension(
    pool: Pool, at: datetime, expected: bool
) -> None:
    await make(pool)
    assert not await chats.needs_reviving(pool, id=CHAT, tenant=TENANT, at=LATER), "it is not suspended"
    await tell(pool, is_away=True, at=AT, request="r/1")
    assert await chats.needs_reviving(pool, id=CHAT, tenant=TENANT, at=at) is expected
    assert not await chats.needs_reviving(pool, id=CHAT, tenant=OTHER_TENANT, at=at)


async def test_a_revived_chat_is_revived_anew_until_its_runs_were_told_of_it(pool: Pool) -> None:
    await make(pool)
    await tell(pool, is_away=True, at=BEFORE, request="r/1")
    await tell(pool, is_away=False, at=AT, request="r/2")
    for told_by, is_told in ((None, False), ("r/1", False), ("r/2", True)):
        if told_by is not None:
            await chats.note_told(pool, id=CHAT, tenant=TENANT, request=told_by)
        assert (await make(pool)).is_told is is_told
        assert await chats.presence(pool, id=CHAT, tenant=TENANT) == Presence(False, "r/2", is_told)
        assert await chats.needs_reviving(pool, id=CHAT, tenant=TENANT, at=LATER) is not is_told
    await chats.note_told(pool, id=CHAT, tenant=OTHER_TENANT, request="r/3")
    assert (await make(pool)).is_told


async def test_a_chat_is_no_channel(pool: Pool) -> None:
    await make(pool)
    assert await conversations.find_channel(pool, id=CHAT, tenant=TENANT) is None


async def test_an_incident_that_is_followed_in_a_chat_keeps_the_accounts_subscription(pool: Pool) -> None:
    """Also while the bot is not in the chat: it may be added again any day."""
    await pool.execute("DELETE FROM connection")
    await make(pool)
    assert not await subscriptions.is_needed(pool, ACCOUNT)
    await pool.execute(
        "INSERT INTO incident_card (account, incident_id, conversation) VALUES ($1, 'Q1', $2)", ACCOUNT, CHAT
    )
    assert await subscriptions.is_needed(pool, ACCOUNT)
    await tell(pool, is_away=True, at=AT, request="r/1")
    assert await subscriptions.is_needed(pool, ACCOUNT)
    await pool.execute("UPDATE incident_card SET view = jsonb_build_object('status', 'resolved')")
    assert not await subscriptions.is_needed(pool, ACCOUNT)
