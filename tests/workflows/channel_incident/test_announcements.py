"""What is said in the thread: each transition once, after the card shows it, and no old news."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import Client

from tests.support.life import BO, Life, under_another_id
from tests.workflows.channel_incident.outside import FakeActivities
from tests.workflows.channel_incident.running import Run, running, shown
from workflows.channel_incident.activities import REPLY, SHOW_CARD, ShowCard, Shown
from workflows.errors import CardGone, OutcomeUnknown, ProviderUnavailable, RateLimited
from workflows.incident.events import IncidentEvent

pytestmark = pytest.mark.anyio

GONE = CardGone("the message is not there")


async def test_each_transition_is_said_once(client: Client) -> None:
    async with shown(client) as run:
        life = run.life
        transitions: tuple[Callable[[], IncidentEvent], ...] = (
            lambda: life.gets_priority("P2"),
            life.escalates,
            life.is_resolved,
            life.reopens,
            lambda: life.is_resolved(by=BO),
        )
        for count, happens in enumerate(transitions, start=1):
            event = happens()
            await run.hears(event, event)
            await _said(run, count)
        await run.ends()
    assert run.outside.said == ["priority_raised", "escalated", "resolved", "reopened", "resolved"]
    assert [reply.by for reply in run.outside.replies[-2:]] == ["Ada Ops", "Bo Call"]


async def test_it_is_said_in_the_cards_thread_when_the_card_shows_it(client: Client) -> None:
    async with shown(client) as run:
        await run.hears(run.life.is_resolved())
        await run.ends()
        names = [called.name for called in (await run.timeline()).activities]
    (reply,) = run.outside.replies
    assert (reply.activity_id, reply.view.status) == (run.outside.activity_id, "resolved")
    assert names[-2:] == ["teams.show_card", "teams.reply"]


async def test_a_first_card_is_news_itself(client: Client) -> None:
    async with running(client) as run:
        escalated = run.life.escalates()
        await run.hears(escalated)
        await run.is_idle()
        await run.hears(under_another_id(escalated))
        await run.details()
        timeline = await run.timeline()
    assert len(run.outside.posts) == 1
    assert timeline.count("teams.reply") == 0


async def test_what_happens_while_the_first_card_is_under_way_is_said(client: Client) -> None:
    outside = FakeActivities()
    sent = outside.holds(SHOW_CARD)
    async with running(client, outside) as run:
        await run.hears(run.life.triggers())
        await outside.until(lambda: len(outside.shown) == 1)
        await run.hears(run.life.escalates())
        assert "escalated" in await run.details()
        sent.set()
        await outside.until(lambda: outside.said == ["escalated"])


async def test_two_subscriptions_that_deliver_one_transition_are_one_announcement(client: Client) -> None:
    async with shown(client) as run:
        escalated = run.life.escalates()
        await run.hears(escalated)
        await run.outside.until(lambda: len(run.outside.replies) == 1)
        await run.hears(under_another_id(escalated), run.life.is_resolved())
        await run.ends()
    assert run.outside.said == ["escalated", "resolved"]


async def test_an_announcement_whose_outcome_is_unknown_is_not_repeated(client: Client) -> None:
    """Nor does it take along the one that came while it was under way."""
    async with shown(client) as run:
        run.outside.fails(REPLY, OutcomeUnknown("the answer was lost"))
        sent = run.outside.holds(REPLY)
        await run.hears(run.life.escalates())
        await run.outside.until(lambda: len(run.outside.replies) == 1)
        await run.hears(run.life.is_resolved())
        await run.details()
        sent.set()
        await run.ends()
    assert run.outside.said == ["escalated", "resolved"]


async def test_an_announcement_that_was_certainly_not_said_is_said_later(client: Client) -> None:
    async with shown(client) as run:
        run.outside.fails(REPLY, ProviderUnavailable("no connection"))
        await run.hears(run.life.escalates())
        await run.outside.until(lambda: len(run.outside.replies) == 2)
    assert run.outside.said == ["escalated", "escalated"]


async def test_a_card_that_is_gone_when_news_is_said_is_posted_anew_and_is_the_news(
    client: Client,
) -> None:
    """An edit finds out that it is gone."""
    async with shown(client) as run:
        run.outside.fails(REPLY, GONE)

        async def gone_since_the_reply(request: ShowCard) -> Shown:
            if request.activity_id is not None and run.outside.replies and len(run.outside.posts) == 1:
                raise GONE.to_application_error()
            return Shown(activity_id=request.activity_id or f"17{len(run.outside.posts)}", orphans=0)

        run.outside.answers(SHOW_CARD, gone_since_the_reply)
        await run.hears(run.life.escalates())
        await run.outside.until(lambda: len(run.outside.posts) == 2)
        await run.is_idle()
        assert "announcements" not in await run.details()
        await run.hears(run.life.is_resolved())
        await run.ends()
    assert run.outside.said == ["escalated", "resolved"]
    assert run.outside.replies[-1].activity_id == "172"


async def test_a_reply_that_finds_no_card_is_said_once_an_edit_has_found_it(client: Client) -> None:
    """Teams says so at random: the card lives, stays the card, and the news is not lost."""
    async with shown(client) as run:
        card = run.outside.activity_id
        run.outside.fails(REPLY, GONE, GONE)
        await run.hears(run.life.escalates())
        await run.outside.until(lambda: len(run.outside.replies) == 3)
        await run.hears(run.life.is_resolved())
        await run.ends()
        timeline = await run.timeline()
    calls = [name for name, _ in timeline.activities if name in ("teams.show_card", "teams.reply")]
    assert calls[-8:-2] == ["teams.show_card", "teams.reply"] * 3
    assert run.outside.said == ["escalated"] * 3 + ["resolved"]
    assert len(run.outside.posts) == 1
    assert {reply.activity_id for reply in run.outside.replies} == {card}


async def test_news_waits_until_a_message_was_posted_or_says_it(client: Client) -> None:
    """The card is gone, and the post of the next one is refused: nobody was told anything yet."""
    async with shown(client) as run:
        run.outside.fails(SHOW_CARD, GONE, RateLimited("too many", retry_after=1))
        await run.hears(run.life.is_noted("on it"), run.life.escalates())
        await run.outside.until(lambda: len(run.outside.posts) == 2)
        await run.until_attribute("Attention", "waiting")
        card = run.outside.activity_id

        async def found(request: ShowCard) -> Shown:
            return Shown(activity_id=card or "", orphans=0, found=request.activity_id is None)

        run.outside.answers(SHOW_CARD, found)
        await run.outside.until(lambda: run.outside.said == ["escalated"])
    assert len(run.outside.posts) == 3


async def test_news_older_than_ten_minutes_is_shown_and_not_said(client: Client) -> None:
    outside = FakeActivities(Life(began=datetime.now(UTC) - timedelta(minutes=11)))
    async with shown(client, outside) as run:
        await run.hears(run.life.escalates(), run.life.is_resolved())
        await run.ends()
    assert outside.shown[-1].view.status == "resolved"
    assert outside.replies == []


async def test_a_resolve_makes_what_still_waits_pointless(client: Client) -> None:
    async with shown(client) as run:
        run.outside.fails(REPLY, RateLimited("too many", retry_after=1))
        await run.hears(run.life.escalates())
        await run.outside.until(lambda: len(run.outside.replies) == 1)
        await run.hears(run.life.gets_priority("P1"), run.life.is_resolved())
        await run.ends()
    assert run.outside.said == ["escalated", "resolved"]


async def test_a_priority_is_said_when_it_goes_up_and_not_when_it_goes_down(client: Client) -> None:
    async with shown(client) as run:
        life = run.life
        await run.hears(life.gets_priority("P3"))
        await run.outside.until(lambda: len(run.outside.replies) == 1)
        await run.hears(life.gets_priority("P4"))
        await run.outside.until(lambda: run.outside.shown[-1].view.priority == "P4")
        await run.hears(life.gets_priority("P1"))
        await run.outside.until(lambda: len(run.outside.replies) == 2)
    assert [reply.view.priority for reply in run.outside.replies] == ["P3", "P1"]


async def test_a_priority_that_details_showed_before_its_event_came_is_said(client: Client) -> None:
    async with running(client) as run:
        trigger = run.life.triggers()
        raised = run.life.gets_priority("P1")
        await run.hears(trigger)
        await run.outside.until(lambda: len(run.outside.shown) == 2)
        assert run.outside.shown[-1].view.priority == "P1"
        await run.is_idle()
        await run.hears(raised)
        await run.outside.until(lambda: run.outside.said == ["priority_raised"])


async def _said(run: Run, count: int) -> None:
    await run.outside.until(lambda: len(run.outside.said) == count)
