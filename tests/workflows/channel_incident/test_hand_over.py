"""A press whose answer the API could not wait for goes on by signal; its end shows, or is told privately."""

import asyncio

import pytest
from temporalio.client import Client

from tests.workflows.channel_incident.outside import FakeActivities
from tests.workflows.channel_incident.running import Run, running, shown
from workflows.channel_incident.activities import CHANGE_STATUS
from workflows.errors import Forbidden, RequestInvalid

pytestmark = pytest.mark.anyio


async def test_success_is_silent_and_shows_on_the_card(client: Client) -> None:
    async with shown(client) as run:
        await run.hands_over(run.click())
        await run.outside.until(lambda: len(run.outside.shown) == 2)
        await run.is_idle()
    assert run.outside.shown[-1].view.status == "acknowledged"
    assert run.outside.told == []


async def test_failure_is_told_privately_and_the_card_gets_a_new_nonce(client: Client) -> None:
    """Nobody has an answer's card with it."""
    async with shown(client) as run:
        run.outside.fails(CHANGE_STATUS, Forbidden("not on this team"))
        click = run.click()
        await run.hands_over(click)
        await run.outside.until(lambda: len(run.outside.told) == len(run.outside.edits) == 1)
    assert (run.outside.told[0].click, run.outside.told[0].outcome.kind) == (click, "refused")
    assert run.outside.edits[0].view == run.outside.posts[0].view
    assert run.outside.edits[0].identity.nonce != run.outside.posts[0].identity.nonce


async def test_one_click_handed_over_twice_is_told_once(client: Client) -> None:
    async with shown(client) as run:
        run.outside.fails(CHANGE_STATUS, RequestInvalid("nonsense"))
        asked = run.outside.holds(CHANGE_STATUS)
        click = run.click()
        await run.hands_over(click)
        await run.hands_over(click)
        await run.outside.until(lambda: len(run.outside.changes) == 1)
        asked.set()
        await run.is_idle()
        await run.hands_over(click)
        await run.is_idle()
    assert len(run.outside.told) == len(run.outside.edits) == 1
    assert len(run.outside.changes) == 1


async def test_a_failure_that_nobody_was_there_to_read_is_told(client: Client) -> None:
    """The update failed after the API had given up on it and before its hand-over arrived."""
    async with shown(client) as run:
        run.outside.fails(CHANGE_STATUS, RequestInvalid("nonsense"))
        click = run.click()
        await run.ask(click)
        await run.is_idle()
        assert run.outside.edits == []
        await run.hands_over(click)
        await run.outside.until(lambda: len(run.outside.told) == len(run.outside.edits) == 1)
    assert run.outside.told[0].outcome.kind == "failed"
    assert len(run.outside.changes) == 1


async def test_update_and_hand_over_that_waited_for_a_worker_together_are_one_click(client: Client) -> None:
    outside = FakeActivities()
    async with running(client, outside) as run:
        await run.hears(run.life.triggers())
        await outside.until(lambda: bool(outside.reads))
        await run.is_idle()
    async with asyncio.TaskGroup() as group:
        click = run.click()
        pressed = group.create_task(run.ask(click))
        await run.hands_over(click)
        group.create_task(_work_until(run, pressed))
    assert pressed.result().outcome.kind == "done"
    assert len(outside.changes) == 1
    assert outside.told == []


async def _work_until(run: Run, pressed: "asyncio.Task[object]") -> None:
    async with run.working():
        await asyncio.wait([pressed])
        await run.is_idle()
