"""Answers of REST shared by an incident's channels, and the locks around them."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest

from muster.store.details import lock_incident, read_details, store_details
from muster.store.pool import Connection, Pool, transaction
from tests.support.company import ACCOUNT
from tests.support.waiting import eventually
from workflows.incident.events import Details
from workflows.incident.stamps import Stamp
from workflows.incident.values import Snapshot

pytestmark = pytest.mark.anyio

AT = datetime(2026, 1, 1, 10, 0, 0, 123_000, tzinfo=UTC)


def stamp(seconds: float = 0, event_id: str = "02E") -> Stamp:
    return Stamp(at=AT + timedelta(seconds=seconds), event_id=event_id)


def answer(covers: Stamp, title: str = "Slow") -> Details:
    return Details(
        snapshot=Snapshot(title=title, status="triggered"),
        status_changed_at=AT.replace(microsecond=0),
        read_for=covers,
    )


async def store(pool: Pool, details: Details) -> None:
    async with pool.acquire() as connection:
        await store_details(connection, ACCOUNT, "Q1", details)


async def read(pool: Pool, wanted: Stamp, incident_id: str = "Q1") -> Details | None:
    async with pool.acquire() as connection:
        stored = await read_details(connection, ACCOUNT, incident_id, wanted)
    return stored.details if stored and stored.covers else None


async def test_nothing_is_stored_at_first(pool: Pool) -> None:
    assert await read(pool, stamp()) is None


@pytest.mark.parametrize(
    ("wanted", "serves"),
    [
        (stamp(), True),
        (stamp(-1), True),
        (stamp(event_id="01E"), True),
        (stamp(event_id="03E"), False),
        (stamp(0.000001, event_id="01E"), False),
        (stamp(1), False),
    ],
)
async def test_an_answer_serves_for_the_events_that_it_includes(
    pool: Pool, wanted: Stamp, serves: bool
) -> None:
    await store(pool, answer(stamp()))
    assert await read(pool, wanted) == (answer(stamp()) if serves else None)
    assert await read(pool, wanted, incident_id="Q2") is None


@pytest.mark.parametrize(
    ("second", "kept"),
    [
        (stamp(1), "second"),
        (stamp(event_id="03E"), "second"),
        (stamp(), "second"),
        (stamp(event_id="01E"), "first"),
        (stamp(-1), "first"),
    ],
)
async def test_an_older_answer_does_not_replace_a_newer_one(pool: Pool, second: Stamp, kept: str) -> None:
    """Of two for the same event, the later one was read later."""
    await store(pool, answer(stamp(), "first"))
    await store(pool, answer(second, "second"))
    found = await read(pool, stamp(-9))
    assert found is not None
    assert found.snapshot.title == kept


async def lock(connection: Connection, purpose: Literal["read", "write"], incident_id: str = "Q1") -> None:
    async with asyncio.timeout(5):
        await lock_incident(connection, purpose, ACCOUNT, incident_id)


async def test_locks_of_one_purpose_exclude_each_other(pool: Pool) -> None:
    async with transaction(pool) as second:
        async with transaction(pool) as first:
            await lock(first, "write")
            waiting = asyncio.create_task(lock(second, "write"))
            await eventually(
                lambda: pool.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"), within=5
            )
            assert not waiting.done()
        await waiting


async def test_a_read_does_not_hold_up_a_click_nor_one_incident_another(pool: Pool) -> None:
    async with transaction(pool) as first, transaction(pool) as second, transaction(pool) as third:
        await lock(first, "read")
        await lock(second, "write")
        await lock(third, "write", "Q2")
