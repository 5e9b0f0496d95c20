"""After a resolve the run stays for a while, so that afterthoughts reach the card."""

import asyncio

import pytest
from temporalio.client import Client

from tests.workflows.channel_incident.running import running, shown
from workflows.channel_incident.messages import Timing

pytestmark = pytest.mark.anyio

LONG = Timing(edit_interval=0.05, grace=600, late_edit=0.5)


async def test_an_afterthought_within_the_grace_edits_the_card(client: Client) -> None:
    async with shown(client, timing=Timing(edit_interval=0.05, grace=0.7)) as run:
        await run.hears(run.life.is_resolved())
        await run.outside.until(lambda: run.outside.said == ["resolved"])
        await run.is_idle()
        await run.hears(run.life.is_noted("it was the database"))
        await run.outside.until(lambda: len(run.outside.shown) == 3)
        end = await run.ends()
        timers = (await run.timeline()).timers
    note = run.outside.shown[-1].view.latest_note
    assert note is not None
    assert note.text == "it was the database"
    assert [timer.summary for timer in timers].count("grace") == 2
    assert (end.status, end.revision) == ("resolved", run.outside.shown[-1].view.revision)


async def test_a_reopening_within_the_grace_makes_the_incident_live_again(client: Client) -> None:
    async with shown(client, timing=LONG) as run:
        await run.hears(run.life.is_resolved())
        await run.outside.until(lambda: run.outside.said == ["resolved"])
        await run.hears(run.life.reopens())
        await run.outside.until(lambda: run.outside.said == ["resolved", "reopened"])
    view = run.outside.shown[-1].view
    assert (view.status, view.reopened, view.verbs) == ("triggered", True, ("acknowledge", "resolve"))


async def test_an_open_incident_has_no_timer_at_all(client: Client) -> None:
    async with shown(client) as run:
        await run.hears(run.life.is_acknowledged())
        await run.is_idle()
        await asyncio.sleep(2 * run.timing.edit_interval)
        timeline = await run.timeline()
    assert [timer.summary for timer in timeline.timers] == ["edit interval"] * len(timeline.timers)
    assert timeline.continued_as is None


async def test_the_grace_is_the_inputs(client: Client) -> None:
    async with running(client, timing=LONG) as run:
        await run.hears(run.life.triggers(), run.life.is_resolved())
        await run.is_idle()
        await run.details()
        (grace,) = [timer for timer in (await run.timeline()).timers if timer.summary == "grace"]
    assert grace.seconds == 600
