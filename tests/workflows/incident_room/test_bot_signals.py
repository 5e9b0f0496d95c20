"""The bot is removed or back while the run of its room restores, waits for a call, goes on or ends."""

import asyncio

import pytest
from temporalio.client import Client

from tests.support.waiting import eventually
from tests.workflows.channel_incident.conftest import SOON
from tests.workflows.channel_incident.conftest import impatient as impatient
from tests.workflows.channel_incident.conftest import impatient_temporal as impatient_temporal
from tests.workflows.incident_room.calls import LOST, Row
from tests.workflows.incident_room.outside import FakeActivities
from tests.workflows.incident_room.running import NO_CACHE, PATIENT, QUICK, Run, made, running
from workflows.channel_incident.activities import RESTORE_INCIDENT
from workflows.incident_room.activities import ADD_PEOPLE, ANNOUNCE, RENAME_CHAT, RESTORE_ROOM, SUM_UP

pytestmark = pytest.mark.anyio

every_reading = pytest.mark.parametrize("row", [RESTORE_ROOM, RESTORE_INCIDENT], ids=lambda row: row.name)
both_ways = pytest.mark.parametrize("is_away", [True, False], ids=["removed", "added"])


def _told(run: Run) -> list[bool]:
    """What the cards were told, one after the other: whether the bot is away."""
    return [one.bot_removed for one in run.outside.announced]


async def _hears(run: Run, *, is_away: bool) -> None:
    assert await run.hears_of_bot(is_away=is_away)
    await _tells(run, is_away=is_away)


async def _tells(run: Run, *, is_away: bool) -> None:
    await run.outside.until(lambda: run.outside.announced[-1].bot_removed is is_away)


async def _goes_on(run: Run, first: str | None) -> None:
    async def in_another() -> bool:
        return await run.run_id() != first

    await eventually(in_another)


async def _is_long(run: Run) -> None:
    """So many events that the run goes on in a new one as soon as nothing is in flight."""
    await run.hears(*(run.life.is_noted(f"note {number}") for number in range(SOON)))


# Before the run has restored its rows


@every_reading
async def test_a_removal_that_is_heard_before_the_run_has_restored_counts_after_it(
    client: Client, row: Row
) -> None:
    """The row was read a moment before it changed."""
    async with made(client, timing=QUICK) as run:
        outside = run.outside
        await run.hears(run.life.is_resolved())
        await run.ends()
        held, before = outside.holds(row), outside.count(row)
        await run.hears(run.life.reopens())
        await outside.until(lambda: outside.count(row) > before)
        assert await run.hears_of_bot(is_away=True)
        held.set()
        await _tells(run, is_away=True)
        await run.is_idle()
    assert _told(run) == [False, True]
    assert outside.count(ADD_PEOPLE) == 2, "the members tell whether the chat is there"


@every_reading
async def test_of_what_is_heard_before_the_run_has_restored_the_last_counts(client: Client, row: Row) -> None:
    async with made(client, timing=QUICK) as run:
        outside = run.outside
        await run.hears(run.life.is_resolved())
        await run.ends()
        outside.store.bot_removed = True
        held, before = outside.holds(row), outside.count(row)
        await run.hears(run.life.reopens())
        await outside.until(lambda: outside.count(row) > before)
        for is_away in (True, False):
            assert await run.hears_of_bot(is_away=is_away)
        held.set()
        await run.until_attribute("IncidentStatus", "triggered")
        await run.is_idle()
        assert "presence" not in await run.details()
    assert _told(run) == [False]


# While a call is in flight


async def test_a_removal_that_is_heard_while_the_members_are_read_has_them_read_again(client: Client) -> None:
    """The chat may have been deleted after the reading began."""
    outside = FakeActivities()
    held = outside.holds(ADD_PEOPLE)
    async with running(client, outside, timing=PATIENT) as run:
        await run.ask()
        await outside.until(lambda: outside.count(ADD_PEOPLE) == 1)
        await _hears(run, is_away=True)
        held.set()
        await outside.until(lambda: outside.count(ADD_PEOPLE) == 2)
        await run.is_idle()
    assert _told(run) == [False, True]


@pytest.mark.parametrize("row", [ADD_PEOPLE, ANNOUNCE], ids=lambda row: row.name)
async def test_a_removal_that_is_heard_while_a_long_run_waits_for_a_call_is_known_to_the_next(
    impatient: Client, row: Row
) -> None:
    async with made(impatient, timing=PATIENT) as run:
        outside, first = run.outside, await run.run_id()
        await _hears(run, is_away=True)
        await run.is_idle()
        held, before = outside.holds(row), outside.count(row)
        if row is ADD_PEOPLE:
            await run.hears(run.life.asks_for_help())
        else:
            assert await run.hears_of_bot(is_away=False)
        await outside.until(lambda: outside.count(row) > before)
        await _is_long(run)
        assert await run.hears_of_bot(is_away=False)
        read = outside.count(ADD_PEOPLE)
        assert await run.hears_of_bot(is_away=True)
        held.set()
        await _goes_on(run, first)
        await _tells(run, is_away=True)
        await run.is_idle()
    assert outside.count(ADD_PEOPLE) > read


# While the run goes on in a new one


@both_ways
async def test_what_is_heard_in_the_task_in_which_a_run_goes_on_is_told_by_the_next(
    impatient: Client, is_away: bool
) -> None:
    """Nobody was working when it came, after so many events that the run does nothing but drain."""
    run = Run(impatient, FakeActivities(), PATIENT)
    async with run.working(cached=NO_CACHE):
        await run.ask()
        await run.is_idle()
        if not is_away:
            await _hears(run, is_away=True)
            await run.is_idle()
    first, before = await run.run_id(), _told(run)
    await _is_long(run)
    assert await run.hears_of_bot(is_away=is_away)
    async with run.working(cached=NO_CACHE):
        await _tells(run, is_away=is_away)
        await run.is_idle()
        timeline = await run.timeline(first)
    assert timeline.continued_as
    assert len([called for called in timeline.activities if called.name == ANNOUNCE.name]) == len(before)
    assert _told(run) == [*before, is_away]


async def test_whenever_a_run_goes_on_what_was_heard_last_is_true(impatient: Client) -> None:
    """Signals that come while a task is completed make the server give it once more."""
    async with made(impatient, timing=PATIENT) as run:
        is_away, chain = False, {await run.run_id()}
        async with asyncio.timeout(60):
            while len(chain) < 4:
                is_away = not is_away
                assert await run.hears_of_bot(is_away=is_away)
                if is_away:
                    await run.is_idle()
                chain.add(await run.run_id())
        await _tells(run, is_away=is_away)
        await run.is_idle()
    numbers = [one.number for one in run.outside.announced]
    assert numbers == sorted(set(numbers))


# At the end


async def test_a_removal_that_is_heard_with_the_last_call_is_told_before_the_end(client: Client) -> None:
    outside = FakeActivities()
    held = outside.holds(SUM_UP)
    async with made(client, outside, timing=QUICK) as run:
        await run.hears(run.life.is_resolved())
        await outside.until(lambda: outside.count(SUM_UP) == outside.count(RENAME_CHAT) == 1)
        outside.fails(ANNOUNCE, LOST)
        assert await run.hears_of_bot(is_away=True)
        held.set()
        await run.ends()
    assert _told(run) == [False, True]


async def test_what_a_run_took_before_its_end_is_told_and_later_it_takes_nothing(client: Client) -> None:
    async with made(client, timing=QUICK) as run:
        await run.hears(run.life.is_resolved())
        taken = False
        while await run.hears_of_bot(is_away=not taken):
            taken = not taken
            await _tells(run, is_away=taken)
            await run.is_idle()
        await run.ends()
    assert _told(run)[-1] is taken
