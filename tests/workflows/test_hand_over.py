"""A press whose answer the API could not wait for goes on by signal; its end shows, or is told privately."""

import asyncio

import pytest
from temporalio.client import Client

from tests.workflows.outside import World
from tests.workflows.running import Run, running, shown
from workflows.channel_incident.activities import CHANGE_STATUS
from workflows.errors import Forbidden, RequestInvalid

pytestmark = pytest.mark.anyio


async def test_success_is_silent_and_shows_on_the_card(client: Client) -> None:
    async with shown(client) as run:
        await run.is_handed(run.click())
        await run.world.until(lambda: len(run.world.shown) == 2)
        await run.settles()
    assert run.world.shown[-1].view.status == "acknowledged"
    assert run.world.told == []


async def test_failure_is_told_privately(client: Client) -> None:
    async with shown(client) as run:
        run.world.fails(CHANGE_STATUS, Forbidden("not on this team"))
        click = run.click()
        await run.is_handed(click)
        await run.world.until(lambda: len(run.world.told) == 1)
    assert (run.world.told[0].click, run.world.told[0].outcome.kind) == (click, "refused")


async def test_one_press_handed_over_twice_is_told_once(client: Client) -> None:
    async with shown(client) as run:
        run.world.fails(CHANGE_STATUS, RequestInvalid("nonsense"))
        asked = run.world.holds(CHANGE_STATUS)
        click = run.click()
        await run.is_handed(click)
        await run.is_handed(click)
        await run.world.until(lambda: len(run.world.changes) == 1)
        asked.set()
        await run.settles()
        await run.is_handed(click)
        await run.settles()
    assert len(run.world.told) == 1
    assert len(run.world.changes) == 1


async def test_a_failure_that_nobody_was_there_to_read_is_told(client: Client) -> None:
    """The update failed after the API had given up on it and before its hand-over arrived."""
    async with shown(client) as run:
        run.world.fails(CHANGE_STATUS, RequestInvalid("nonsense"))
        click = run.click()
        await run.press(click)
        await run.is_handed(click)
        await run.world.until(lambda: len(run.world.told) == 1)
    assert run.world.told[0].outcome.kind == "failed"
    assert len(run.world.changes) == 1


async def test_update_and_hand_over_that_waited_for_a_worker_together_are_one_press(client: Client) -> None:
    world = World()
    async with running(client, world) as run:
        await run.hears(run.life.triggers())
        await world.until(lambda: bool(world.reads))
        await run.settles()
    async with asyncio.TaskGroup() as group:
        click = run.click()
        pressed = group.create_task(run.press(click))
        await run.is_handed(click)
        group.create_task(_work_until(run, pressed))
    assert pressed.result().outcome.kind == "done"
    assert len(world.changes) == 1
    assert world.told == []


async def _work_until(run: Run, pressed: "asyncio.Task[object]") -> None:
    async with run.working():
        await asyncio.wait([pressed])
        await run.settles()
