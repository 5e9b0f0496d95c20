"""When Teams refuses: how long a run waits, what it sends then, and what operators see meanwhile."""

import pytest
from temporalio.client import Client

from tests.workflows.channel_incident.outside import FakeActivities
from tests.workflows.channel_incident.running import Run, running, shown
from workflows.channel_incident.activities import SHOW_CARD
from workflows.errors import BotRemoved, ProviderUnavailable, RateLimited

pytestmark = pytest.mark.anyio


async def test_a_refused_post_waits_as_long_as_asked_and_shows_what_is_true_then(client: Client) -> None:
    outside = FakeActivities()
    outside.fails(SHOW_CARD, RateLimited("too many", retry_after=1.25))
    async with running(client, outside) as run:
        await run.hears(run.life.triggers())
        await run.until_attribute("Attention", "waiting")
        await run.hears(run.life.is_acknowledged())
        await outside.until(lambda: len(outside.shown) == 2)
        await run.until_attribute("Attention", "ok")
        timers = (await run.timeline()).timers
    refused, posted = outside.posts
    assert posted.view.status == "acknowledged"
    assert posted.identity.marker == refused.identity.marker
    assert timers[0].summary == "back-off after RateLimited"
    assert timers[0].seconds == pytest.approx(1.25, abs=0.1)


async def test_a_refused_edit_waits_as_long_as_asked(client: Client) -> None:
    async with shown(client) as run:
        run.outside.fails(SHOW_CARD, RateLimited("too many", retry_after=1.25))
        await run.hears(run.life.is_acknowledged(), run.life.is_noted("on it"))
        await run.outside.until(lambda: len(run.outside.edits) == 2)
        timers = (await run.timeline()).timers
    assert run.outside.edits[-1].view.latest_note is not None
    assert timers[-1].summary == "back-off after RateLimited"
    assert timers[-1].seconds == pytest.approx(1.25, abs=0.1)


async def test_an_unreachable_teams_is_asked_ever_less_often(client: Client) -> None:
    outside = FakeActivities()
    outside.fails(SHOW_CARD, *[ProviderUnavailable("no connection")] * 2)
    async with running(client, outside) as run:
        await run.hears(run.life.triggers())
        await outside.until(lambda: len(outside.shown) == 3)
        waits = [timer.seconds for timer in (await run.timeline()).timers]
    assert waits == [pytest.approx(1, abs=0.1), pytest.approx(2, abs=0.1)]


async def test_a_bot_that_was_removed_is_not_knocking_at_every_change(client: Client) -> None:
    async with shown(client) as run:
        run.outside.fails(SHOW_CARD, BotRemoved("the bot is not in the conversation"))
        await run.hears(run.life.is_acknowledged())
        await run.until_attribute("Attention", "degraded")
        assert "card: BotRemoved" in await run.details()
        await run.hears(run.life.is_noted("on it"), run.life.is_resolved())
        assert "resolved" in await run.details()
        timeline = await run.timeline()
        await _detached(run)
    assert timeline.count("teams.show_card") == 2
    assert timeline.timers[-1].summary == "back-off after BotRemoved"
    assert timeline.timers[-1].seconds == pytest.approx(300, abs=1)


async def _detached(run: Run) -> None:
    """What the edge tells the running cards of a suspended conversation."""
    await run.handle.signal("detach")
    assert (await run.ends()).status == "detached"
