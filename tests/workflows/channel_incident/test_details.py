"""What webhooks do not carry is read after the first card, once for each thing that made it necessary."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import Client

from tests.support.life import BO, CY
from tests.workflows.channel_incident.outside import FakeActivities
from tests.workflows.channel_incident.running import QUICK, running, shown
from workflows.channel_incident.activities import CHANGE_STATUS, READ_DETAILS, SHOW_CARD, ReadDetails
from workflows.errors import ProviderUnavailable
from workflows.incident.events import Details
from workflows.incident.values import Field, Responder, Status

pytestmark = pytest.mark.anyio

RESPONDER = Responder(person=CY, state="joined")
REGION = Field(id="F1", name="Region", value="eu-west")


def with_responder(outside: FakeActivities) -> FakeActivities:
    async def answer(request: ReadDetails) -> Details:
        return outside.life.details(read_for=request.wanted, responders=(RESPONDER,), fields=(REGION,))

    outside.answers(READ_DETAILS, answer)
    return outside


async def test_details_follow_the_first_card_with_one_read(client: Client) -> None:
    outside = with_responder(FakeActivities())
    async with running(client, outside) as run:
        await run.hears(run.life.triggers())
        await outside.until(lambda: len(outside.shown) == 2)
        await run.is_idle()
        names = [called.name for called in (await run.timeline()).activities]
    assert names == ["teams.show_card", "pagerduty.read_details", "teams.show_card"]
    first, edit = outside.shown
    assert first.view.responders == ()
    assert edit.view.responders == (RESPONDER,)
    assert edit.view.fields == (REGION,)
    assert not outside.reads[0].fresh


async def test_somebody_acknowledged_elsewhere_and_is_looked_up_once(client: Client) -> None:
    async with shown(client) as run:
        acknowledged = run.life.is_acknowledged(by=BO)
        await run.hears(acknowledged, acknowledged)
        await run.outside.until(lambda: len(run.outside.reads) == 2)
        await run.is_idle()
        await run.hears(run.life.is_resolved())
        await run.ends()
    assert [read.wanted for read in run.outside.reads] == [run.outside.reads[0].wanted, acknowledged.stamp]


async def test_an_edit_that_may_go_now_goes_before_the_reading(client: Client) -> None:
    at_once = QUICK.model_copy(update={"edit_interval": 0})
    async with shown(client, with_responder(FakeActivities()), timing=at_once) as run:
        before = len((await run.timeline()).activities)
        await run.hears(run.life.is_acknowledged(by=BO))
        await run.outside.until(lambda: len(run.outside.reads) == 2)
        await run.is_idle()
        names = [called.name for called in (await run.timeline()).activities[before:]]
    assert names[:2] == ["teams.show_card", "pagerduty.read_details"]


async def test_our_own_acknowledgement_needs_no_read(client: Client) -> None:
    async with shown(client) as run:
        answer = await run.ask(run.click())
        event = run.life.tells_what_a_click_did()
        await run.hears(event, run.life.is_resolved())
        await run.ends()
    assert answer.view is not None
    assert [who.person.name for who in answer.view.acknowledgements] == ["Ada Ops"]
    assert len(run.outside.reads) == 1


async def test_the_answer_to_a_click_takes_no_field_off_the_card(client: Client) -> None:
    """PagerDuty's answer to a change does not hold the custom fields."""
    async with shown(client, with_responder(FakeActivities())) as run:
        answer = await run.ask(run.click())
    assert answer.view is not None
    assert answer.view.status == "acknowledged"
    assert answer.view.fields == (REGION,)
    assert answer.view.responders == (RESPONDER,)


async def test_a_click_before_the_details_does_not_stand_in_for_them(client: Client) -> None:
    outside = with_responder(FakeActivities())
    sent, changed = outside.holds(SHOW_CARD), outside.holds(CHANGE_STATUS)
    async with running(client, outside) as run:
        await run.hears(run.life.triggers())
        await outside.until(lambda: len(outside.shown) == 1)
        await run.hands_over(run.click())
        await outside.until(lambda: len(outside.changes) == 1)
        sent.set()
        changed.set()
        await outside.until(lambda: outside.shown[-1].view.fields == (REGION,))


async def test_an_answer_that_contradicts_an_event_of_its_second_is_read_again_and_counts(
    client: Client,
) -> None:
    outside = FakeActivities()

    async def ahead_of_its_event(request: ReadDetails) -> Details:
        return outside.life.details(
            read_for=request.wanted,
            snapshot=outside.life.snapshot("acknowledged"),
            status_changed_at=outside.life.now.replace(microsecond=0),
        )

    outside.answers(READ_DETAILS, ahead_of_its_event)
    async with running(client, outside) as run:
        await run.hears(run.life.triggers())
        await outside.until(lambda: len(outside.shown) == 2)
    assert [read.fresh for read in outside.reads] == [False, True]
    assert outside.shown[-1].view.status == "acknowledged"


async def test_an_event_that_comes_during_the_second_reading_is_newer_than_it(client: Client) -> None:
    """All within one second of PagerDuty's clock, which REST does not divide."""
    outside = FakeActivities()
    first, second = asyncio.Event(), asyncio.Event()

    async def behind(request: ReadDetails) -> Details:
        await (second if request.fresh else first).wait()
        status: Status = "resolved" if len(outside.reads) > 2 else "triggered"
        return outside.life.details(
            read_for=request.wanted,
            snapshot=outside.life.snapshot(status),
            status_changed_at=request.wanted.at.replace(microsecond=0),
        )

    outside.answers(READ_DETAILS, behind)
    async with running(client, outside) as run:
        triggered = run.life.triggers()
        moment = triggered.occurred_at.replace(microsecond=100_000)
        events = [triggered, run.life.is_acknowledged(), run.life.is_resolved()]
        in_one_second = [
            event.model_copy(update={"occurred_at": moment + timedelta(milliseconds=200 * number)})
            for number, event in enumerate(events)
        ]
        await run.hears(*in_one_second[:2])
        first.set()
        await outside.until(lambda: len(outside.reads) == 2)
        await run.hears(in_one_second[2])
        assert "**resolved**" in await run.details()
        second.set()
        await outside.until(lambda: len(outside.reads) == 3)
        assert (await run.ends()).status == "resolved"
    assert outside.shown[-1].view.status == "resolved"


async def test_unreadable_details_are_missing_from_the_card_and_come_later(client: Client) -> None:
    outside = with_responder(FakeActivities())
    outside.fails(READ_DETAILS, ProviderUnavailable("PagerDuty is down"))
    async with running(client, outside) as run:
        await run.hears(run.life.triggers())
        await run.until_attribute("Attention", "waiting")
        await outside.until(lambda: outside.shown[-1].view.responders == (RESPONDER,))
        await run.until_attribute("Attention", "ok")
    missing: list[Any] = [request.view for request in outside.shown if request.view.degraded]
    assert [view.responders for view in missing] == [()]
    assert outside.shown[-1].view.degraded == ()
