"""Teams that are gone for good: forgotten whole, by one commit, and no other."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from muster.security.sealing import KeyRing
from muster.store import chats, connections, forgetting, link_offers, links, suspensions, teams
from muster.store.forgetting import Gone
from muster.store.pool import Pool, transaction
from tests.support.company import (
    ACCOUNT,
    ADA_AAD,
    BO_AAD,
    CHECKOUT,
    LEDGER,
    OPS,
    RELEASES,
    TEAM,
    TENANT,
)
from tests.support.settings import KEYS
from workflows.team_setup.changes import Change

pytestmark = pytest.mark.anyio

MONTH = timedelta(days=30)
CHAT = "19:chat@thread.v2"
OTHER, OTHER_CHANNEL = "19:other@thread.tacv2", "19:other-ops@thread.tacv2"
TEAMS_ROWS = ("connection", "incident_card", "conversation", "suspension", "link_offer", "notice", "team")


async def is_removed(pool: Pool, *, days: float, team: str = TEAM, because: Any = "removed") -> datetime:
    """The app left the team so long ago, by Teams' time; its rows know it."""
    at = datetime.now(UTC) - timedelta(days=days)
    change = Change(reason="removed", channel=None, at=at, is_over=False, because=because)
    async with transaction(pool) as connection:
        await suspensions.follow(
            connection, team=team, tenant=TENANT, changes=(change,), request=f"{because}/{at}"
        )
        if because != "teamHardDeleted":
            await teams.note_membership(connection, team, at=at, removed=True)
    return at


async def due(pool: Pool, account: str = ACCOUNT, **more: Any) -> list[str]:
    found = await forgetting.due(pool, account, **{"after": "", "age": MONTH, "most": 10, **more})
    return [one.id for one in found]


async def forget(pool: Pool, team: str = TEAM) -> bool:
    key = await pool.fetchval("SELECT key FROM team WHERE id = $1", team)
    return await forgetting.forget(pool, Gone(team, key or ""), age=MONTH)


async def has_other_team(pool: Pool, *, account: str | None = ACCOUNT) -> None:
    """One more team of the tenant, whose one channel shows what Checkout tells."""
    await teams.first_seen(
        pool, id=OTHER, tenant=TENANT, name="Other", aad_group_id=None, service_url="http://127.0.0.1:1"
    )
    await pool.execute("UPDATE team SET account = $2 WHERE id = $1", OTHER, account)
    await pool.execute(
        "INSERT INTO conversation (id, kind, tenant, account, team, key, name, service_url) "
        "VALUES ($1, 'channel', $2, $3, $4, 'other-ops', 'ops', 'http://127.0.0.1:1')",
        OTHER_CHANNEL,
        TENANT,
        account,
        OTHER,
    )
    if account is not None:
        await connections.upsert(
            pool, account=account, service=CHECKOUT, service_name="Checkout", conversation=OTHER_CHANNEL
        )


async def rows(pool: Pool, tables: Iterable[str] = TEAMS_ROWS) -> dict[str, int]:
    return {table: await pool.fetchval(f"SELECT count(*) FROM {table}") for table in tables}


async def linked(pool: Pool) -> set[str]:
    return {row["aad_object_id"] for row in await pool.fetch("SELECT aad_object_id FROM user_link")}


async def has_all_kinds_of_rows(pool: Pool) -> None:
    """A card, an offer and messages of the team, beside what the company has."""
    await pool.execute(
        "INSERT INTO incident_card (account, incident_id, conversation) VALUES ($1, 'Q1', $2)", ACCOUNT, OPS
    )
    await pool.execute(
        "INSERT INTO notice (subject, name, recipient, tenant) "
        "SELECT 'setup/' || key, 'installer/1', $1, tenant FROM team WHERE id = $2 "
        "UNION ALL SELECT 'connect/payments-ops/PSVC001', 'connection/1', $3, tenant FROM team WHERE id = $2",
        ADA_AAD,
        TEAM,
        OPS,
    )
    await link_offers.make(
        pool,
        KeyRing.parse(KEYS),
        kind="authorize",
        tenant=TENANT,
        team=TEAM,
        account=ACCOUNT,
        request="r/1",
        life=timedelta(hours=1),
    )


async def test_messages_of_channels_are_found_by_their_recipient(pool: Pool) -> None:
    await pool.execute(
        "INSERT INTO notice (subject, name, recipient, tenant) "
        "SELECT 'setup/x', 'installer/' || number, 'person-' || number, $1 "
        "FROM generate_series(1, 5000) number",
        TENANT,
    )
    await pool.execute("ANALYZE notice, conversation")  # the last tests' counts are not this test's
    query = forgetting.QUERIES["delete_channel_notices"]
    plan = await replace(query, sql=f"EXPLAIN {query.sql}").fetch(pool, team=TEAM)
    assert "notice_of_recipient" in "\n".join(row[0] for row in plan)


@pytest.mark.pooler_too
async def test_a_team_that_was_left_30_days_ago_is_forgotten_with_all_that_hangs_on_it(pool: Pool) -> None:
    await has_all_kinds_of_rows(pool)
    await is_removed(pool, days=30.01)
    assert await due(pool) == [TEAM]
    assert await forget(pool)
    assert await rows(pool) == dict.fromkeys(TEAMS_ROWS, 0)
    assert await due(pool) == []
    assert not await forget(pool), "it is forgotten already"


async def test_a_team_that_is_there_or_was_left_lately_is_kept(pool: Pool) -> None:
    before = await rows(pool)
    assert await due(pool) == []
    await is_removed(pool, days=29.9)
    assert await due(pool) == []
    assert not await forget(pool)
    assert await rows(pool) == {**before, "suspension": 1}
    assert await linked(pool) == {ADA_AAD, BO_AAD}


async def test_a_team_that_was_deleted_for_good_is_forgotten_at_once(pool: Pool) -> None:
    await is_removed(pool, days=0.2, because="teamDeleted")
    assert await due(pool) == []
    await is_removed(pool, days=0.1, because="teamHardDeleted")
    assert await due(pool) == [TEAM]
    assert await forget(pool)


async def test_a_team_that_came_back_is_kept_also_by_whoever_looked_before(pool: Pool) -> None:
    await is_removed(pool, days=31)
    (gone,) = await forgetting.due(pool, ACCOUNT, after="", age=MONTH, most=10)
    await teams.note_membership(pool, TEAM, at=datetime.now(UTC), removed=False)
    assert not await forgetting.forget(pool, gone, age=MONTH)
    await is_removed(pool, days=0, because="teamDeleted")
    assert await due(pool) == [], "the month begins anew"


async def test_what_was_deleted_for_good_counts_no_more_after_a_return(pool: Pool) -> None:
    await is_removed(pool, days=3, because="teamDeleted")
    await is_removed(pool, days=2, because="teamHardDeleted")
    at = datetime.now(UTC) - timedelta(days=1)
    back = Change(reason="removed", channel=None, at=at, is_over=True, because="teamRestored")
    async with transaction(pool) as connection:
        await suspensions.follow(connection, team=TEAM, tenant=TENANT, changes=(back,), request="back")
        await teams.note_membership(connection, TEAM, at=at, removed=False)
    await is_removed(pool, days=0.5)
    assert await due(pool) == []


async def test_the_links_of_a_tenant_end_with_its_last_team_of_the_account_and_are_to_be_told(
    pool: Pool,
) -> None:
    offer = await link_offers.make_personal(
        pool, tenant=TENANT, person=ADA_AAD, account=ACCOUNT, request="r/1", life=timedelta(hours=1)
    )
    await has_other_team(pool)
    await is_removed(pool, days=31)
    assert await forget(pool)
    assert await linked(pool) == {ADA_AAD, BO_AAD}, "another team of theirs belongs to the account"
    await is_removed(pool, days=31, team=OTHER)
    assert await forget(pool, OTHER)
    assert await linked(pool) == set()
    untold = await links.untold(pool, ACCOUNT)
    assert {(one.aad_object_id, one.reason) for one in untold} == {
        (ADA_AAD, "teams_gone"),
        (BO_AAD, "teams_gone"),
    }
    assert await pool.fetchval("SELECT ended_as FROM link_offer WHERE id = $1", offer.id) == "removed"


async def test_a_team_of_no_account_is_forgotten_and_ends_nobodys_link(pool: Pool) -> None:
    await has_other_team(pool, account=None)
    await is_removed(pool, days=31, team=OTHER)
    assert await due(pool, "umbrella") == [OTHER]
    assert await forget(pool, OTHER)
    assert await linked(pool) == {ADA_AAD, BO_AAD}
    assert (await rows(pool))["team"] == 1


async def test_the_rows_of_other_teams_stay(pool: Pool) -> None:
    await has_other_team(pool)
    before = await pool.fetch("SELECT * FROM connection WHERE conversation = $1", OTHER_CHANNEL)
    await is_removed(pool, days=31)
    assert await forget(pool)
    assert await pool.fetch("SELECT * FROM connection") == before
    assert await pool.fetchval("SELECT array_agg(id) FROM conversation") == [OTHER_CHANNEL]


async def test_teams_are_due_in_the_order_of_their_ids_and_by_account(pool: Pool) -> None:
    await has_other_team(pool)
    for team in (TEAM, OTHER):
        await is_removed(pool, days=31, team=team)
    assert await due(pool) == sorted([TEAM, OTHER])
    assert await due(pool, most=1) == [min(TEAM, OTHER)]
    assert await due(pool, after=min(TEAM, OTHER)) == [max(TEAM, OTHER)]
    assert await due(pool, "umbrella") == []


async def test_the_same_key_is_free_and_knows_nothing_of_the_team_before(pool: Pool) -> None:
    await has_all_kinds_of_rows(pool)
    key = await pool.fetchval("SELECT key FROM team")
    await is_removed(pool, days=31)
    await forget(pool)
    team = await teams.first_seen(
        pool, id=OTHER, tenant=TENANT, name="Payments", aad_group_id=None, service_url="http://127.0.0.1:1"
    )
    assert (team.key, team.account, team.step) == (key, None, None)
    assert await pool.fetchval("SELECT count(*) FROM notice WHERE subject = $1", f"setup/{key}") == 0


# Who connected them, and what is disproved


async def told(pool: Pool, request: str) -> dict[str, dict[str, dict[str, tuple[str, ...]]]]:
    found = await suspensions.connectors(pool, team=TEAM, request=request)
    return {
        one.person.name: {
            "suspended": {each.channel: each.services for each in one.suspended},
            "revived": {each.channel: each.services for each in one.revived},
        }
        for one in found
    }


async def test_whoever_connected_a_channel_that_a_request_has_changed_is_known_with_their_services(
    pool: Pool,
) -> None:
    await pool.execute("UPDATE connection SET connected_by = $1", ADA_AAD)
    await pool.execute(
        "UPDATE connection SET connected_by = $1 WHERE service = $2 AND conversation = $3",
        BO_AAD,
        LEDGER,
        OPS,
    )
    await pool.execute(
        "INSERT INTO connection (account, service, service_name, conversation, connected_by, ended_at) "
        "VALUES ($1, 'PENDED', 'Ended', $2, $3, now())",
        ACCOUNT,
        OPS,
        BO_AAD,
    )
    at = datetime.now(UTC)
    change = Change(reason="archived", channel=None, at=at, is_over=False, because="teamArchived")
    async with transaction(pool) as connection:
        await suspensions.follow(connection, team=TEAM, tenant=TENANT, changes=(change,), request="away")
    away = await told(pool, "away")
    names = {row["service"]: row["service_name"] for row in await pool.fetch("SELECT * FROM connection")}
    assert away["Bo Call"] == {"suspended": {"ops": (names[LEDGER],)}, "revived": {}}
    assert away["Ada Ops"]["suspended"]["ops"] == (names[CHECKOUT],)
    assert await told(pool, "another") == {}
    over = change.model_copy(update={"at": at + timedelta(seconds=1), "is_over": True})
    async with transaction(pool) as connection:
        await suspensions.follow(connection, team=TEAM, tenant=TENANT, changes=(over,), request="back")
    assert {name: one["revived"] for name, one in (await told(pool, "back")).items()} == {
        name: one["suspended"] for name, one in away.items()
    }


@pytest.mark.parametrize(
    ("reason", "channel", "is_disproved"),
    [
        ("refused", OPS, True),
        ("deleted", OPS, True),
        ("removed", None, True),
        ("archived", None, False),
        ("refused", RELEASES, False),
    ],
)
async def test_what_comes_from_a_channel_disproves_what_would_keep_the_bot_out_of_it(
    pool: Pool, reason: Any, channel: str | None, is_disproved: bool
) -> None:
    at = datetime.now(UTC)
    change = Change(reason=reason, channel=channel, at=at, is_over=False, because="refused")
    async with transaction(pool) as connection:
        await suspensions.follow(connection, team=TEAM, tenant=TENANT, changes=(change,), request="away")
        if reason == "removed":
            await teams.note_membership(connection, TEAM, at=at, removed=True)
    later = at + timedelta(seconds=1)
    assert await suspensions.is_disproved(pool, channel=OPS, tenant=TENANT, at=later) is is_disproved
    assert not await suspensions.is_disproved(pool, channel=OPS, tenant=TENANT, at=at)
    assert not await suspensions.is_disproved(pool, channel=OPS, tenant=ADA_AAD, at=later)


async def test_what_comes_from_a_team_that_is_known_to_be_back_brings_no_channel_back(pool: Pool) -> None:
    at = await is_removed(pool, days=31)
    await teams.note_membership(pool, TEAM, at=datetime.now(UTC), removed=False)
    assert not await suspensions.is_disproved(
        pool, channel=OPS, tenant=TENANT, at=at + timedelta(days=31, seconds=1)
    )


async def test_whether_a_team_is_away_and_for_good_is_known_until_it_is_back(pool: Pool) -> None:
    assert await suspensions.away(pool, TEAM) is None
    await is_removed(pool, days=3)
    assert await suspensions.away(pool, TEAM) == "for_now"
    await is_removed(pool, days=2, because="teamHardDeleted")
    assert await suspensions.away(pool, TEAM) == "for_good"
    at = datetime.now(UTC)
    back = Change(reason="removed", channel=None, at=at, is_over=True, because="installed")
    async with transaction(pool) as connection:
        await suspensions.follow(connection, team=TEAM, tenant=TENANT, changes=(back,), request="back")
    assert await suspensions.away(pool, TEAM) is None


# Chats


async def has_a_chat(pool: Pool, id: str = CHAT, *, account: str = ACCOUNT) -> None:
    """A chat with a card and a message."""
    async with transaction(pool) as connection:
        await chats.find_or_make(
            connection,
            id=id,
            tenant=TENANT,
            account=account,
            number=42,
            name="Incident 42",
            service_url="http://127.0.0.1:1",
            at=datetime.now(UTC) - timedelta(days=365),
        )
    await pool.execute(
        "INSERT INTO incident_card (account, incident_id, conversation) VALUES ($1, 'Q1', $2)", ACCOUNT, id
    )
    await pool.execute(
        "INSERT INTO notice (subject, name, recipient, tenant) VALUES ('chat', 'note/1', $1, $2)", id, TENANT
    )


async def bot_is_in(pool: Pool, is_in: bool, *, days: float, chat: str = CHAT) -> None:
    at = datetime.now(UTC) - timedelta(days=days)
    await chats.follow(pool, id=chat, tenant=TENANT, is_away=not is_in, at=at, request=f"{is_in}/{days}")


async def chats_due(pool: Pool, account: str = ACCOUNT, **more: Any) -> list[Gone]:
    return list(await forgetting.chats_due(pool, account, **{"after": "", "age": MONTH, "most": 10, **more}))


@pytest.mark.parametrize(("days", "is_due"), [(29.9, False), (30.1, True)])
async def test_a_chat_that_the_bot_left_is_due_after_thirty_days_of_teams_time(
    pool: Pool, days: float, is_due: bool
) -> None:
    await has_a_chat(pool)
    assert await chats_due(pool) == []
    await bot_is_in(pool, False, days=days)
    assert await chats_due(pool) == ([Gone(CHAT, "chat-42", "chat")] if is_due else [])
    assert await chats_due(pool, "umbrella") == []
    assert await chats_due(pool, after=CHAT) == []
    assert await chats_due(pool, most=0) == []


async def test_a_chat_is_due_by_each_account_whose_incidents_it_shows(pool: Pool) -> None:
    """The account that it was made for may be configured no more, and no upkeep of it runs."""
    await pool.execute("INSERT INTO pagerduty_account VALUES ('emca', 'emca', 'eu')")
    await has_a_chat(pool, account="emca")
    await bot_is_in(pool, False, days=31)
    chat = Gone(CHAT, "chat-42", "chat")
    for account, expected in ((ACCOUNT, [chat]), ("emca", [chat]), ("umbrella", [])):
        assert await chats_due(pool, account) == expected
    assert await forgetting.forget(pool, chat, age=MONTH)
    assert await pool.fetchval("SELECT count(*) FROM incident_card") == 0
    assert await chats_due(pool, "emca") == []


async def test_a_forgotten_chat_leaves_nothing_and_takes_nothing_of_others(pool: Pool) -> None:
    await has_all_kinds_of_rows(pool)
    before = await rows(pool)
    await has_a_chat(pool)
    await bot_is_in(pool, False, days=31)
    assert await forgetting.forget(pool, Gone(CHAT, "chat-42", "chat"), age=MONTH)
    assert await rows(pool) == before
    assert not await forgetting.forget(pool, Gone(CHAT, "chat-42", "chat"), age=MONTH), "it is done"


async def test_a_chat_to_which_the_bot_came_back_is_kept_also_by_whoever_looked_before(pool: Pool) -> None:
    await has_a_chat(pool)
    await bot_is_in(pool, False, days=60)
    (chat,) = await chats_due(pool)
    await bot_is_in(pool, True, days=0)
    assert not await forgetting.forget(pool, chat, age=MONTH)
    assert await chats.find(pool, id=CHAT, tenant=TENANT) is not None
