"""A send that began goes on although its activity is gone, and the next call for its card finds its outcome.

Temporal gives up the activities of a worker that misses its heartbeats, as a starved one does, and asks for
the same again: the same worker or another.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from muster.clients.teams.connector import ConnectorClient
from muster.store.pool import Pool
from tests.activities.card import AS_OF, Card, OneWorker, failure, one_worker, through
from tests.api.outage import line_to
from tests.support.teams_service import TeamsService
from tests.support.waiting import eventually
from workflows.channel_incident.activities import Shown

pytestmark = pytest.mark.anyio

LATER = AS_OF + timedelta(seconds=4)
"""When the run asks again: it has waited for a heartbeat, and for its back-off."""


@pytest.fixture
async def worker(connector: ConnectorClient, database_url: str) -> AsyncIterator[OneWorker]:
    async with one_worker(connector, database_url) as worker:
        yield worker


@pytest.fixture
async def other(connector: ConnectorClient, database_url: str) -> AsyncIterator[OneWorker]:
    async with one_worker(connector, database_url) as worker:
        yield worker


async def asked(teams_side: TeamsService, calls: int = 1) -> None:
    """The connector has been asked so often."""
    await teams_side.until(lambda: len(teams_side.asked) >= calls)


async def living(teams_side: TeamsService) -> list[str]:
    """The messages that are there, by id."""
    return [message["id"] for message in await teams_side.messages() if message["deleted_at"] is None]


# The same worker is asked again


@pytest.mark.pooler_too
async def test_the_next_call_for_a_card_waits_for_a_post_that_goes_on_and_edits_its_message(
    worker: OneWorker, card: Card, teams_side: TeamsService
) -> None:
    await teams_side.fault("create", "slow", seconds=0.5)
    await worker.show_and_give_up(card.at(1), asked(teams_side))
    shown = await worker.show(card.at(2, marker="m2", status="acknowledged"), asked_at=LATER)
    (message,) = await teams_side.messages()
    assert shown == Shown(activity_id=message["id"], orphans=0, found=True)
    assert "Acknowledged" in json.dumps(message["versions"][-1])
    row = await card.row()
    assert (row.activity_id, row.marker, row.revision, row.unknown) == (message["id"], "m2", 2, False)


async def test_a_message_that_shows_what_is_wanted_is_not_edited(
    worker: OneWorker, card: Card, teams_side: TeamsService
) -> None:
    """A starved worker records what it has sent, and cannot tell it in time, again and again."""
    posted = await worker.show(card.at(1))
    shown = await worker.show(card.at(1, marker="m2"), asked_at=LATER)
    assert shown == posted.model_copy(update={"found": True, "marker": "m1"})
    assert len(teams_side.asked) == 1
    assert (await card.row()).marker == "m1", "which the message carries"


async def test_every_call_is_given_up_and_there_is_one_message(
    worker: OneWorker, card: Card, teams_side: TeamsService
) -> None:
    await teams_side.fault("create", "slow", seconds=0.5)
    await worker.show_and_give_up(card.at(1), asked(teams_side))
    again = [
        asyncio.create_task(worker.show(card.at(1, marker=f"m{number}"), asked_at=LATER))
        for number in range(2, 6)
    ]
    await asyncio.sleep(0)  # they begin, and wait
    for calling in again[:-1]:
        calling.cancel()
    await asyncio.wait(again)
    assert again[-1].result().found
    assert await living(teams_side) == [(await card.row()).activity_id]
    assert (await card.row()).orphans == 0


async def test_a_call_that_is_given_up_before_its_intent_is_committed_holds_up_the_next(
    worker: OneWorker, card: Card, teams_side: TeamsService, pool: Pool
) -> None:
    async with pool.acquire() as holding, holding.transaction():
        await holding.execute("SELECT FROM incident_card FOR UPDATE")

        async def waits_for_the_row() -> bool:
            return bool(
                await pool.fetchval("SELECT true FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            )

        await worker.show_and_give_up(card.at(1), eventually(waits_for_the_row))
        again = asyncio.create_task(worker.show(card.at(1, marker="m2"), asked_at=LATER))
    assert (await again).found
    assert len(await teams_side.messages()) == 1
    assert (await card.row()).orphans == 0


async def test_a_call_does_not_wait_for_ever_for_a_send_that_goes_on(
    connector: ConnectorClient, database_url: str, card: Card, teams_side: TeamsService
) -> None:
    async with one_worker(connector, database_url, patience=0.1) as worker:
        await teams_side.fault("create", "slow", seconds=1)
        await worker.show_and_give_up(card.at(1), asked(teams_side))
        assert (await failure(worker.show, card.at(1, marker="m2")))[:2] == ("Conflict", True)
        assert len(teams_side.asked) == 1
        assert (await card.row()).unknown, "the intent is that of the send"
    assert await living(teams_side) == [(await card.row()).activity_id]


async def test_a_post_that_goes_on_and_fails_is_posted_again_without_an_orphan(
    worker: OneWorker, card: Card, teams_side: TeamsService
) -> None:
    await teams_side.fault("create", "status", status=429, retry_after=1)
    await worker.show_and_give_up(card.at(1), asked(teams_side))
    shown = await worker.show(card.at(1, marker="m2"), asked_at=LATER)
    assert (shown.found, shown.orphans) == (False, 0)
    assert await living(teams_side) == [shown.activity_id]


async def test_a_post_that_goes_on_and_whose_answer_is_lost_leaves_an_orphan(
    worker: OneWorker, card: Card, teams_side: TeamsService
) -> None:
    await teams_side.fault("create", "lose_answer")
    await worker.show_and_give_up(card.at(1), asked(teams_side))
    shown = await worker.show(card.at(1, marker="m2"), asked_at=LATER)
    assert (shown.found, shown.orphans) == (False, 1)
    assert len(await living(teams_side)) == 2, "nobody knows the first"


async def test_an_edit_that_goes_on_lands_before_the_next(
    worker: OneWorker, card: Card, teams_side: TeamsService
) -> None:
    posted = await worker.show(card.at(1))
    await teams_side.fault("edit", "slow", seconds=0.5)
    await worker.show_and_give_up(
        card.at(2, edits=posted.activity_id, status="acknowledged"), asked(teams_side, 2)
    )
    await worker.show(card.at(3, edits=posted.activity_id, status="resolved"))
    (message,) = await teams_side.messages()
    _, given_up, latest = (json.dumps(version) for version in message["versions"])
    assert "Acknowledged" in given_up
    assert "Resolved" in latest
    assert (await card.row()).revision == 3


async def test_cards_do_not_wait_for_each_other(
    worker: OneWorker, card: Card, teams_side: TeamsService, pool: Pool
) -> None:
    await teams_side.fault("create", "slow", seconds=2)
    await worker.show_and_give_up(card.at(1), asked(teams_side))
    another = Card(teams_side, pool)
    another.key = card.key.model_copy(update={"incident_id": "Q2"})
    await another.register()
    shown = await worker.show(another.at(1))
    assert await living(teams_side) == [shown.activity_id], "the slow one comes later"


async def test_a_message_that_nobody_heard_of_is_recorded_once_the_database_is_back(
    card: Card, teams_side: TeamsService, connector: ConnectorClient, database_url: str
) -> None:
    await teams_side.fault("create", "slow", seconds=0.5)
    async with (
        line_to(database_url) as line,
        one_worker(connector, through(database_url, line.address)) as worker,
    ):
        await worker.show_and_give_up(card.at(1), asked(teams_side))
        await line.cut()
        await eventually(lambda: living(teams_side))
        await line.mend()
        shown = await worker.show(card.at(2, marker="m2"), asked_at=LATER)
    assert shown.found
    assert await living(teams_side) == [shown.activity_id] == [(await card.row()).activity_id]


# The worker stops


async def test_a_worker_that_stops_records_what_it_began(
    worker: OneWorker, card: Card, teams_side: TeamsService
) -> None:
    await teams_side.fault("create", "slow", seconds=0.5)
    await worker.show_and_give_up(card.at(1), asked(teams_side))
    await worker.stop()
    assert await living(teams_side) == [(await card.row()).activity_id]


async def test_a_worker_that_stops_cuts_off_what_takes_longer_than_its_grace(
    worker: OneWorker, card: Card, teams_side: TeamsService
) -> None:
    await teams_side.fault("create", "slow", seconds=3)
    await worker.show_and_give_up(card.at(1), asked(teams_side))
    worker.sends.stop(within=timedelta(seconds=0.1))
    async with asyncio.timeout(2):
        await worker.sends.finish()
    assert (await card.row()).unknown


# Another worker is asked


async def test_a_late_post_is_deleted_where_another_worker_has_posted(
    worker: OneWorker, other: OneWorker, card: Card, teams_side: TeamsService
) -> None:
    answered = teams_side.holds(1)
    await worker.show_and_give_up(card.at(1), asked(teams_side))
    current = await other.show(card.at(1, marker="m2"), asked_at=LATER)
    assert (current.orphans, current.recorded) == (1, True)
    answered.set()
    await worker.stop()
    assert await living(teams_side) == [current.activity_id] == [(await card.row()).activity_id]
    assert len(await teams_side.messages()) == 2


async def test_a_late_post_is_deleted_where_another_worker_posts_at_the_same_time(
    worker: OneWorker, other: OneWorker, card: Card, teams_side: TeamsService
) -> None:
    """It is recorded first, as the card; the other's takes its place."""
    first, second = teams_side.holds(1), teams_side.holds(2)
    await worker.show_and_give_up(card.at(1), asked(teams_side))
    calling = asyncio.create_task(other.show(card.at(1, marker="m2"), asked_at=LATER))
    await asked(teams_side, 2)
    first.set()
    await worker.stop()
    (late,) = await living(teams_side)
    assert ((await card.row()).activity_id, (await card.row()).orphans) == (late, 0)
    second.set()
    current = await calling
    await other.stop()
    assert await living(teams_side) == [current.activity_id] == [(await card.row()).activity_id]
    assert (current.orphans, current.recorded) == (1, True)


REFUSED = {"do": "status", "status": 429, "retry_after": 1}
LOST = {"do": "lose_answer"}


@pytest.mark.parametrize(("fault", "orphans"), [(REFUSED, 0), (LOST, 1)])
async def test_a_late_post_is_the_card_where_another_workers_fails(
    worker: OneWorker,
    other: OneWorker,
    card: Card,
    teams_side: TeamsService,
    fault: dict[str, Any],
    orphans: int,
) -> None:
    """The run knows neither message: it edits the one that the row knows, and posts no other."""
    await teams_side.fault("create", "slow", seconds=0.5)
    await worker.show_and_give_up(card.at(1), asked(teams_side))
    await teams_side.fault("create", **fault)
    await failure(other.show, card.at(1, marker="m2"))
    await worker.stop()
    shown = await other.show(card.at(2, marker="m3"), asked_at=LATER + timedelta(seconds=1))
    assert (shown.found, shown.orphans) == (True, orphans)
    assert len(await living(teams_side)) == 1 + orphans
    assert (await card.row()).activity_id == shown.activity_id


async def test_a_call_that_a_starved_worker_comes_to_late_sends_nothing(
    worker: OneWorker, other: OneWorker, card: Card, teams_side: TeamsService
) -> None:
    """It would post a second message, or edit the other's with what was true before."""
    current = await other.show(card.at(2, marker="m2"), asked_at=LATER)
    assert (await failure(worker.show, card.at(1)))[:2] == ("Conflict", True)
    (message,) = await teams_side.messages()
    assert (message["id"], len(message["versions"])) == (current.activity_id, 1)
    assert (await card.row()).marker == "m2"
