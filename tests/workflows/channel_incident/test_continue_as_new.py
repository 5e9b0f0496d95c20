"""A long life goes on in a new run: nothing is forgotten, posted twice, said twice or done twice."""

import asyncio
from collections import Counter

import pytest
from temporalio.client import Client

from tests.support.life import BO
from tests.workflows.channel_incident.conftest import SOON
from tests.workflows.channel_incident.running import QUICK, Run, shown
from workflows.channel_incident.activities import CHANGE_STATUS, OFFER_LINK, SHOW_CARD
from workflows.errors import RateLimited
from workflows.incident.values import ActionRun

pytestmark = pytest.mark.anyio


async def test_a_busy_life_goes_through_several_runs_with_one_card(impatient: Client) -> None:
    async with shown(impatient) as run:
        life, first = run.life, (await run.describe()).run_id
        answers = []
        for day in range(6):
            answers += await asyncio.gather(
                *(run.ask(run.click(name=f"Person {day}-{number}")) for number in range(4)),
                _notes(run, 5),
            )
            await run.hears(life.escalates(), life.is_noted(f"day {day}"))
        await run.is_idle()  # a reading in flight would tell of the resolve before its event, and end the run
        await run.hears(life.is_resolved(by=BO))
        end = await run.ends()
        chain = await _chain(run, first)
    assert len(chain) >= 3
    assert end.status == "resolved"
    assert len(run.outside.posts) == 1
    assert {edit.activity_id for edit in run.outside.edits} == {run.outside.activity_id}
    revisions = [request.view.revision for request in run.outside.shown]
    assert revisions == sorted(revisions)
    last = run.outside.shown[-1].view
    assert last.latest_note is not None
    assert (last.status, last.resolved_by, last.latest_note.text) == ("resolved", "Bo Call", "day 5")
    said = Counter(reply.announcement.key for reply in run.outside.replies)
    assert set(said.values()) == {1}
    assert all(answer.outcome.kind in ("done", "already") for answer in answers if answer is not None)
    assert len(run.outside.changes) == sum(answer.outcome.kind == "done" for answer in answers if answer)


async def test_a_click_in_flight_is_finished_first_and_its_outcome_is_carried(impatient: Client) -> None:
    async with shown(impatient) as run:
        first = (await run.describe()).run_id
        changed = run.outside.holds(CHANGE_STATUS)
        click = run.click("acknowledge")
        pressed = asyncio.create_task(run.ask(click))
        await run.outside.until(lambda: len(run.outside.changes) == 1)
        await _notes(run, SOON // 3)
        assert (await run.describe()).run_id == first
        changed.set()
        answer = await pressed
        await _continued(run, first)
        again = await run.ask(click)
    assert answer.outcome.kind == "done"
    assert again.outcome == answer.outcome
    assert len(run.outside.changes) == 1


async def test_an_edit_in_flight_is_finished_first(impatient: Client) -> None:
    async with shown(impatient) as run:
        first = (await run.describe()).run_id
        sent = run.outside.holds(SHOW_CARD)
        await run.hears(run.life.is_acknowledged())
        await run.outside.until(lambda: len(run.outside.shown) == 2)
        await _notes(run, SOON)  # enough, however many of them one workflow task takes
        await run.details()
        sent.set()
        await _continued(run, first)
        await run.is_idle()
    assert [request.activity_id for request in run.outside.shown] == [None] + [run.outside.activity_id] * 2
    assert run.outside.shown[-1].view.status == "acknowledged"


async def test_a_new_run_still_waits_as_long_as_teams_asked(impatient: Client) -> None:
    async with shown(impatient) as run:
        first = (await run.describe()).run_id
        run.outside.fails(SHOW_CARD, RateLimited("too many", retry_after=600))
        await run.hears(run.life.is_acknowledged())
        await run.until_attribute("Attention", "waiting")
        await _is_noted_until_continued(run, first)
        await run.hears(run.life.is_noted("after"))
        await run.details()
        timeline = await run.timeline()
    assert timeline.count("teams.show_card") == 0
    assert timeline.timers[0].seconds == pytest.approx(600, abs=60)


async def test_a_new_run_keeps_the_edit_interval(impatient: Client) -> None:
    async with shown(impatient, timing=QUICK.model_copy(update={"edit_interval": 60})) as run:
        await _is_noted_until_continued(run, (await run.describe()).run_id)
        await run.hears(run.life.is_noted("after"))
        await run.details()
        timeline = await run.timeline()
    assert timeline.count("teams.show_card") == 0
    assert [timer.summary for timer in timeline.timers] == ["edit interval"]


async def test_a_new_run_with_nothing_to_do_tells_operators_what_it_is(impatient: Client) -> None:
    async with shown(impatient) as run:
        first = (await run.describe()).run_id
        offered = run.outside.holds(OFFER_LINK)
        await run.hands_over(run.click(link=None))
        await run.outside.until(lambda: len(run.outside.offered) == 1)
        started = ActionRun(id="X1", name="Runbook", state="started")
        for _ in range(SOON // 3):
            await run.hears(run.life.tells("incident.workflow.started", run=started))
        await run.details()
        offered.set()
        await _continued(run, first)
        details = await run.details()
        timeline = await run.timeline()
    assert details.startswith("### #42 · Checkout · Payments/#ops")
    assert "**triggered** · rev 1 shown of rev 1" in details
    assert "| workflow started | Ada Ops |" in details
    assert timeline.signals == []
    assert timeline.activities == []


async def _notes(run: Run, count: int) -> None:
    await run.hears(*(run.life.is_noted(f"note {number}") for number in range(count)))


async def _is_noted_until_continued(run: Run, first: str | None) -> None:
    """How many events a note costs depends on how many one workflow task takes."""

    async def has_continued() -> bool:
        await _notes(run, 1)
        return (await run.describe()).run_id != first

    await run.until(has_continued)


async def _continued(run: Run, first: str | None) -> None:
    async def has_continued() -> bool:
        return (await run.describe()).run_id != first

    await run.until(has_continued)


async def _chain(run: Run, run_id: str | None) -> list[str]:
    """The runs of a life, in order."""
    chain = []
    while run_id is not None:
        chain.append(run_id)
        run_id = (await run.timeline(run_id)).continued_as
    return chain
