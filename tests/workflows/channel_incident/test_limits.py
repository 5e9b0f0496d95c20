"""When Teams refuses: how long a run waits, what it sends then, and what operators see meanwhile."""

from collections.abc import Callable

import pytest
from temporalio.client import Client

from tests.support.life import Life
from tests.workflows.channel_incident.outside import FakeActivities
from tests.workflows.channel_incident.running import Run, running, shown
from workflows.channel_incident.activities import SHOW_CARD
from workflows.channel_incident.messages import Timing
from workflows.errors import (
    BotRemoved,
    OutsideError,
    ProviderUnavailable,
    RateLimited,
    RefusedForNow,
    RequestInvalid,
)
from workflows.incident.events import IncidentEvent

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


async def test_a_first_card_that_is_refused_at_random_is_two_seconds_late(client: Client) -> None:
    outside = FakeActivities()
    outside.fails(SHOW_CARD, RefusedForNow("failed to decrypt conversation id"))
    async with running(client, outside) as run:
        await run.hears(run.life.triggers())
        await run.until_attribute("Attention", "waiting")
        await outside.until(lambda: len(outside.posts) == 2)
        await run.until_attribute("Attention", "ok")
        (timer,) = (await run.timeline()).timers
    assert timer.summary == "back-off after RefusedForNow"
    assert timer.seconds == pytest.approx(2, abs=0.1)
    refused, posted = outside.posts
    assert posted.identity.marker == refused.identity.marker


Tell = Callable[[Life], IncidentEvent]
URGENT: list[Tell] = [Life.escalates, Life.reopens, lambda life: life.gets_priority("P1")]


@pytest.mark.parametrize("error", [BotRemoved("removed"), RequestInvalid("too big")])
@pytest.mark.parametrize("urgent", URGENT, ids=["escalated", "reopened", "priority raised"])
async def test_what_people_must_see_is_tried_at_once(
    client: Client, urgent: Tell, error: OutsideError
) -> None:
    async with shown(client) as run:
        run.outside.fails(SHOW_CARD, error)
        await run.hears(run.life.is_resolved())
        await run.until_attribute("Attention", "degraded")
        await run.hears(urgent(run.life))
        await run.until_attribute("Attention", "ok")
        timeline = await run.timeline()
    assert len(run.outside.edits) == 2
    assert timeline.cut_short == [f"back-off after {type(error).__name__}"]


async def test_a_trigger_is_tried_at_once_and_gets_the_quick_tries_too(client: Client) -> None:
    """A note came first, and its card was refused often enough to be tried every five minutes only."""
    outside = FakeActivities()
    outside.fails(SHOW_CARD, BotRemoved("removed"), RefusedForNow("at random"))
    async with running(client, outside) as run:
        await run.hears(run.life.is_noted("before its trigger"))
        await run.until_attribute("Attention", "degraded")
        await run.hears(run.life.triggers())
        await outside.until(lambda: len(outside.posts) == 3)
        await run.until_attribute("Attention", "ok")
        timers = [(timer.summary, round(timer.seconds)) for timer in (await run.timeline()).timers]
    assert timers[0] == ("back-off after BotRemoved", 300)
    assert timers[-1] == ("back-off after RefusedForNow", 2)


async def test_what_happens_during_a_call_that_is_refused_is_tried_at_once(client: Client) -> None:
    async with shown(client) as run:
        run.outside.fails(SHOW_CARD, BotRemoved("removed"))
        sent = run.outside.holds(SHOW_CARD)
        await run.hears(run.life.is_acknowledged())
        await run.outside.until(lambda: len(run.outside.edits) == 1)
        await run.hears(run.life.escalates(), run.life.is_noted("twice"))
        assert "escalated" in await run.details()
        sent.set()
        await run.outside.until(lambda: run.outside.said == ["escalated"])
    assert len(run.outside.edits) == 2


async def test_nothing_is_tried_before_teams_allows_it(client: Client) -> None:
    async with shown(client) as run:
        run.outside.fails(SHOW_CARD, RateLimited("too many", retry_after=2))
        await run.hears(run.life.is_acknowledged())
        await run.until_attribute("Attention", "waiting")
        await run.hears(run.life.escalates())
        await run.outside.until(lambda: run.outside.said == ["escalated"])
        timeline = await run.timeline()
    assert len(run.outside.edits) == 2
    assert timeline.timers[-1].summary == "back-off after RateLimited"
    assert timeline.cut_short == []


async def test_a_hurried_edit_keeps_the_edit_interval(client: Client) -> None:
    async with shown(client, timing=Timing(edit_interval=1, grace=0.2, late_edit=0.5)) as run:
        run.outside.fails(SHOW_CARD, *[BotRemoved("removed")] * 2)
        await run.hears(run.life.is_acknowledged())
        await run.until_attribute("Attention", "degraded")
        await run.hears(run.life.escalates(), run.life.gets_priority("P1"))
        await run.outside.until(lambda: len(run.outside.edits) == 2)
        timers = [timer.summary for timer in (await run.timeline()).timers]
        await _detached(run)
    refused = timers.index("back-off after BotRemoved")
    assert timers[refused + 1] == "edit interval", "before the second edit, after which it backs off again"


async def _detached(run: Run) -> None:
    """What the edge tells the running cards of a suspended conversation."""
    await run.handle.signal("detach")
    assert (await run.ends()).status == "detached"
