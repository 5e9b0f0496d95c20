"""A worker that keeps no run in memory replays it at every step; a long run goes on in a new one."""

import asyncio
from collections import Counter

import pytest
from temporalio.client import Client

from tests.support.life import CY
from tests.workflows.channel_incident.conftest import SOON
from tests.workflows.channel_incident.conftest import impatient as impatient
from tests.workflows.channel_incident.conftest import impatient_temporal as impatient_temporal
from tests.workflows.incident_room.calls import Row
from tests.workflows.incident_room.lives import LIVES, LONG_LIVES, Live, policy_of, timing_of
from tests.workflows.incident_room.lives_of_orders import room_orders
from tests.workflows.incident_room.outside import OVER, FakeActivities
from tests.workflows.incident_room.running import NO_CACHE, PATIENT, QUICK, Run, made, running
from workflows.channel_incident.activities import TELL_PERSON
from workflows.errors import ConsentMissing
from workflows.incident_room.activities import (
    ADD_PEOPLE,
    ADMIT,
    ANNOUNCE,
    CREATE_CHAT,
    IDENTIFY_PEOPLE,
    INSTALL_APP,
    NOTE_CHAT,
    RENAME_CHAT,
    RESTORE_ROOM,
    SHOW_IN_CHAT,
    SUM_UP,
)
from workflows.incident_room.messages import Policy
from workflows.verbs.outcomes import Outcome

pytestmark = [pytest.mark.anyio, pytest.mark.soak]

ONCE = (CREATE_CHAT, INSTALL_APP, SHOW_IN_CHAT, NOTE_CHAT, RESTORE_ROOM)


@pytest.mark.parametrize("live", LIVES.values(), ids=LIVES)
async def test_a_life_replayed_at_every_step_does_nothing_twice(client: Client, live: Live) -> None:
    async with running(client, timing=timing_of(live), policy=policy_of(live), cached=NO_CACHE) as run:
        await live(run)
    _nothing_twice(run.outside)
    assert run.outside.announced[-1].stage == ("gone" if live is room_orders else "made")


@pytest.mark.parametrize("live", LONG_LIVES.values(), ids=LONG_LIVES)
async def test_a_life_that_continued_as_new_replayed_at_every_step(impatient: Client, live: Live) -> None:
    async with running(impatient, cached=NO_CACHE) as run:
        await live(run)
        assert (await run.timeline(run.runs[0])).continued_as
    _nothing_twice(run.outside)
    assert [run.outside.count(row) for row in ONCE] == [1] * len(ONCE)
    assert len(run.outside.summaries) == 1


def _nothing_twice(outside: FakeActivities) -> None:
    """Numbers of tellings only grow, no click has two outcomes, no resolve two summaries."""
    numbers = [room.number for room in outside.announced]
    assert numbers == sorted(set(numbers))
    recorded = Counter(one.key for one in outside.recorded)
    assert set(recorded.values()) == {1}
    assert len({one.resolved_at for one in outside.summaries}) == len(outside.summaries)
    informed = [one.click.key for one in outside.informed]
    assert len(informed) == len(set(informed))
    assert len(outside.notes) == len(set(outside.notes))


# A long life


async def _events(run: Run, number: int = SOON) -> None:
    """So many that the run is long by any count."""
    await run.hears(*(run.life.is_noted(f"note {one}") for one in range(number)))


async def _continued(run: Run, first: str | None) -> None:
    async def has_continued() -> None:
        while await run.run_id() == first:
            await run.hears(run.life.is_noted("one more"))

    await asyncio.wait_for(has_continued(), 20)


async def test_a_busy_life_goes_through_several_runs_with_one_chat(impatient: Client) -> None:
    async with made(impatient) as run:
        outside, life, chain = run.outside, run.life, set()
        for day in range(8):
            chain.add(await run.run_id())
            clicks = (run.ask(run.click(f"Person {day}-{number}")) for number in range(4))
            await asyncio.gather(*clicks, _events(run, SOON // 4))
        await run.is_idle()
        await run.hears(life.is_resolved())
        end = await run.ends()
    assert len(chain) >= 3
    assert (end.chat, end.people) == ("made", 34)
    assert [outside.count(row) for row in ONCE] == [1] * len(ONCE)
    assert [room.number for room in outside.announced] == [1]
    assert len(outside.members) == 34
    assert (len(outside.summaries), outside.count(RENAME_CHAT)) == (1, 1)
    _nothing_twice(outside)


async def test_a_run_that_goes_on_repeats_nothing_and_forgets_nothing(impatient: Client) -> None:
    outside = FakeActivities()
    outside.absent = {CY.id: "no_account"}
    outside.app_unknown = True
    outside.breaks(NOTE_CHAT, ConsentMissing("no consent", code="A.B"))
    async with made(impatient, outside, timing=PATIENT, policy=Policy(declined_leave=True)) as run:
        await run.hears(run.life.asks_for_help(CY))
        await outside.until(lambda: bool(outside.announced[-1].absent and outside.announced[-1].lacks))
        click = run.click("Cy Lead")
        answer = await run.ask(click)
        await run.is_idle()
        before, first = len(outside.calls), await run.run_id()
        await _continued(run, first)
        await run.is_idle()
        again = await run.ask(click)
        await run.is_idle()
        details = await run.details()
        calls = [name for name, _ in outside.calls[before:]]
    assert again == answer
    assert set(calls) <= {NOTE_CHAT.name}, "which is tried again, as in any new run"
    assert "**chat made**" in details
    assert "⚠ note: ConsentMissing" in details
    assert "- not in it: Cy Lead (no_account)" in details


async def test_a_click_that_waits_is_answered_before_a_long_run_goes_on(impatient: Client) -> None:
    """Draining would stop what the click waits for."""
    outside = FakeActivities()
    held = outside.holds(CREATE_CHAT)
    async with running(impatient, outside, timing=PATIENT) as run:
        first = asyncio.create_task(run.ask(run.click("Ada Ops")))
        await outside.until(lambda: outside.count(CREATE_CHAT) == 1)
        began = await run.run_id()
        await _events(run)
        second = asyncio.create_task(run.ask(run.click("Cy Lead")))
        await outside.until(lambda: outside.count(ADMIT) == 2)
        await run.details()
        assert await run.run_id() == began
        held.set()
        answers = (await first, await second)
        await _continued(run, began)
        await run.is_idle()
    assert [answer.outcome.kind for answer in answers] == ["done", "already"]
    assert [outside.count(row) for row in ONCE] == [1] * len(ONCE)


@pytest.mark.parametrize("row", [IDENTIFY_PEOPLE, ADD_PEOPLE, ANNOUNCE], ids=lambda row: row.name)
async def test_a_click_that_comes_while_a_call_is_in_flight_in_a_long_run_is_answered(
    impatient: Client, row: Row
) -> None:
    outside = FakeActivities()
    async with made(impatient, outside, timing=PATIENT) as run:
        held = outside.holds(row)
        outside.absent = {CY.id: "no_account"}
        before = outside.count(row)
        await run.hears(run.life.asks_for_help(CY))
        await outside.until(lambda: outside.count(row) > before)
        await _events(run)
        asked = asyncio.create_task(run.ask(run.click("Di")))
        await outside.until(lambda: outside.count(ADMIT) == 2)
        held.set()
        answer = await asked
        await outside.until(lambda: "P-Di" in outside.members)
        await run.is_idle()
    assert answer.outcome.kind == "already"
    assert [outside.count(one) for one in ONCE] == [1] * len(ONCE)


async def test_a_long_run_takes_no_mark_away_and_sums_up_once(impatient: Client) -> None:
    """It goes on between the resolve and the time when everybody leaves."""
    async with made(impatient, timing=QUICK, policy=Policy(leave_after=86400)) as run:
        outside, first = run.outside, await run.run_id()
        await run.hears(run.life.is_resolved())
        await outside.until(lambda: bool(outside.summaries) and outside.count(RENAME_CHAT) == 1)
        await _continued(run, first)
        await run.is_idle()
        timers = [timer.summary for timer in (await run.timeline()).timers]
    assert timers == ["until everybody leaves"]
    assert (outside.count(SUM_UP), outside.count(RENAME_CHAT)) == (1, 1)
    assert outside.chats[0].topic.startswith(OVER)


async def test_who_was_told_privately_is_not_told_again_by_the_next_run(impatient: Client) -> None:
    async with made(impatient, timing=PATIENT) as run:
        outside, first = run.outside, await run.run_id()
        outside.refused = Outcome(kind="refused", reason="forbidden", by="Cy Lead")
        click = run.click("Cy Lead")
        await run.hand_over(click)
        await outside.until(lambda: bool(outside.informed))
        await _continued(run, first)
        await run.hand_over(click)
        await run.details()
        await run.is_idle()
    assert (outside.count(TELL_PERSON), outside.count(ADMIT)) == (1, 2)
