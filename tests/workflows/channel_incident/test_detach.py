"""A conversation that is gone for us: the run ends after at most the call that is under way."""

import asyncio

import pytest
from temporalio.client import Client

from tests.workflows.channel_incident.outside import FakeActivities
from tests.workflows.channel_incident.running import running, shown
from workflows.channel_incident.activities import CHANGE_STATUS, SHOW_CARD
from workflows.errors import ProviderUnavailable

pytestmark = pytest.mark.anyio


async def test_an_idle_run_ends_at_once(client: Client) -> None:
    async with shown(client) as run:
        await run.handle.signal("detach")
        end = await run.ends()
        timeline = await run.timeline()
    assert end.status == "detached"
    assert len(run.outside.shown) == 1
    assert timeline.timers == []


async def test_the_send_that_is_under_way_is_awaited_and_nothing_follows_it(client: Client) -> None:
    outside = FakeActivities()
    sent = outside.holds(SHOW_CARD)
    async with running(client, outside) as run:
        await run.hears(run.life.triggers())
        await outside.until(lambda: len(outside.shown) == 1)
        await run.hears(run.life.is_resolved())
        await run.handle.signal("detach")
        await run.details()
        sent.set()
        end = await run.ends()
        names = [called.name for called in (await run.timeline()).activities]
    assert (end.status, end.revision) == ("detached", 1)
    assert names == ["teams.show_card"]


async def test_no_back_off_holds_it_up(client: Client) -> None:
    outside = FakeActivities()
    outside.fails(SHOW_CARD, ProviderUnavailable("no connection", retry_after=600))
    async with running(client, outside) as run:
        await run.hears(run.life.triggers())
        await run.until_attribute("Attention", "waiting")
        await run.handle.signal("detach")
        assert (await run.ends()).status == "detached"
    assert len(outside.shown) == 1


async def test_a_click_that_is_under_way_is_answered(client: Client) -> None:
    async with shown(client) as run:
        changed = run.outside.holds(CHANGE_STATUS)
        pressed = asyncio.create_task(run.ask(run.click()))
        await run.outside.until(lambda: len(run.outside.changes) == 1)
        await run.handle.signal("detach")
        await run.details()
        changed.set()
        answer = await pressed
        await run.ends()
    assert answer.outcome.kind == "done"
    assert len(run.outside.shown) == 1
