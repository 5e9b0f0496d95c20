"""A message that a lost answer left behind is deleted by the run, once somebody has pressed it."""

import asyncio

import pytest
from temporalio.client import Client

from tests.workflows.channel_incident.running import QUICK, Run, shown
from workflows.channel_incident.activities import CHANGE_STATUS, DELETE_MESSAGE
from workflows.errors import BotRemoved, ProviderUnavailable
from workflows.verbs.click import Click

pytestmark = pytest.mark.anyio

ORPHAN = "1700000099999"


def on_orphan(run: Run, *, link: int | None = 1) -> Click:
    """A click on a message that is not the card."""
    return run.click(link=link).model_copy(update={"message": ORPHAN, "orphan_marker": "lost"})


async def test_an_orphan_is_deleted_after_its_click_and_operators_see_it(client: Client) -> None:
    async with shown(client) as run:
        answer = await run.ask(on_orphan(run))
        await run.is_idle()
        timeline = await run.timeline()
    assert answer.outcome.kind == "done"
    assert [(request.activity_id, request.marker) for request in run.outside.deleted] == [(ORPHAN, "lost")]
    assert ("teams.delete_message", "an orphan that was pressed") in timeline.activities


async def test_whoever_is_told_to_click_again_still_has_the_button_until_then(client: Client) -> None:
    async with shown(client) as run:
        telling = run.outside.holds(CHANGE_STATUS)
        await run.hands_over(on_orphan(run))
        await run.outside.until(lambda: bool(run.outside.changes))
        assert (await run.timeline()).count("teams.delete_message") == 0
        assert run.outside.deleted == []
        telling.set()
        await run.outside.until(lambda: bool(run.outside.deleted))


async def test_the_live_card_is_never_deleted_whatever_a_click_says(client: Client) -> None:
    async with shown(client) as run:
        await run.ask(run.click().model_copy(update={"orphan_marker": "lost"}))
        await run.is_idle()
    assert run.outside.deleted == []


async def test_a_message_that_is_no_orphan_is_never_deleted_though_it_is_not_the_card(client: Client) -> None:
    """A card that somebody shared, for one: the API names no marker of an orphan for it."""
    async with shown(client) as run:
        await run.ask(on_orphan(run).model_copy(update={"orphan_marker": None}))
        await run.is_idle()
    assert run.outside.deleted == []


async def test_a_deletion_that_may_work_later_is_tried_once_more_and_no_longer(client: Client) -> None:
    async with shown(client) as run:
        run.outside.fails(DELETE_MESSAGE, *[ProviderUnavailable("no connection")] * 2)
        await run.ask(on_orphan(run))
        await run.outside.until(lambda: len(run.outside.deleted) == 2)
        await run.is_idle()
        assert await run.attribute("Attention") == "ok"
        await run.hears(run.life.is_resolved())
        await run.ends()
        back_offs = [timer.summary for timer in (await run.timeline()).timers if "back-off" in timer.summary]
    assert len(run.outside.deleted) == 2
    assert back_offs == ["back-off after ProviderUnavailable"]


async def test_one_click_under_two_ways_deletes_its_orphan_once(client: Client) -> None:
    async with shown(client) as run:
        click = on_orphan(run)
        await run.ask(click)
        await run.outside.until(lambda: bool(run.outside.deleted))
        await run.is_idle()
        await run.hands_over(click)
        await run.is_idle()
        assert (await run.timeline()).count("teams.delete_message") == 1


async def test_an_orphan_that_cannot_be_deleted_is_left_to_its_next_click(client: Client) -> None:
    async with shown(client) as run:
        run.outside.fails(DELETE_MESSAGE, BotRemoved("not in the conversation"))
        await run.ask(on_orphan(run))
        await run.is_idle()
        assert await run.attribute("Attention") == "ok"
        await run.ask(on_orphan(run, link=2))
        await run.outside.until(lambda: len(run.outside.deleted) == 2)


async def test_a_run_does_not_end_before_its_orphans_are_deleted(client: Client) -> None:
    async with shown(client) as run:
        deletion = run.outside.holds(DELETE_MESSAGE)
        await run.ask(on_orphan(run))
        await run.hears(run.life.is_resolved())
        await run.outside.until(lambda: run.outside.said == ["resolved"])
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5 * QUICK.grace):
                await run.ends()
        deletion.set()
        await run.ends()
