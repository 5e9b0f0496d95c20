"""Presses that change nothing: what the person hears, and what the card does."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import Client

from tests.workflows.channel_incident.running import Run, shown
from workflows.channel_incident.activities import CHANGE_STATUS, OFFER_LINK, RECORD_CLICKS, TELL_PERSON
from workflows.errors import (
    Forbidden,
    OutcomeUnknown,
    OutsideError,
    ProviderUnavailable,
    RateLimited,
    RequestInvalid,
)
from workflows.options import ANSWER_IS_READ

pytestmark = pytest.mark.anyio


async def test_an_unlinked_person_is_offered_a_link_and_nothing_else_happens(client: Client) -> None:
    """The run says nothing of its own."""
    async with shown(client) as run:
        click = run.click(link=None)
        answer = await run.ask(click)
        await run.is_idle()
    (offered,) = run.outside.offered
    assert (offered.click, offered.card.incident_id) == (click, run.life.incident_id)
    assert offered.view is not None
    assert answer.outcome.kind == "unlinked"
    assert (run.outside.told, run.outside.changes) == ([], [])
    assert len(run.outside.shown) == 1


async def test_after_linking_the_same_button_on_the_same_card_works(client: Client) -> None:
    async with shown(client) as run:
        unlinked, linked = run.click(link=None), run.click(link=7)
        assert (await run.ask(unlinked)).outcome.kind == "unlinked"
        assert (await run.ask(linked)).outcome.kind == "done"
    assert unlinked.key != linked.key


async def test_an_unlinked_click_delivered_again_is_not_offered_again(client: Client) -> None:
    async with shown(client) as run:
        click = run.click(link=None)
        await run.ask(click)
        await run.ask(click, update_id="delivered-later")
        await run.hands_over(click)
        await run.is_idle()
    assert len(run.outside.offered) == 1


@pytest.mark.parametrize("error", [ProviderUnavailable("Temporal is away"), OutcomeUnknown("a worker died")])
async def test_an_offer_that_nobody_may_have_heard_of_is_asked_for_again(
    client: Client, error: OutsideError
) -> None:
    async with shown(client) as run:
        run.outside.fails(OFFER_LINK, error)
        await run.ask(run.click(link=None))
        await run.outside.until(lambda: len(run.outside.offered) == 2)
        await run.is_idle()
    first, second = run.outside.offered
    assert first.click == second.click


async def test_an_offer_that_cannot_be_asked_for_is_for_operators_to_see(client: Client) -> None:
    async with shown(client) as run:
        run.outside.fails(OFFER_LINK, RequestInvalid("nonsense"))
        await run.ask(run.click(link=None))
        await run.until_attribute("Attention", "degraded")
        assert "private_messages: RequestInvalid" in await run.details()
    assert run.outside.told == []


async def test_a_click_more_than_five_minutes_late_is_reported_and_not_done(client: Client) -> None:
    async with shown(client) as run:
        click = run.click(received_at=datetime.now(UTC) - timedelta(minutes=5, seconds=1))
        answer = await run.ask(click)
    assert answer.outcome.kind == "late"
    assert run.outside.changes == []
    assert answer.identity.nonce != run.outside.shown[-1].identity.nonce


async def test_a_click_that_waited_for_another_until_it_was_too_late_is_not_done(client: Client) -> None:
    almost = timedelta(minutes=5) - timedelta(seconds=1)
    async with shown(client) as run:
        telling = run.outside.holds(CHANGE_STATUS)
        await run.hands_over(run.click("acknowledge", name="Ada Ops"))
        await run.outside.until(lambda: len(run.outside.changes) == 1)
        late = run.click("resolve", name="Bo Call", received_at=datetime.now(UTC) - almost)
        await run.hands_over(late)
        await asyncio.sleep(1)  # what passes here is the time itself
        telling.set()
        await run.outside.until(lambda: [told.outcome.kind for told in run.outside.told] == ["late"])
    assert [change.click.verb for change in run.outside.changes] == ["acknowledge"]


async def has_been_read(run: Run) -> bool:
    """The time that an answer has on the screen is over."""
    timeline = await run.timeline()
    started = {
        event.event_id
        for event in timeline.events
        if event.HasField("timer_started_event_attributes") and b"being read" in event.SerializeToString()
    }
    fired = {event.timer_fired_event_attributes.started_event_id for event in timeline.events}
    return bool(started & fired)


async def test_a_refusal_stays_on_its_answers_card_from_which_it_can_be_clicked_again(client: Client) -> None:
    """An edit of the message would wipe the answer's card, and the sentence on it, off the screen."""
    async with shown(client) as run:
        run.outside.fails(CHANGE_STATUS, *[ProviderUnavailable("PagerDuty is down")] * 2)
        failed = await run.ask(run.click())
        assert failed.outcome.kind == "failed"
        # Until the answer has been read no edit is made at all.
        await run.until(lambda: has_been_read(run))
        await run.is_idle()
        timeline = await run.timeline()
        answer = await run.ask(run.click(nonce=failed.identity.nonce))
    assert timeline.count("teams.show_card") == 1
    assert failed.identity.marker == run.outside.posts[0].identity.marker
    assert failed.identity.nonce != run.outside.posts[0].identity.nonce
    assert answer.outcome.kind == "done"
    assert [judged.outcome.kind for judged in run.outside.judged()] == ["failed"]


async def test_what_can_wait_is_shown_once_a_refusal_has_been_read(client: Client) -> None:
    async with shown(client) as run:
        run.outside.fails(CHANGE_STATUS, Forbidden("not on this team"))
        answered = asyncio.get_running_loop().time()
        await run.ask(run.click())
        await run.hears(run.life.is_noted("on it"))
        await run.outside.until(lambda: len(run.outside.shown) == 2)
        assert asyncio.get_running_loop().time() - answered >= ANSWER_IS_READ.total_seconds() - 1
        timers = [timer.summary for timer in (await run.timeline()).timers]
    assert "an answer is being read" in timers
    assert run.outside.shown[-1].view.latest_note is not None


async def test_what_happens_to_the_incident_is_shown_whoever_reads_a_refusal(client: Client) -> None:
    async with shown(client) as run:
        run.outside.fails(CHANGE_STATUS, Forbidden("not on this team"))
        answered = asyncio.get_running_loop().time()
        await run.ask(run.click())
        await run.hears(run.life.is_acknowledged())
        await run.outside.until(lambda: len(run.outside.shown) == 2)
        assert asyncio.get_running_loop().time() - answered < ANSWER_IS_READ.total_seconds() - 1
    assert run.outside.shown[-1].view.status == "acknowledged"


async def test_what_a_second_click_did_is_shown_at_once(client: Client) -> None:
    async with shown(client) as run:
        run.outside.fails(CHANGE_STATUS, Forbidden("not on this team"))
        answered = asyncio.get_running_loop().time()
        refused = await run.ask(run.click())
        await run.ask(run.click(nonce=refused.identity.nonce))
        await run.outside.until(lambda: len(run.outside.shown) == 2)
        assert asyncio.get_running_loop().time() - answered < ANSWER_IS_READ.total_seconds() - 1
    assert run.outside.shown[-1].view.status == "acknowledged"


async def test_another_person_can_click_the_message_that_a_refusal_has_left_as_it_was(client: Client) -> None:
    async with shown(client) as run:
        run.outside.fails(CHANGE_STATUS, Forbidden("not on this team"))
        assert (await run.ask(run.click(name="Guest"))).outcome.kind == "refused"
        assert (await run.ask(run.click(name="Ada Ops"))).outcome.kind == "done"


async def test_the_message_clicked_again_brings_the_recorded_refusal_and_a_button_that_acts(
    client: Client,
) -> None:
    """It cannot be told from the same click delivered again, so it is not done."""
    async with shown(client) as run:
        run.outside.fails(CHANGE_STATUS, *[Forbidden("not on this team")] * 2)
        click = run.click()
        first = await run.ask(click)
        second = await run.ask(run.click(nonce=first.identity.nonce))
        again = await run.ask(click, update_id="a-later-activity")
        assert (first.outcome.kind, second.outcome.kind) == ("refused", "refused")
        assert again.outcome == first.outcome
        assert len(run.outside.changes) == 2
        assert (await run.ask(run.click(nonce=again.identity.nonce))).outcome.kind == "done"
    used = {run.outside.posts[0].identity.nonce, first.identity.nonce}
    assert again.identity.nonce not in used


async def test_a_refusal_on_an_orphan_is_told_privately_since_its_answer_goes_with_it(client: Client) -> None:
    async with shown(client) as run:
        run.outside.fails(CHANGE_STATUS, Forbidden("not on this team"))
        click = run.click().model_copy(update={"message": "1700000099999", "orphan_marker": "lost"})
        assert (await run.ask(click)).outcome.kind == "refused"
        await run.outside.until(lambda: bool(run.outside.deleted and run.outside.told))
    (told,) = run.outside.told
    assert (told.click, told.outcome.kind) == (click, "refused")


async def test_an_answer_on_the_second_try_is_no_failure(client: Client) -> None:
    async with shown(client) as run:
        run.outside.fails(CHANGE_STATUS, ProviderUnavailable("a hiccup"))
        answer = await run.ask(run.click())
    assert answer.outcome.kind == "done"
    assert len(run.outside.changes) == 2


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        (Forbidden("not on this team"), "refused", "forbidden"),
        (RequestInvalid("nonsense"), "failed", "not_sent"),
        (RateLimited("too many", retry_after=4), "failed", "rate_limited"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
async def test_what_pagerduty_refuses_is_not_tried_twice(
    client: Client, error: OutsideError, kind: str, reason: str
) -> None:
    async with shown(client) as run:
        run.outside.fails(CHANGE_STATUS, error)
        answer = await run.ask(run.click())
    assert answer.outcome.kind == kind
    assert answer.outcome.reason == reason
    assert len(run.outside.changes) == 1


async def test_an_outcome_that_cannot_be_recorded_stands(client: Client) -> None:
    async with shown(client) as run:
        run.outside.fails(RECORD_CLICKS, RequestInvalid("no such row"))
        click = run.click(link=None)
        answer = await run.ask(click)
        again = await run.ask(click, update_id="delivered-later")
    assert answer.outcome.kind == again.outcome.kind == "unlinked"


async def test_a_private_message_that_cannot_be_sent_is_for_operators_to_see(client: Client) -> None:
    async with shown(client) as run:
        run.outside.fails(TELL_PERSON, Forbidden("the app is not installed for this person"))
        run.outside.fails(CHANGE_STATUS, Forbidden("not on this team"))
        click = run.click().model_copy(update={"message": "1700000099999", "orphan_marker": "lost"})
        assert (await run.ask(click)).outcome.kind == "refused"
        await run.until_attribute("Attention", "degraded")
        assert "private_messages: Forbidden" in await run.details()
    assert len(run.outside.shown) == 1
