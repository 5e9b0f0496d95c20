"""Conversations: a channel belongs to a team, a chat to none, and each keeps its key."""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from muster.store import conversations
from muster.store.conversations import (
    ConversationUnknown,
    Kind,
    follow,
    label_of,
    service_url_of,
    upsert_channel,
)
from muster.store.pool import Pool, transaction
from tests.support.company import ACCOUNT, OPS, SERVICE_URL, TEAM, TENANT

pytestmark = pytest.mark.anyio

OTHER_TENANT = "33333333-3333-3333-3333-333333333333"
AT = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "name", "team", "label"),
    [
        ("channel", "ops", "Payments", "Payments/#ops"),
        ("group", "Incident 42 Checkout is slow", None, "chat “Incident 42 Checkout is slow”"),
        ("group", "", None, "unnamed chat"),
        ("personal", "Ada Ops", None, "Ada Ops"),
        ("personal", "", None, "private chat"),
    ],
)
def test_a_conversation_is_labelled_by_its_kind(kind: Kind, name: str, team: str | None, label: str) -> None:
    assert label_of(kind, name, team) == label


def a_conversation(**changes: Any) -> dict[str, Any]:
    return {
        "id": "19:chat@thread.v2",
        "kind": "group",
        "tenant": TENANT,
        "account": ACCOUNT,
        "team": None,
        "key": "incident-42",
        "name": "Incident 42",
        "service_url": SERVICE_URL,
        **changes,
    }


async def insert(pool: Pool, **values: Any) -> None:
    names = ", ".join(values)
    places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
    await pool.execute(f"INSERT INTO conversation ({names}) VALUES ({places})", *values.values())


async def write_channel(pool: Pool, id: str, *, team_name: str = "Payments", name: str = "ops") -> str:
    """Its key."""
    async with transaction(pool) as connection:
        await upsert_channel(
            connection,
            id=id,
            tenant=TENANT,
            account=ACCOUNT,
            team=TEAM,
            team_name=team_name,
            name=name,
            service_url=SERVICE_URL,
        )
    return str((await row(pool, id))["key"])


async def row(pool: Pool, id: str) -> dict[str, Any]:
    found = await pool.fetchrow("SELECT * FROM conversation WHERE id = $1", id)
    assert found is not None
    return dict(found)


@pytest.mark.parametrize("kind", ["group", "personal"])
async def test_a_chat_has_no_team(pool: Pool, kind: Kind) -> None:
    chat = a_conversation(kind=kind)
    await insert(pool, **chat)
    assert await row(pool, chat["id"]) == {
        **chat,
        "suspended_at": None,
        "suspended_by": None,
        "named_at": None,
        "membership_at": None,
        "told_by": None,
    }


async def test_a_channel_has_its_teams_tenant_and_account(pool: Pool) -> None:
    channel = await row(pool, OPS)
    assert (channel["kind"], channel["team"]) == ("channel", TEAM)
    assert (channel["tenant"], channel["account"]) == (TENANT, ACCOUNT)


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"kind": "channel"}, "conversation_team_of_channels"),
        ({"kind": "group", "team": TEAM}, "conversation_team_of_channels"),
        ({"kind": "personal", "team": TEAM}, "conversation_team_of_channels"),
        ({"kind": "meeting"}, "conversation_kind_check"),
        ({"kind": "channel", "team": "19:unknown@thread.tacv2"}, "conversation_team_fkey"),
        ({"kind": "channel", "team": TEAM, "tenant": "t2"}, "conversation_team_fkey"),
        ({"kind": "channel", "team": TEAM, "account": "emca"}, "conversation_team_fkey"),
        ({"key": "payments-ops"}, "conversation_key_key"),
        ({"tenant": "t3"}, "conversation_tenant_fkey"),
        ({"account": "unknown"}, "conversation_account_fkey"),
        ({"account": None}, "conversation_account_of_chats"),
    ],
)
async def test_a_conversation_that_makes_no_sense_is_refused_by_its_constraint(
    pool: Pool, changes: dict[str, Any], constraint: str
) -> None:
    await pool.execute("INSERT INTO pagerduty_account VALUES ('emca', 'emca', 'eu')")
    await pool.execute("INSERT INTO teams_tenant VALUES ('t2', 'Another')")
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        await insert(pool, **a_conversation(**changes))
    assert refused.value.constraint_name == constraint


async def test_a_channel_that_was_renamed_keeps_its_key(pool: Pool) -> None:
    assert await write_channel(pool, OPS, name="operations") == "payments-ops"
    assert (await row(pool, OPS))["name"] == "operations"


@pytest.mark.parametrize(
    ("team", "channels", "keys"),
    [
        ("Payments", ("ops", "Ops", "#ops!"), ["payments-ops-2", "payments-ops-3", "payments-ops-4"]),
        ("Payments & Co.", ("#ops / 24×7",), ["payments-co-ops-24-7"]),
        ("Zahlungsverkehr", ("Größe",), ["zahlungsverkehr-grosse"]),
        ("支払い", ("運用", "監視"), ["channel-1", "channel-2"]),
        ("a" * 100, ("b",), ["a" * 60]),
    ],
)
async def test_a_channels_key_can_be_read_and_is_its_own(
    pool: Pool, team: str, channels: tuple[str, ...], keys: list[str]
) -> None:
    drawn = [
        await write_channel(pool, f"19:{number}@thread.tacv2", team_name=team, name=name)
        for number, name in enumerate(channels)
    ]
    assert drawn == keys


ELSEWHERE = "https://smba.trafficmanager.net/emea/"


async def test_a_conversation_that_moved_is_found_where_it_lives_now(pool: Pool) -> None:
    await follow(pool, id=OPS, tenant=TENANT, service_url=ELSEWHERE)
    assert await service_url_of(pool, OPS) == ELSEWHERE
    with pytest.raises(ConversationUnknown):
        await service_url_of(pool, "19:nowhere@thread.tacv2")


@pytest.mark.parametrize(
    ("id", "tenant", "service_url"),
    [
        (OPS, "t2", ELSEWHERE),
        ("19:nowhere@thread.tacv2", TENANT, ELSEWHERE),
        (OPS, TENANT, SERVICE_URL),
        (OPS, TENANT, SERVICE_URL.rstrip("/")),
    ],
    ids=["another tenant's", "unknown", "the same", "the same without its slash"],
)
async def test_nothing_is_written_where_nothing_moved(
    pool: Pool, id: str, tenant: str, service_url: str
) -> None:
    version = "SELECT id, xmin::text, service_url FROM conversation ORDER BY id"
    before = await pool.fetch(version)
    await follow(pool, id=id, tenant=tenant, service_url=service_url)
    assert await pool.fetch(version) == before


async def test_a_channels_name_is_that_of_the_newest_activity_and_its_key_stays(pool: Pool) -> None:
    key = (await row(pool, OPS))["key"]
    await renamed(pool, "calls", at=AT)
    await renamed(pool, "night-calls", at=AT + timedelta(seconds=1))
    await renamed(pool, "calls", at=AT)
    assert ((await row(pool, OPS))["name"], (await row(pool, OPS))["key"]) == ("night-calls", key)


@pytest.mark.parametrize("of", [{"tenant": OTHER_TENANT}, {"team": "19:another@thread.tacv2"}])
async def test_a_channel_of_others_is_not_renamed(pool: Pool, of: dict[str, str]) -> None:
    name = (await row(pool, OPS))["name"]
    await renamed(pool, "theirs", at=AT, **of)
    assert (await row(pool, OPS))["name"] == name


async def renamed(pool: Pool, name: str, *, at: datetime, **of: str) -> None:
    await conversations.rename(pool, id=OPS, name=name, at=at, **{"team": TEAM, "tenant": TENANT, **of})
