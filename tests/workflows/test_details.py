"""What webhooks do not carry is read after the first card, once for each thing that made it necessary."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import Client

from tests.workflows.life import BO, CY
from tests.workflows.outside import World
from tests.workflows.running import QUICK, running, shown
from workflows.channel_incident.activities import CHANGE_STATUS, READ_DETAILS, SHOW_CARD, ReadDetails
from workflows.errors import ProviderUnavailable
from workflows.incident.events import Details
from workflows.incident.values import Field, Responder, Status

pytestmark = pytest.mark.anyio

RESPONDER = Responder(person=CY, state="joined")
REGION = Field(id="F1", name="Region", value="eu-west")


def with_responder(world: World) -> World:
    async def answer(request: ReadDetails) -> Details:
        return world.life.details(read_for=request.wanted, responders=(RESPONDER,), fields=(REGION,))

    world.answers(READ_DETAILS, answer)
    return world


async def test_details_follow_the_first_card_with_one_read(client: Client) -> None:
    world = with_responder(World())
    async with running(client, world) as run:
        await run.hears(run.life.triggers())
        await world.until(lambda: len(world.shown) == 2)
        await run.settles()
        names = [called.name for called in (await run.timeline()).activities]
    assert names == ["teams.show_card", "pagerduty.read_details", "teams.show_card"]
    first, edit = world.shown
    assert first.view.responders == ()
    assert edit.view.responders == (RESPONDER,)
    assert edit.view.fields == (REGION,)
    assert not world.reads[0].fresh


async def test_somebody_acknowledged_elsewhere_and_is_looked_up_once(client: Client) -> None:
    async with shown(client) as run:
        acknowledged = run.life.is_acknowledged(by=BO)
        await run.hears(acknowledged, acknowledged)
        await run.world.until(lambda: len(run.world.reads) == 2)
        await run.settles()
        await run.hears(run.life.is_resolved())
        await run.ends()
    assert [read.wanted for read in run.world.reads] == [run.world.reads[0].wanted, acknowledged.stamp]


async def test_an_edit_that_may_go_now_goes_before_the_reading(client: Client) -> None:
    at_once = QUICK.model_copy(update={"edit_interval": 0})
    async with shown(client, with_responder(World()), timing=at_once) as run:
        before = len((await run.timeline()).activities)
        await run.hears(run.life.is_acknowledged(by=BO))
        await run.world.until(lambda: len(run.world.reads) == 2)
        await run.settles()
        names = [called.name for called in (await run.timeline()).activities[before:]]
    assert names[:2] == ["teams.show_card", "pagerduty.read_details"]


async def test_our_own_acknowledgement_needs_no_read(client: Client) -> None:
    async with shown(client) as run:
        answer = await run.press(run.click())
        event = run.life.tells_what_a_press_did()
        await run.hears(event, run.life.is_resolved())
        await run.ends()
    assert answer.view is not None
    assert [who.person.name for who in answer.view.acknowledgements] == ["Ada Ops"]
    assert len(run.world.reads) == 1


async def test_the_answer_to_a_press_takes_no_field_off_the_card(client: Client) -> None:
    """PagerDuty's answer to a change does not hold the custom fields."""
    async with shown(client, with_responder(World())) as run:
        answer = await run.press(run.click())
    assert answer.view is not None
    assert answer.view.status == "acknowledged"
    assert answer.view.fields == (REGION,)
    assert answer.view.responders == (RESPONDER,)


async def test_a_press_before_the_details_does_not_stand_in_for_them(client: Client) -> None:
    world = with_responder(World())
    sent, changed = world.holds(SHOW_CARD), world.holds(CHANGE_STATUS)
    async with running(client, world) as run:
        await run.hears(run.life.triggers())
        await world.until(lambda: len(world.shown) == 1)
        await run.is_handed(run.click())
        await world.until(lambda: len(world.changes) == 1)
        sent.set()
        changed.set()
        await world.until(lambda: world.shown[-1].view.fields == (REGION,))


async def test_an_answer_that_contradicts_an_event_of_its_second_is_read_again_and_counts(
    client: Client,
) -> None:
    world = World()

    async def ahead_of_its_event(request: ReadDetails) -> Details:
        return world.life.details(
            read_for=request.wanted,
            snapshot=world.life.snapshot("acknowledged"),
            status_changed_at=world.life.now.replace(microsecond=0),
        )

    world.answers(READ_DETAILS, ahead_of_its_event)
    async with running(client, world) as run:
        await run.hears(run.life.triggers())
        await world.until(lambda: len(world.shown) == 2)
    assert [read.fresh for read in world.reads] == [False, True]
    assert world.shown[-1].view.status == "acknowledged"


async def test_an_event_that_comes_during_the_second_reading_is_newer_than_it(client: Client) -> None:
    """All within one second of PagerDuty's clock, which REST does not divide."""
    world = World()
    first, second = asyncio.Event(), asyncio.Event()

    async def behind(request: ReadDetails) -> Details:
        await (second if request.fresh else first).wait()
        status: Status = "resolved" if len(world.reads) > 2 else "triggered"
        return world.life.details(
            read_for=request.wanted,
            snapshot=world.life.snapshot(status),
            status_changed_at=request.wanted.at.replace(microsecond=0),
        )

    world.answers(READ_DETAILS, behind)
    async with running(client, world) as run:
        triggered = run.life.triggers()
        moment = triggered.occurred_at.replace(microsecond=100_000)
        events = [triggered, run.life.is_acknowledged(), run.life.is_resolved()]
        in_one_second = [
            event.model_copy(update={"occurred_at": moment + timedelta(milliseconds=200 * number)})
            for number, event in enumerate(events)
        ]
        await run.hears(*in_one_second[:2])
        first.set()
        await world.until(lambda: len(world.reads) == 2)
        await run.hears(in_one_second[2])
        assert "**resolved**" in await run.details()
        second.set()
        await world.until(lambda: len(world.reads) == 3)
        assert (await run.ends()).status == "resolved"
    assert world.shown[-1].view.status == "resolved"


async def test_unreadable_details_are_missing_from_the_card_and_come_later(client: Client) -> None:
    world = with_responder(World())
    world.fails(READ_DETAILS, ProviderUnavailable("PagerDuty is down"))
    async with running(client, world) as run:
        await run.hears(run.life.triggers())
        await run.until_attribute("Attention", "waiting")
        await world.until(lambda: world.shown[-1].view.responders == (RESPONDER,))
        await run.until_attribute("Attention", "ok")
    missing: list[Any] = [request.view for request in world.shown if request.view.degraded]
    assert [view.responders for view in missing] == [()]
    assert world.shown[-1].view.degraded == ()
