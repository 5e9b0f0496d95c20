"""An incident that somebody follows in a conversation, until somebody stops it there."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from tests.support.life import BO
from tests.workflows.channel_incident.outside import FakeActivities
from tests.workflows.channel_incident.running import Run, running, shown
from workflows.channel_incident.activities import (
    READ_DETAILS,
    RESTORE_CARD,
    RESTORE_INCIDENT,
    SHOW_CARD,
    STOP_FOLLOWING,
    DoVerb,
    ShowCard,
    Shown,
    VerbDone,
)
from workflows.channel_incident.messages import Attached, Followed
from workflows.channel_incident.workflow_type import ATTACH, DETACH, FOLLOW
from workflows.errors import CardGone, Forbidden, ProviderUnavailable
from workflows.following import Following, Stopped
from workflows.presets import ChosenPreset
from workflows.subscription.activities import CONVERGE_SUBSCRIPTION
from workflows.verbs.outcomes import Outcome

pytestmark = pytest.mark.anyio

BUTTONS = ("acknowledge", "resolve", "stop_following")


async def follows(run: Run, *, by: str = "Ada Ops", number: int = 1, is_open: bool = True) -> None:
    """Somebody presses **Follow here**: the row says so, and the run is told."""
    following = Following(number=number, by="Ada Ops")
    run.outside.following = following
    await run.signal(
        FOLLOW.name, Followed(by=by, following=following, is_open=is_open, correlation="f:follow")
    )


@asynccontextmanager
async def followed(client: Client, *, preset: ChosenPreset | None = None) -> AsyncIterator[Run]:
    """An incident that Ada follows, whose card is there."""
    async with running(client, preset=preset) as run:
        await follows(run)
        await run.outside.until(lambda: bool(run.outside.subscribed))
        await run.is_idle()
        yield run


async def stops(run: Run, *, by: str = "Bo Call") -> Outcome:
    return (await run.ask(run.click("stop_following", name=by))).outcome


# Somebody follows it


async def test_the_card_appears_with_all_buttons_and_the_events_are_asked_for(client: Client) -> None:
    async with followed(client) as run:
        names = {called.name for called in (await run.timeline()).activities}
        details = await run.details()
    assert names == {
        RESTORE_CARD.name,
        RESTORE_INCIDENT.name,
        CONVERGE_SUBSCRIPTION.name,
        READ_DETAILS.name,
        SHOW_CARD.name,
    }
    assert [one.account for one in run.outside.subscribed] == ["acme"]
    (post,) = run.outside.posts
    assert (post.view.verbs, post.view.stopped, post.correlation) == (BUTTONS, None, "f:follow")
    assert "followed | Ada Ops in Teams" in details


async def test_ten_who_follow_at_once_bring_one_card(client: Client) -> None:
    run = Run(client, FakeActivities())
    await asyncio.gather(*(follows(run, by=f"Person {n}") for n in range(10)))
    async with run.working():
        await run.is_idle()
        details = await run.details()
    assert len(run.runs) == 1
    assert len(run.outside.posts) == 1
    assert details.count("followed") == 1, "the first one followed it"


async def test_what_happened_while_the_account_was_subscribed_to_is_read(client: Client) -> None:
    async with running(client) as run:
        subscribing = run.outside.holds(CONVERGE_SUBSCRIPTION)
        await follows(run)
        await run.outside.until(lambda: bool(run.outside.posts))
        run.outside.life.set_status("acknowledged", by=BO)
        subscribing.set()
        await run.outside.until(lambda: bool(run.outside.edits))
        await run.is_idle()
    assert [card.view.status for card in run.outside.shown] == ["triggered", "acknowledged"]


async def test_a_refused_subscription_leaves_the_card_and_is_told_to_operators(client: Client) -> None:
    async with running(client) as run:
        run.outside.fails(CONVERGE_SUBSCRIPTION, Forbidden("a scope is missing"))
        await follows(run)
        await run.outside.until(lambda: bool(run.outside.posts))
        await run.is_idle()
        assert "subscription" in await run.details()
        await run.hears(run.life.is_resolved())
        assert (await run.ends()).status == "resolved", "it does not keep the run"


async def test_one_that_is_over_is_shown_in_its_final_state_once_and_nothing_is_subscribed_to(
    client: Client,
) -> None:
    outside = FakeActivities()
    outside.life.set_status("resolved", by=BO)
    async with running(client, outside) as run:
        await follows(run, is_open=False)
        assert (await run.ends()).status == "resolved"
    assert [card.view.status for card in outside.shown] == ["resolved"]
    assert outside.shown[0].view.verbs == ()
    assert (outside.subscribed, outside.said) == ([], [])


async def test_who_follows_what_was_reopened_unheard_gets_its_card_live_again(client: Client) -> None:
    """It was resolved, the account was let go of, and nobody told that it was reopened."""
    async with followed(client) as run:
        await run.hears(run.life.is_resolved(by=BO))
        await run.is_stored()
        run.life.set_status("triggered", by=BO)
        await follows(run)
        await run.outside.until(lambda: len(run.outside.subscribed) == 2)
        await run.outside.until(lambda: run.outside.shown[-1].view.status == "triggered")
        assert run.outside.shown[-1].view.verbs == BUTTONS
    assert len(run.outside.posts) == 1, "in the message that the link opens"


async def test_one_that_a_connection_brings_has_no_button_to_stop(client: Client) -> None:
    outside = FakeActivities()
    outside.life.set_status("resolved", by=BO)
    async with running(client, outside) as run:
        message = Followed(by="Ada Ops", following=None, is_open=False, correlation="f:1")
        await run.signal(FOLLOW.name, message)
        await run.ends()
    (card,) = outside.shown
    assert (card.view.status, card.view.stopped) == ("resolved", None)


async def test_a_card_of_a_connection_cannot_be_stopped(client: Client) -> None:
    async with shown(client) as run:
        assert "stop_following" not in run.outside.shown[-1].view.verbs
        outcome = await stops(run)
        assert outcome == Outcome(kind="refused", reason="by_connection")
        await run.hears(run.life.is_acknowledged())
        await run.outside.until(lambda: run.outside.shown[-1].view.status == "acknowledged")


async def test_the_button_goes_where_a_connection_brings_the_incident_in(client: Client) -> None:
    async with followed(client) as run:
        run.outside.following = None
        await run.signal(ATTACH.name, Attached(by="Cy", by_connection=True))
        await run.outside.until(lambda: bool(run.outside.edits))
        await run.is_idle()
    assert run.outside.shown[-1].view.verbs == BUTTONS[:2]
    assert len(run.outside.posts) == 1


async def test_a_stop_whose_result_comes_after_a_connection_took_it_over_ends_nothing(
    client: Client,
) -> None:
    async with followed(client) as run:
        result = asyncio.Event()

        async def answers_late(request: DoVerb) -> VerbDone:
            stopped = Stopped(by=request.click.person.name, at=request.click.received_at)
            await result.wait()
            following = Following(number=1, by="Ada Ops", stopped=stopped)
            return VerbDone(outcome=Outcome(kind="done"), stopped=following)

        run.outside.answers(STOP_FOLLOWING, answers_late)
        stopping = asyncio.create_task(stops(run))
        await run.outside.until(lambda: bool(run.outside.stops))
        run.outside.following = None
        await run.signal(ATTACH.name, Attached(by="Cy", by_connection=True))
        await run.outside.until(lambda: bool(run.outside.edits))
        result.set()
        assert (await stopping).kind == "done"
        await run.is_idle()
    assert run.outside.shown[-1].view.stopped is None
    assert run.outside.shown[-1].view.verbs == BUTTONS[:2]


# Somebody stops it


async def test_the_last_state_has_no_buttons_and_says_who_stopped_it_and_the_run_ends(client: Client) -> None:
    async with followed(client) as run:
        answer = await run.ask(run.click("stop_following", name="Bo Call"))
        end = await run.ends()
    assert answer.outcome == Outcome(kind="done")
    assert answer.view is not None
    (last,) = run.outside.edits
    for view in (answer.view, last.view):
        assert view.stopped is not None
        assert (view.stopped.by, view.verbs, view.status) == ("Bo Call", (), "triggered")
    assert (end.status, end.revision) == ("stopped", last.view.revision)
    assert len(run.outside.posts) == 1
    assert run.outside.changes == [], "PagerDuty is told nothing"


async def test_nothing_that_waits_is_said_when_it_is_stopped(client: Client) -> None:
    async with followed(client, preset=ChosenPreset(preset="all_updates")) as run:
        showing = run.outside.holds(SHOW_CARD)
        await run.hears(run.life.gets_priority("P1"), run.life.is_noted("slow"))
        await run.outside.until(lambda: len(run.outside.shown) == 2)
        assert (await stops(run)).kind == "done"
        await run.hears(run.life.is_noted("late"))
        showing.set()
        await run.ends()
    assert run.outside.said == []
    assert run.outside.shown[-1].view.stopped is not None


async def test_two_who_stop_at_once_stop_it_once_and_the_second_hears_who_was_first(client: Client) -> None:
    async with followed(client) as run:
        ada, bo = run.click("stop_following"), run.click("stop_following", name="Bo Call")
        answers = await asyncio.gather(run.ask(ada), run.ask(bo))
        await run.ends()
    kinds = sorted(answer.outcome.kind for answer in answers)
    assert kinds == ["already", "done"]
    already = next(answer.outcome for answer in answers if answer.outcome.kind == "already")
    assert run.outside.following is not None
    assert run.outside.following.stopped is not None
    assert already.by == run.outside.following.stopped.by
    assert len(run.outside.edits) == 1


async def test_whoever_is_not_linked_stops_nothing(client: Client) -> None:
    async with followed(client) as run:
        answer = await run.ask(run.click("stop_following", link=None))
        assert answer.outcome.kind == "unlinked"
        await run.outside.until(lambda: bool(run.outside.offered))
        await run.is_idle()
    assert run.outside.stops == []


async def test_a_store_that_fails_leaves_it_followed_and_the_button_may_be_pressed_again(
    client: Client,
) -> None:
    async with followed(client) as run:
        run.outside.fails(STOP_FOLLOWING, *[ProviderUnavailable("no database")] * 2)
        answer = await run.ask(run.click("stop_following"))
        assert answer.outcome == Outcome(kind="failed", reason="unavailable")
        again = run.click("stop_following", nonce=answer.identity.nonce)
        assert (await run.ask(again)).outcome.kind == "done"
        assert (await run.ends()).status == "stopped"


async def test_the_same_click_after_the_end_is_answered_the_same_and_edits_nothing(client: Client) -> None:
    async with followed(client) as run:
        click = run.click("stop_following")
        await run.ask(click)
        await run.ends()
        run.outside.store(
            clicks=({"key": click.key, "outcome": Outcome(kind="done")},),
        )
        run.stored = True
        shows = len(run.outside.shown)
        answer = await run.ask(click, update_id="delivered again")
        assert (await run.ends()).status == "stopped"
    assert answer.outcome.kind == "done"
    assert answer.view is not None
    assert answer.view.stopped is not None
    assert (len(run.outside.shown), len(run.outside.stops)) == (shows, 1)


async def test_a_click_on_a_stopped_card_that_a_client_still_shows_with_buttons_does_nothing(
    client: Client,
) -> None:
    async with followed(client) as run:
        acknowledge = run.click("acknowledge")
        await stops(run)
        await run.is_stored()
        answer = await run.ask(acknowledge)
        assert (await run.ends()).status == "stopped"
    assert answer.outcome == Outcome(kind="refused", reason="not_followed")
    assert answer.view is not None
    assert answer.view.verbs == ()
    assert run.outside.changes == []


async def test_a_message_that_is_gone_gets_no_other_one_to_say_so(client: Client) -> None:
    async with followed(client) as run:
        run.outside.fails(SHOW_CARD, CardGone("deleted"))
        assert (await stops(run)).kind == "done"
        assert (await run.ends()).status == "stopped"
    assert len(run.outside.posts) == 1


async def test_a_conversation_that_goes_lets_a_stopped_card_go_too(client: Client) -> None:
    async with followed(client) as run:
        run.outside.fails(SHOW_CARD, *[ProviderUnavailable("Teams is away")] * 50)
        await stops(run)
        await run.outside.until(lambda: len(run.outside.edits) == 1)
        await run.handle.signal(DETACH.name)
        assert (await run.ends()).status == "detached"


@pytest.mark.parametrize("is_pagerduty_there", [True, False])
async def test_a_last_state_that_was_lost_with_the_conversation_is_shown_once_it_is_there_again(
    client: Client, is_pagerduty_there: bool
) -> None:
    async with followed(client) as run:
        run.outside.fails(SHOW_CARD, *[ProviderUnavailable("Teams is away")] * 50)
        live = run.outside.posts[-1]
        await stops(run)
        await run.outside.until(lambda: bool(run.outside.edits))
        await run.handle.signal(DETACH.name)
        await run.ends()
        run.outside.works_again(SHOW_CARD)
        run.outside.store(view=live.view, content=live.content, revision=live.view.revision)
        run.stored = True
        if not is_pagerduty_there:
            run.outside.fails(RESTORE_INCIDENT, ProviderUnavailable("PagerDuty is away"))
            run.outside.fails(READ_DETAILS, ProviderUnavailable("PagerDuty is away"))
        edits = len(run.outside.edits)
        await run.signal(ATTACH.name, Attached(correlation="f:back"))
        async with asyncio.timeout(20):
            assert (await run.ends()).status == "stopped"
    assert len(run.outside.edits) == edits + 1
    assert run.outside.edits[-1].view.stopped is not None
    assert (len(run.outside.posts), run.outside.said) == (1, [])


# Somebody follows it again


async def test_following_again_posts_a_new_card_and_repeats_nothing(client: Client) -> None:
    async with followed(client) as run:
        await run.hears(run.life.escalates())
        await run.outside.until(lambda: len(run.outside.replies) == 1)
        await stops(run)
        await run.ends()
        # What the row is once somebody follows again: it knows no message, and what was said.
        run.outside.store(activity_id=None, marker=None)
        run.stored = True
        await follows(run, number=2)
        await run.outside.until(lambda: len(run.outside.posts) == 2)
        await run.is_idle()
        first, second = run.outside.posts
        assert second.identity.marker != first.identity.marker
        assert second.view.revision > run.outside.edits[-1].view.revision
        assert (second.view.verbs, second.view.stopped) == (BUTTONS, None)
        await run.hears(run.life.is_resolved())
        await run.ends()
    assert run.outside.said == ["escalated", "resolved"]


async def test_following_again_while_the_last_state_is_on_its_way_leaves_it_and_posts_anew(
    client: Client,
) -> None:
    async with followed(client) as run:
        showing = run.outside.holds(SHOW_CARD)
        await stops(run)
        await run.outside.until(lambda: len(run.outside.shown) == 2)
        await follows(run, number=2)
        showing.set()
        await run.outside.until(lambda: len(run.outside.posts) == 2)
        await run.is_idle()
        status = (await run.describe()).status
        await run.hears(run.life.is_acknowledged())
        await run.outside.until(lambda: run.outside.shown[-1].view.status == "acknowledged")
    assert status is WorkflowExecutionStatus.RUNNING
    first, last_state, second, edit = run.outside.shown
    assert last_state.view.stopped is not None
    assert (second.view.verbs, second.view.stopped) == (BUTTONS, None)
    assert second.identity.marker != first.identity.marker
    assert edit.activity_id == run.outside.activity_id != last_state.activity_id


async def test_a_last_state_whose_row_has_begun_anew_is_shown_once_and_the_run_ends(client: Client) -> None:
    """Somebody has followed again, and the run is not told yet."""
    async with followed(client) as run:

        async def is_not_recorded(request: ShowCard) -> Shown:
            return Shown(activity_id=request.activity_id or "none", orphans=0, recorded=False)

        run.outside.answers(SHOW_CARD, is_not_recorded)
        await stops(run)
        assert (await run.ends()).status == "stopped"
    assert len(run.outside.edits) == 1


async def test_a_late_signal_of_an_earlier_following_brings_nothing_back(client: Client) -> None:
    async with followed(client) as run:
        message = Followed(by="Cy", following=run.outside.following, is_open=True, correlation="f:late")
        await stops(run)
        await run.is_stored()
        await run.signal(FOLLOW.name, message)
        async with asyncio.timeout(20):
            assert (await run.ends()).status == "stopped"
    assert (len(run.outside.posts), len(run.outside.edits)) == (1, 1)


async def test_a_late_signal_while_the_last_state_is_on_its_way_brings_nothing_back(client: Client) -> None:
    async with followed(client) as run:
        message = Followed(by="Cy", following=run.outside.following, is_open=True, correlation="f:late")
        showing = run.outside.holds(SHOW_CARD)
        await stops(run)
        await run.outside.until(lambda: bool(run.outside.edits))
        await run.signal(FOLLOW.name, message)
        showing.set()
        async with asyncio.timeout(20):
            assert (await run.ends()).status == "stopped"
    assert (len(run.outside.posts), len(run.outside.edits)) == (1, 1)


BEFORE_THE_STOP = pytest.mark.parametrize("is_stored", [True, False], ids=["stored", "not-yet-stored"])
"""What the sender read before the stop says of the row: something was sent for it, or nothing yet."""


@BEFORE_THE_STOP
async def test_a_late_signal_whose_sender_read_the_row_before_the_stop_brings_nothing_back(
    client: Client, is_stored: bool
) -> None:
    async with followed(client) as run:
        await stops(run)
        await run.ends()
        run.outside.store()
        run.stored = is_stored
        run.read_before = Following(number=1, by="Ada Ops")
        await run.signal(
            FOLLOW.name, Followed(by="Cy", following=run.read_before, is_open=True, correlation="f:late")
        )
        async with asyncio.timeout(20):
            assert (await run.ends()).status == "stopped"
    assert (len(run.outside.posts), len(run.outside.edits)) == (1, 1)


@BEFORE_THE_STOP
async def test_an_event_whose_sender_read_the_row_before_the_stop_brings_nothing_back(
    client: Client, is_stored: bool
) -> None:
    async with followed(client) as run:
        before = run.outside.following
        await stops(run)
        await run.is_stored()
        run.stored, run.read_before = is_stored, before
        await run.hears(run.life.escalates())
        async with asyncio.timeout(20):
            assert (await run.ends()).status == "stopped"
    assert run.outside.said == []
    assert len(run.outside.posts) == 1
    assert all(edit.view.stopped is not None for edit in run.outside.edits)


async def test_a_click_whose_sender_read_the_row_before_the_stop_does_nothing(client: Client) -> None:
    async with followed(client) as run:
        before, acknowledge = run.outside.following, run.click("acknowledge")
        await stops(run)
        await run.is_stored()
        run.read_before = before
        answer = await run.ask(acknowledge)
        assert (await run.ends()).status == "stopped"
    assert answer.outcome == Outcome(kind="refused", reason="not_followed")
    assert run.outside.changes == []


async def test_a_connection_that_takes_a_stopped_card_over_while_its_run_restores_posts_anew(
    client: Client,
) -> None:
    async with followed(client) as run:
        before = run.outside.following
        await stops(run)
        await run.is_stored()
        reading = run.outside.holds(RESTORE_CARD)
        run.read_before = before
        await run.hears(run.life.escalates())
        await run.signal(ATTACH.name, Attached(by="Cy", by_connection=True))
        reading.set()
        await run.outside.until(lambda: len(run.outside.posts) == 2)
        await run.is_idle()
    assert run.outside.posts[-1].view.verbs == BUTTONS[:2]
