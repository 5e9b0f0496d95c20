"""Connections: one of a service and a channel at a time, its click known again, kept when it has ended."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from muster.store import connections, notices, subscriptions
from muster.store.notices import NoticeKey
from muster.store.pool import Pool
from muster.store.targets import find_and_register
from tests.support.company import ACCOUNT, CHECKOUT, OPS, RELEASES, TENANT
from workflows.connect_channel.activities import ConnectionRecorded, EndConnection, RecordConnection
from workflows.connect_channel.state import Connection
from workflows.person import Person

pytestmark = pytest.mark.anyio

ADA = Person(aad_object_id="ada", teams_id="29:ada", name="Ada Ops")
BEN = Person(aad_object_id="ben", teams_id="29:ben", name="Ben Ops")
SEARCH = "PSVCNEW"
SUBJECT = f"connect/payments-ops/{SEARCH}"


def asked(request: str = "click-1", *, by: Person = ADA, **more: Any) -> RecordConnection:
    return RecordConnection(
        **{
            "tenant": TENANT,
            "account": ACCOUNT,
            "service": SEARCH,
            "service_name": "Search",
            "conversation": OPS,
            "subject": SUBJECT,
            "request": request,
            "person": by,
            **more,
        }
    )


async def recorded(pool: Pool, request: RecordConnection | None = None) -> Connection:
    result = await connections.record(pool, request or asked())
    assert result.unrecorded is None
    assert result.connection is not None
    return result.connection


async def ended(pool: Pool, row: Connection, *, by: Person = BEN, request: str = "command-1") -> Connection:
    ended = await connections.end(pool, EndConnection(connection=row.id, request=request, person=by))
    assert ended is not None
    return ended


async def live(pool: Pool) -> Connection | None:
    return await connections.live(pool, account=ACCOUNT, service=SEARCH, conversation=OPS)


async def entered(pool: Pool, service: str) -> list[str]:
    """Where an incident of the service enters that is created now."""
    found = await find_and_register(
        pool,
        account=ACCOUNT,
        incident_id=f"Q-{service}",
        service=service,
        is_open=True,
        just_matched=True,
        created_at=datetime.now(UTC),
    )
    return [target.conversation.id for target in found.cards]


async def test_a_connection_says_by_whom_and_since_when(pool: Pool) -> None:
    row = await recorded(pool)
    assert (row.by, row.service_name, row.ended_at) == ("Ada Ops", "Search", None)
    assert await live(pool) == row
    assert await entered(pool, SEARCH) == [OPS]


@pytest.mark.pooler_too
async def test_the_same_click_again_finds_its_row(pool: Pool) -> None:
    assert await recorded(pool) == await recorded(pool)


async def test_another_click_finds_who_was_first(pool: Pool) -> None:
    first = await recorded(pool)
    second = await connections.record(pool, asked("click-2", by=BEN))
    assert second == ConnectionRecorded(connection=first, unrecorded="already_connected")


async def test_two_clicks_at_once_make_one_row(pool: Pool) -> None:
    results = await asyncio.gather(*(connections.record(pool, asked(f"click-{n}")) for n in range(2)))
    assert sorted(str(result.unrecorded) for result in results) == ["None", "already_connected"]
    assert len({result.connection.id for result in results if result.connection}) == 1


async def test_the_first_of_a_channel_is_one_even_when_two_are_made_at_once(pool: Pool) -> None:
    await pool.execute("DELETE FROM connection")
    results = await asyncio.gather(
        *(connections.record(pool, asked(f"click-{n}", service=f"PSVCN{n}")) for n in range(3))
    )
    assert sum(result.connection.is_first for result in results if result.connection) == 1
    assert (await recorded(pool, asked("click-9", conversation=RELEASES))).is_first, "of its own channel"


async def test_an_ended_connection_is_kept_and_nothing_enters_by_it(pool: Pool) -> None:
    row = await recorded(pool)
    first = await ended(pool, row)
    assert (first.id, first.by, first.ended_by) == (row.id, "Ada Ops", "Ben Ops")
    assert await live(pool) is None
    assert await entered(pool, SEARCH) == []
    again = await ended(pool, row, by=ADA, request="command-2")
    assert again == first, "what has ended stays as it ended"


async def test_a_subscription_is_needed_until_the_last_connection_has_ended(pool: Pool) -> None:
    await pool.execute("DELETE FROM connection")
    assert not await subscriptions.is_needed(pool, ACCOUNT)
    row = await recorded(pool)
    assert await subscriptions.is_needed(pool, ACCOUNT)
    await ended(pool, row)
    assert not await subscriptions.is_needed(pool, ACCOUNT)


async def test_incidents_that_are_there_are_followed_after_the_end(pool: Pool) -> None:
    row = await recorded(pool)
    await entered(pool, SEARCH)
    await ended(pool, row)
    assert await entered(pool, SEARCH) == [OPS]


async def test_connected_anew_is_another_row_and_not_the_channels_first(pool: Pool) -> None:
    await pool.execute("DELETE FROM connection")
    first = await recorded(pool)
    await ended(pool, first)
    again = await recorded(pool, asked("click-2", by=BEN))
    assert again.id != first.id
    assert (first.is_first, again.is_first) == (True, False)


async def test_a_click_whose_connection_was_ended_makes_no_other_one(pool: Pool) -> None:
    row = await recorded(pool)
    await ended(pool, row)
    assert await connections.record(pool, asked()) == ConnectionRecorded(unrecorded="ended_since")
    assert await live(pool) is None


@pytest.mark.parametrize(
    ("change", "unrecorded"),
    [
        ("UPDATE conversation SET suspended_at = now()", "channel_suspended"),
        ("UPDATE team SET removed_at = now()", "channel_gone"),
        (
            "WITH gone AS (UPDATE team SET removed_at = now()) UPDATE conversation SET suspended_at = now()",
            "channel_gone",
        ),
        ("UPDATE team SET account = NULL", "team_not_authorized"),
    ],
)
async def test_a_channel_that_cannot_have_it_gets_none(pool: Pool, change: str, unrecorded: str) -> None:
    await pool.execute(change)
    assert (await connections.record(pool, asked())).unrecorded == unrecorded
    assert await live(pool) is None


@pytest.mark.parametrize("more", [{"conversation": "19:nowhere"}, {"tenant": "another"}])
async def test_a_channel_that_is_not_the_tenants_is_not_there(pool: Pool, more: dict[str, Any]) -> None:
    assert (await connections.record(pool, asked(**more))).unrecorded == "channel_gone"


async def test_the_pressed_card_goes_on_as_the_connections(pool: Pool) -> None:
    row = await recorded(pool, asked(message="17"))
    found = await notices.find(pool, conversation=OPS, activity_id="17")
    assert found == NoticeKey(SUBJECT, f"connection/{row.id}", OPS)
    message = await notices.message(pool, found)
    assert message is not None
    assert (message.conversation, message.activity_id, message.content) == (OPS, "17", None)


async def test_a_seeded_connection_was_made_by_nobody(pool: Pool) -> None:
    found = await connections.live(pool, account=ACCOUNT, service=CHECKOUT, conversation=OPS)
    assert found is not None
    assert found.by is None


@pytest.mark.pooler_too
async def test_a_request_ends_one_connection_and_none_that_was_made_after_it(pool: Pool) -> None:
    first = await recorded(pool)
    told = await ended(pool, first)
    second = await recorded(pool, asked("click-2"))
    assert await ended(pool, second, by=ADA) == told, "the command of then comes again"
    assert await live(pool) == second
    assert (await ended(pool, second, request="command-2")).ended_at is not None


async def test_what_is_connected_to_a_channel_comes_by_name(pool: Pool) -> None:
    await pool.execute("DELETE FROM connection")
    await connections.upsert(
        pool, account=ACCOUNT, service=CHECKOUT, service_name="Checkout", conversation=OPS
    )
    search = await recorded(pool, asked(service_name="admin search"))
    gone = await recorded(pool, asked("click-2", service="PSVCGONE", service_name="Gone"))
    await ended(pool, gone)
    await recorded(pool, asked("click-3", service="PSVCTHERE", conversation=RELEASES))
    found = await connections.of_conversation(pool, OPS)
    assert [(one.name, one.service, one.account, one.by) for one in found] == [
        ("admin search", SEARCH, ACCOUNT, "Ada Ops"),
        ("Checkout", CHECKOUT, ACCOUNT, None),
    ]
    assert found[0].since == search.since
