"""Changes that come close together are one edit, with what is true when it is sent."""

import asyncio

import pytest
from temporalio.client import Client

from tests.workflows.channel_incident.running import running, shown
from workflows.channel_incident.messages import Timing

pytestmark = pytest.mark.anyio

INTERVAL = 1.5


async def test_a_burst_inside_the_edit_interval_is_one_edit_with_the_latest(client: Client) -> None:
    async with running(client, timing=Timing(edit_interval=INTERVAL, grace=0.2)) as run:
        await run.hears(run.life.triggers())
        await run.outside.until(lambda: len(run.outside.shown) == 1)
        await run.hears(run.life.is_acknowledged(), *(run.life.is_noted(f"try {n}") for n in range(4)))
        await run.outside.until(lambda: len(run.outside.shown) == 2)
        await run.is_idle()
        timers = (await run.timeline()).timers
    _, edit = run.outside.shown
    assert edit.view.status == "acknowledged"
    assert edit.view.latest_note is not None
    assert edit.view.latest_note.text == "try 3"
    assert [timer.summary for timer in timers] == ["edit interval"]
    assert 0 < timers[0].seconds <= INTERVAL


async def test_the_first_change_after_a_quiet_time_is_shown_at_once(client: Client) -> None:
    timing = Timing(edit_interval=0.2, grace=0.2)
    async with shown(client, timing=timing) as run:
        await asyncio.sleep(timing.edit_interval)
        await run.hears(run.life.is_noted("on it"))
        await run.outside.until(lambda: len(run.outside.shown) == 2)
        timeline = await run.timeline()
    assert timeline.timers == []


async def test_a_change_of_mind_inside_the_interval_shows_nothing(client: Client) -> None:
    """What the card would show is what it shows already."""
    async with running(client, timing=Timing(edit_interval=INTERVAL, grace=0.2)) as run:
        await run.hears(run.life.triggers())
        await run.outside.until(lambda: bool(run.outside.reads))
        await run.is_idle()
        await run.hears(
            run.life.becomes("reassigned", "triggered", assignees=(), assignee_count=0),
            run.life.becomes("reassigned", "triggered"),
            run.life.is_resolved(),
        )
        await run.ends()
        timeline = await run.timeline()
    assert [request.view.status for request in run.outside.shown] == ["triggered", "resolved"]
    assert [timer.summary for timer in timeline.timers] == ["edit interval", "grace"]
