"""Suspensions: reasons by the newest activity, channels while any reason holds."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from muster.store import suspensions
from muster.store.pool import Pool, transaction
from muster.store.suspensions import Changed
from tests.support.company import ACCOUNT, ADA_AAD, CHECKOUT, LEDGER, OPS, TEAM, TENANT
from workflows.team_setup.changes import Change

pytestmark = pytest.mark.anyio

AT = datetime(2026, 11, 29, 10, tzinfo=UTC)


def change(reason: Any, second: int, *, channel: str | None = None, is_over: bool = False) -> Change:
    at = AT + timedelta(seconds=second)
    return Change(reason=reason, channel=channel, at=at, is_over=is_over, because="removed")


async def follow(pool: Pool, *changes: Change, request: str = "r/1", **of: str) -> tuple[Changed, ...]:
    async with transaction(pool) as connection:
        given = {"team": TEAM, "tenant": TENANT, **of}
        return await suspensions.follow(connection, changes=changes, request=request, **given)


async def suspended(pool: Pool) -> set[str]:
    return {
        row["id"] for row in await pool.fetch("SELECT id FROM conversation WHERE suspended_at IS NOT NULL")
    }


async def channels(pool: Pool) -> set[str]:
    return {row["id"] for row in await pool.fetch("SELECT id FROM conversation WHERE team = $1", TEAM)}


@pytest.mark.pooler_too
async def test_the_whole_team_is_suspended_and_revived(pool: Pool) -> None:
    assert "ops" in {one.name for one in await follow(pool, change("archived", 1))}
    assert await suspended(pool) == await channels(pool)
    changed = await follow(pool, change("archived", 2, is_over=True), request="r/2")
    assert ("ops", False) in changed
    assert await suspended(pool) == set()


async def test_a_request_that_is_asked_again_is_answered_the_same_and_changes_nothing(pool: Pool) -> None:
    first = await follow(pool, change("deleted", 1, channel=OPS))
    since = await pool.fetchval("SELECT suspended_at FROM conversation WHERE id = $1", OPS)
    assert first == (Changed("ops", is_suspended=True),)
    assert await follow(pool, change("deleted", 1, channel=OPS)) == first
    assert await pool.fetchval("SELECT suspended_at FROM conversation WHERE id = $1", OPS) == since
    assert await follow(pool, change("deleted", 1, channel=OPS), request="r/2") == ()


async def test_changes_in_any_order_and_number_come_to_the_same(pool: Pool) -> None:
    told = (
        change("deleted", 1, channel=OPS),
        change("deleted", 4, channel=OPS, is_over=True),
        change("archived", 2),
        change("archived", 3, is_over=True),
        change("removed", 5),
    )
    for number, order in enumerate(permutations(told)):
        await pool.execute("DELETE FROM suspension")
        for place, one in enumerate((*order, order[0])):
            await follow(pool, one, request=f"r/{number}/{place}")
        assert await suspended(pool) == await channels(pool)
        found = await pool.fetch("SELECT reason, is_over FROM suspension ORDER BY reason")
        assert [tuple(row) for row in found] == [("archived", True), ("deleted", True), ("removed", False)]


@pytest.mark.parametrize(
    ("back", "is_free"),
    [
        (change("deleted", 2, channel=OPS, is_over=True), True),
        (change("archived", 2, is_over=True), True),
        (change("removed", 2, is_over=True), True),
        (change("archived", 0, is_over=True), False),
        (change("deleted", 2, channel="19:another", is_over=True), False),
    ],
)
async def test_what_brings_back_ends_a_refusal_that_is_older_whichever_is_told_first(
    pool: Pool, back: Change, is_free: bool
) -> None:
    refused = change("refused", 1, channel=OPS)
    await follow(pool, refused)
    assert await suspended(pool) == {OPS}
    await follow(pool, back, request="r/2")
    assert await suspended(pool) == (set() if is_free else {OPS})
    await pool.execute("DELETE FROM suspension")
    await follow(pool, back, request="r/3")
    await follow(pool, refused, request="r/4")
    assert await suspended(pool) == (set() if is_free else {OPS})


async def flaps(pool: Pool, *, second: int) -> list[tuple[Changed, ...]]:
    """The bot is refused, somebody writes there, it is refused again: what people are told of it."""
    heard = change("refused", second + 1, channel=OPS, is_over=True)
    gone = change("deleted", second + 1, channel=OPS, is_over=True)
    told = [await follow(pool, change("refused", second, channel=OPS), request=f"r/{second}")]
    assert await suspended(pool) == {OPS}
    words = [one.model_copy(update={"because": "heard"}) for one in (gone, heard)]
    told.append(await follow(pool, *words, request=f"r/{second + 1}"))
    assert await suspended(pool) == set()
    told.append(await follow(pool, change("refused", second + 2, channel=OPS), request=f"r/{second + 2}"))
    assert await suspended(pool) == {OPS}
    return told


AWAY, BACK = (Changed("ops", is_suspended=True),), (Changed("ops", is_suspended=False),)


async def test_a_channel_in_which_people_may_write_and_the_bot_may_not_is_told_once(pool: Pool) -> None:
    assert await flaps(pool, second=1) == [AWAY, (), ()]
    assert await suspensions.connectors(pool, team=TEAM, request="r/3") == ()
    assert await flaps(pool, second=4) == [(), (), ()]
    back = await follow(pool, change("archived", 7, is_over=True), request="r/7")
    assert back == BACK, "an event of Teams says that the bot may write"
    assert await flaps(pool, second=8) == [AWAY, (), ()], "and what is refused after it is news"


@pytest.mark.parametrize("sent", ["card", "message"])
async def test_a_refusal_after_something_got_through_is_news(pool: Pool, sent: str) -> None:
    assert await flaps(pool, second=1) == [AWAY, (), ()]
    words = change("refused", 4, channel=OPS, is_over=True).model_copy(update={"because": "heard"})
    assert await follow(pool, words, request="r/4") == ()
    shown = AT + timedelta(seconds=5)
    await pool.execute(
        "INSERT INTO incident_card (account, incident_id, conversation, shown_at) VALUES ($1, 'Q1', $2, $3)"
        if sent == "card"
        else "INSERT INTO notice (subject, name, recipient, tenant, shown_at) "
        "SELECT 'connect/' || $1, 'connection/1', id, tenant, $3 FROM conversation WHERE id = $2",
        ACCOUNT,
        OPS,
        shown,
    )
    assert await follow(pool, change("refused", 6, channel=OPS), request="r/6") == AWAY


async def test_a_channel_that_is_away_for_another_reason_is_told_whatever_was_heard_before(
    pool: Pool,
) -> None:
    await flaps(pool, second=1)
    words = change("refused", 4, channel=OPS, is_over=True).model_copy(update={"because": "heard"})
    await follow(pool, words, request="r/4")
    assert await follow(pool, change("deleted", 5, channel=OPS), request="r/5") == AWAY
    assert await follow(pool, change("deleted", 6, channel=OPS, is_over=True), request="r/6") == BACK


async def test_a_channel_without_connections_is_suspended_and_not_named(pool: Pool) -> None:
    await pool.execute("DELETE FROM connection")
    assert await follow(pool, change("removed", 1)) == ()
    assert await suspended(pool) == await channels(pool)


async def test_channels_of_another_tenant_are_left_alone(pool: Pool) -> None:
    assert await follow(pool, change("removed", 1), tenant="33333333-3333-3333-3333-333333333333") == ()
    assert await suspended(pool) == set()


async def test_the_connections_of_revived_channels_are_told_until_the_channels_are_away_again(
    pool: Pool,
) -> None:
    await follow(pool, change("archived", 1))
    await pool.execute("UPDATE connection SET ended_at = now() WHERE service = $1", CHECKOUT)
    await follow(pool, change("archived", 2, is_over=True), request="r/2")
    found = await suspensions.revived(pool, team=TEAM, request="r/2")
    assert {one.service for one in found if one.conversation == OPS} == {LEDGER}, "what has ended is over"
    assert {one.account for one in found} == {ACCOUNT}
    assert await suspensions.revived(pool, team=TEAM, request="r/2") == found
    assert await suspensions.revived(pool, team=TEAM, request="r/1") == ()
    await follow(pool, change("archived", 3), request="r/3")
    assert await suspensions.revived(pool, team=TEAM, request="r/2") == ()


async def test_open_cards_are_those_of_suspended_channels_that_are_not_resolved(pool: Pool) -> None:
    for incident, view in (
        ("PNEW", None),
        ("POPEN", '{"status": "triggered"}'),
        ("PDONE", '{"status": "resolved"}'),
    ):
        await pool.execute(
            "INSERT INTO incident_card (account, incident_id, conversation, view) "
            "SELECT account, $1, id, $2::jsonb FROM conversation WHERE id = $3",
            incident,
            view,
            OPS,
        )
    assert await suspensions.open_cards(pool, team=TEAM, channels=None) == ()
    await follow(pool, change("deleted", 1, channel=OPS))
    for named in (None, {OPS}):
        cards = await suspensions.open_cards(pool, team=TEAM, channels=named)
        assert [card.incident_id for card in cards] == ["PNEW", "POPEN"]
    assert await suspensions.open_cards(pool, team=TEAM, channels={"19:another"}) == ()


async def test_open_cards_are_found_by_themselves_among_all_that_a_channel_ever_had(pool: Pool) -> None:
    await pool.execute(
        "INSERT INTO incident_card (account, incident_id, conversation, view) "
        "SELECT $1, 'Q' || number, $2, jsonb_build_object('status', "
        "CASE WHEN number > 5000 THEN 'triggered' ELSE 'resolved' END) FROM generate_series(1, 5003) number",
        ACCOUNT,
        OPS,
    )
    await pool.execute("ANALYZE incident_card, conversation")
    query = suspensions.QUERIES["open_cards"]
    explain = replace(query, sql=f"EXPLAIN {query.sql}")
    for plan in (
        await explain.fetch(pool, team=TEAM, channels=None),
        await pool.fetch("EXPLAIN SELECT account FROM followed_account"),
    ):
        assert "incident_card_unresolved" in "\n".join(row[0] for row in plan)


async def test_the_owner_is_who_installed_it_else_the_admin_who_authorized_it_where_linked(
    pool: Pool,
) -> None:
    assert await suspensions.owner(pool, TEAM) is None
    linked = await pool.fetchrow("SELECT aad_object_id, pagerduty_user FROM user_link ORDER BY id LIMIT 1")
    assert linked is not None
    await pool.execute("UPDATE team SET authorized_by = $1 WHERE id = $2", linked["pagerduty_user"], TEAM)
    found = await suspensions.owner(pool, TEAM)
    assert found is not None
    assert found.aad_object_id == linked["aad_object_id"]
    await pool.execute("UPDATE team SET installer = $1 WHERE id = $2", ADA_AAD, TEAM)
    found = await suspensions.owner(pool, TEAM)
    assert found is not None
    assert found.aad_object_id == ADA_AAD
