"""A run that follows an ended one first recalls what was shown and said, and repeats nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from temporalio.client import Client

from tests.support.life import ADA, BO, CY
from tests.workflows.channel_incident.outside import FakeActivities
from tests.workflows.channel_incident.running import Run, shown
from workflows.channel_incident.activities import (
    CHANGE_STATUS,
    READ_DETAILS,
    RESTORE_CARD,
    RESTORE_INCIDENT,
    ReadDetails,
)
from workflows.errors import NotFound, OutcomeUnknown, ProviderUnavailable
from workflows.incident.events import Details
from workflows.incident.values import Comment, Field, Responder, Role

pytestmark = pytest.mark.anyio

DOWN = ProviderUnavailable("PagerDuty is down")


@asynccontextmanager
async def over(client: Client, outside: FakeActivities | None = None) -> AsyncIterator[Run]:
    """An incident that was acknowledged and resolved, its run ended, its row full."""
    async with shown(client, outside) as run:
        await run.hears(run.life.is_acknowledged(by=BO))
        await run.outside.until(lambda: run.outside.shown[-1].view.status == "acknowledged")
        await run.is_idle()
        await run.hears(run.life.is_resolved())
        await run.is_stored()
        yield run


async def test_a_late_duplicate_shows_nothing_says_nothing_and_ends(client: Client) -> None:
    async with shown(client) as run:
        events = [run.life.is_acknowledged(by=BO), run.life.escalates(), run.life.is_resolved()]
        await run.hears(*events)
        await run.is_stored()
        sends = len(run.outside.shown), list(run.outside.said)
        for event in events:
            await run.hears(event)
            await run.ends()
            assert [called.name for called in (await run.timeline()).activities] == [
                "store.recall_card",
                "pagerduty.recall_incident",
            ]
            assert (await run.timeline()).timers == []
    assert (len(run.outside.shown), run.outside.said) == sends


async def test_a_row_that_cannot_be_read_is_waited_for_and_nothing_is_shown_before(client: Client) -> None:
    async with over(client) as run:
        sends = len(run.outside.shown)
        run.outside.fails(RESTORE_CARD, OutcomeUnknown("not this time"))
        await run.hears(run.life.reopens())
        await run.until_attribute("Attention", "waiting")
        assert len(run.outside.shown) == sends
        await run.outside.until(lambda: len(run.outside.shown) > sends)
        await run.until_attribute("Attention", "ok")
        timeline = await run.timeline()
    assert timeline.count("store.recall_card") == 2
    assert "back-off after OutcomeUnknown" in [timer.summary for timer in timeline.timers]


async def test_a_reopening_edits_the_same_message_and_is_said_once(client: Client) -> None:
    async with over(client) as run:
        before = run.outside.shown[-1]
        reopened = run.life.reopens()
        await run.hears(reopened, reopened)
        await run.outside.until(lambda: run.outside.said == ["resolved", "reopened"])
        await run.is_idle()
    edit = run.outside.shown[-1]
    assert (edit.activity_id, edit.identity.marker) == (run.outside.activity_id, before.identity.marker)
    assert (edit.view.status, edit.view.reopened) == ("triggered", True)
    assert edit.view.revision > before.view.revision
    assert edit.identity.nonce != before.identity.nonce
    assert len(run.outside.posts) == 1


async def test_a_note_after_the_end_takes_nothing_off_the_card(client: Client) -> None:
    responder, field = Responder(person=CY, state="joined"), Field(id="F1", name="Region", value="eu-west")
    outside = FakeActivities()

    async def details(request: ReadDetails) -> Details:
        return outside.life.details(read_for=request.wanted, responders=(responder,), fields=(field,))

    outside.answers(READ_DETAILS, details)
    outside.answers(RESTORE_INCIDENT, details)
    update = Comment(id="U1", text="we are on it", at=outside.life.now)
    commander = Role(id="R1", name="Commander", holder=ADA)
    async with shown(client, outside) as run:
        life = run.life
        await run.hears(
            life.is_noted("it is the database"),
            life.tells("incident.status_update_published", status_update=update),
            life.tells("incident.role.assigned", roles=(commander,)),
            life.is_acknowledged(by=BO),
            life.is_resolved(),
        )
        await run.is_stored()
        before = outside.shown[-1].view
        await run.hears(life.is_noted("post-mortem on Monday"))
        await run.ends()
    after = outside.shown[-1].view
    assert after.latest_note is not None
    assert after.latest_note.text == "post-mortem on Monday"
    changed = {"revision", "as_of", "latest_note"}
    assert after.model_dump(exclude=changed) == before.model_dump(exclude=changed)
    assert [who.person for who in after.acknowledgements] == [BO]


async def test_a_click_on_an_ended_runs_card_is_answered_from_what_was_restored(client: Client) -> None:
    async with over(client) as run:
        shows = len(run.outside.shown)
        answer = await run.ask(run.click("acknowledge"))
        await run.ends()
    assert answer.outcome.kind == "stale"
    assert answer.view is not None
    assert answer.view.status == "resolved"
    assert run.outside.changes == []
    assert len(run.outside.shown) == shows


async def test_a_click_on_the_card_of_an_incident_that_pagerduty_forgot_is_answered_and_the_run_ends(
    client: Client,
) -> None:
    gone = NotFound("there is no such incident")
    async with over(client) as run:
        run.outside.fails(RESTORE_INCIDENT, gone)
        run.outside.fails(READ_DETAILS, gone)
        run.outside.fails(CHANGE_STATUS, gone)
        answer = await run.ask(run.click("acknowledge"))
        assert (await run.ends()).status == "unknown"
    assert answer.outcome.kind == "failed"
    assert answer.outcome.reason == "not_found"


async def test_a_click_that_was_handled_in_an_ended_run_keeps_its_outcome(client: Client) -> None:
    async with shown(client) as run:
        click = run.click("resolve", link=None)
        first = await run.ask(click)
        await run.hears(run.life.is_resolved())
        await run.is_stored()
        again = await run.ask(click, update_id="delivered-later")
        await run.ends()
    assert again.outcome == first.outcome
    assert len(run.outside.recorded) == 1
    assert [offered.click for offered in run.outside.offered] == [click]


async def test_while_pagerduty_is_down_the_run_goes_on_degraded_and_is_mended_later(client: Client) -> None:
    async with over(client) as run:
        run.outside.fails(RESTORE_INCIDENT, DOWN)
        run.outside.fails(READ_DETAILS, DOWN)
        reads = len(run.outside.reads)
        await run.hears(run.life.reopens())
        await run.outside.until(lambda: bool(run.outside.shown[-1].view.degraded))
        await run.outside.until(lambda: not run.outside.shown[-1].view.degraded)
        await run.until_attribute("Attention", "ok")
    assert run.outside.shown[-1].view.status == "triggered"
    assert [read.fresh for read in run.outside.reads[reads:]] == [True, True]


async def test_a_late_duplicate_while_pagerduty_is_down_does_not_turn_the_card_back(client: Client) -> None:
    async with shown(client) as run:
        acknowledged = run.life.is_acknowledged(by=BO)
        await run.hears(acknowledged, run.life.is_resolved())
        await run.is_stored()
        shows = len(run.outside.shown)
        run.outside.fails(RESTORE_INCIDENT, DOWN)
        await run.hears(acknowledged)
        await run.ends()
    assert [request.view.status for request in run.outside.shown[shows:]] == []


async def test_a_priority_that_went_down_after_the_end_is_not_said(client: Client) -> None:
    async with shown(client) as run:
        await run.hears(run.life.gets_priority("P1"))
        await run.outside.until(lambda: run.outside.said == ["priority_raised"])
        await run.hears(run.life.is_resolved())
        await run.is_stored()
        await run.hears(run.life.gets_priority("P3"))
        await run.ends()
    assert run.outside.shown[-1].view.priority == "P3"
    assert run.outside.said == ["priority_raised", "resolved"]


async def test_a_post_whose_outcome_was_never_recorded_is_followed_by_a_new_marker(client: Client) -> None:
    async with shown(client) as run:
        lost = run.outside.posts[0].identity.marker
        await run.handle.terminate()
        run.outside.store(activity_id=None, marker=lost, nonce=None, content=None, view=None, unknown=True)
        run.stored = True
        await run.hears(run.life.is_acknowledged())
        await run.is_idle()
    assert len(run.outside.posts) == 2
    assert run.outside.posts[1].identity.marker != lost
