"""A press of a button: PagerDuty is told as the person, and the answer is the card as it is then."""

import asyncio
from collections import Counter

import pytest
from temporalio.client import Client

from tests.support.life import BO
from tests.workflows.channel_incident.running import shown
from workflows.channel_incident.activities import CHANGE_STATUS, DoVerb, VerbDone
from workflows.verbs.outcomes import Outcome

pytestmark = pytest.mark.anyio


async def test_a_click_acknowledges_as_the_person_who_clicked(client: Client) -> None:
    async with shown(client) as run:
        click = run.click("acknowledge", name="Ada Ops", link=7)
        answer = await run.ask(click)
        await run.outside.until(lambda: len(run.outside.shown) == 2)
        timeline = await run.timeline()
    (change,) = run.outside.changes
    assert change.click == click
    assert answer.outcome.kind == "done"
    assert answer.view is not None
    assert answer.view.status == "acknowledged"
    assert answer.view.verbs == ("resolve",)
    assert [who.person.name for who in answer.view.acknowledgements] == ["Ada Ops"]
    assert timeline.updates == ["acknowledge"]
    assert ("pagerduty.change_status", "as Ada Ops") in timeline.activities


async def test_the_answer_and_the_channel_get_the_same_card_with_a_new_nonce(client: Client) -> None:
    async with shown(client) as run:
        answer = await run.ask(run.click())
        await run.outside.until(lambda: len(run.outside.shown) == 2)
    before, after = run.outside.shown
    assert (after.view, after.identity) == (answer.view, answer.identity)
    assert answer.identity.nonce != before.identity.nonce
    assert answer.identity.marker == before.identity.marker


async def test_a_click_resolves_and_the_run_ends_after_the_grace(client: Client) -> None:
    async with shown(client) as run:
        answer = await run.ask(run.click("resolve"))
        end = await run.ends()
    assert answer.view is not None
    assert (answer.view.status, answer.view.resolved_by, answer.view.verbs) == ("resolved", "Ada Ops", ())
    assert end.status == "resolved"


async def test_a_click_that_teams_delivers_again_gets_the_recorded_outcome(client: Client) -> None:
    """Once with the same id, once with another one, once handed over: one press, one change."""
    async with shown(client) as run:
        click = run.click()
        first = await run.ask(click)
        again = await run.ask(click)
        under_another_id = await run.ask(click, update_id="delivered-later")
        await run.hands_over(click)
        await run.details()
    assert first.outcome == again.outcome == under_another_id.outcome
    assert len(run.outside.changes) == 1
    assert run.outside.told == []


async def test_a_click_delivered_again_while_it_is_being_done_waits_for_the_outcome(client: Client) -> None:
    async with shown(client) as run:
        done = run.outside.holds(CHANGE_STATUS)
        click = run.click()
        deliveries = [
            asyncio.create_task(run.ask(click, update_id=f"delivery-{number}")) for number in range(3)
        ]
        await run.outside.until(lambda: len(run.outside.changes) == 1)
        done.set()
        answers = await asyncio.gather(*deliveries)
    assert [answer.outcome.kind for answer in answers] == ["done"] * 3
    assert len(run.outside.changes) == 1


async def test_twenty_people_at_once_make_one_change(client: Client) -> None:
    async with shown(client) as run:
        clicks = [run.click(name=f"Person {number:02}") for number in range(20)]
        answers = await asyncio.gather(*(run.ask(click) for click in clicks))
    assert Counter(answer.outcome.kind for answer in answers) == {"done": 1, "already": 19}
    assert len(run.outside.changes) == 1
    assert {judged.click.key for judged in run.outside.judged()} < {click.key for click in clicks}
    assert len(run.outside.judged()) == 19
    assert len(run.outside.recorded) <= 3, "those who waited for one call are recorded in the next one"
    assert {answer.view.status for answer in answers if answer.view} == {"acknowledged"}


async def test_an_acknowledge_after_the_resolve_is_answered_from_state_without_a_call(client: Client) -> None:
    async with shown(client) as run:
        click = run.click("acknowledge")
        await run.hears(run.life.is_resolved(by=BO))
        answer = await run.ask(click)
    assert answer.outcome == Outcome(kind="stale", by="Bo Call", status="resolved")
    assert answer.view is not None
    assert answer.view.status == "resolved"
    assert run.outside.changes == []
    assert [judged.outcome for judged in run.outside.judged()] == [answer.outcome]


async def test_a_click_on_a_card_that_pagerduty_has_left_behind_shows_the_truth(client: Client) -> None:
    """Resolved elsewhere, the event still on its way: the press finds it out."""

    async def resolved_meanwhile(_: DoVerb) -> VerbDone:
        return VerbDone(outcome=Outcome(kind="stale", status="resolved"), details=life.details())

    async with shown(client) as run:
        life = run.life
        life.set_status("resolved", by=BO)
        run.outside.answers(CHANGE_STATUS, resolved_meanwhile)
        answer = await run.ask(run.click("acknowledge"))
        await run.ends()
    assert answer.outcome.kind == "stale"
    assert answer.view is not None
    assert (answer.view.status, answer.view.resolved_by) == ("resolved", "Bo Call")
    assert run.outside.shown[-1].view.status == "resolved"


async def test_two_changes_within_one_second_of_pagerduty_both_show(client: Client) -> None:
    async with shown(client) as run:
        acknowledged = await run.ask(run.click("acknowledge", name="Ada Ops"))
        second = run.life.status_at

        async def in_the_same_second(_: DoVerb) -> VerbDone:
            run.life.status, run.life.status_at, run.life.status_by = "resolved", second, BO
            return VerbDone(outcome=Outcome(kind="done", status="resolved"), details=run.life.details())

        run.outside.answers(CHANGE_STATUS, in_the_same_second)
        resolved = await run.ask(run.click("resolve", name="Bo Call"))
    assert acknowledged.view is not None
    assert resolved.view is not None
    assert (acknowledged.view.status, resolved.view.status) == ("acknowledged", "resolved")
