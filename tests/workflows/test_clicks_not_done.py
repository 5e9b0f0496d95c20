"""Presses that change nothing: what the person hears, and what the card does."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import Client

from tests.workflows.running import shown
from workflows.channel_incident.activities import CHANGE_STATUS, RECORD_CLICK, TELL_PERSON
from workflows.errors import Forbidden, OutsideError, ProviderUnavailable, RequestInvalid

pytestmark = pytest.mark.anyio


async def test_an_unlinked_person_is_told_privately_and_nothing_else_happens(client: Client) -> None:
    async with shown(client) as run:
        click = run.click(link=None)
        answer = await run.press(click)
        await run.settles()
    (told,) = run.world.told
    assert (told.click, told.outcome.kind) == (click, "unlinked")
    assert answer.outcome == told.outcome
    assert run.world.changes == []
    assert len(run.world.shown) == 1


async def test_after_linking_the_same_button_on_the_same_card_works(client: Client) -> None:
    async with shown(client) as run:
        unlinked, linked = run.click(link=None), run.click(link=7)
        assert (await run.press(unlinked)).outcome.kind == "unlinked"
        assert (await run.press(linked)).outcome.kind == "done"
    assert unlinked.key != linked.key


async def test_an_unlinked_press_delivered_again_is_not_told_again(client: Client) -> None:
    async with shown(client) as run:
        click = run.click(link=None)
        await run.press(click)
        await run.press(click, update_id="delivered-later")
        await run.is_handed(click)
        await run.settles()
    assert len(run.world.told) == 1


async def test_a_press_more_than_five_minutes_late_is_reported_and_not_done(client: Client) -> None:
    async with shown(client) as run:
        click = run.click(received_at=datetime.now(UTC) - timedelta(minutes=5, seconds=1))
        answer = await run.press(click)
        await run.world.until(lambda: len(run.world.shown) == 2)
    assert answer.outcome.kind == "late"
    assert run.world.changes == []
    assert run.world.shown[-1].stamped == answer.stamped


async def test_a_press_that_waited_for_another_until_it_was_too_late_is_not_done(client: Client) -> None:
    almost = timedelta(minutes=5) - timedelta(seconds=1)
    async with shown(client) as run:
        telling = run.world.holds(CHANGE_STATUS)
        await run.is_handed(run.click("acknowledge", name="Ada Ops"))
        await run.world.until(lambda: len(run.world.changes) == 1)
        late = run.click("resolve", name="Bo Call", received_at=datetime.now(UTC) - almost)
        await run.is_handed(late)
        await asyncio.sleep(1)  # what passes here is the time itself
        telling.set()
        await run.world.until(lambda: [told.outcome.kind for told in run.world.told] == ["late"])
    assert [change.click.verb for change in run.world.changes] == ["acknowledge"]


async def test_a_failed_press_brings_the_card_again_so_that_it_can_be_pressed_again(client: Client) -> None:
    async with shown(client) as run:
        run.world.fails(CHANGE_STATUS, *[ProviderUnavailable("PagerDuty is down")] * 2)
        failed = await run.press(run.click())
        assert failed.outcome.kind == "failed"
        await run.world.until(lambda: len(run.world.shown) == 2)
        answer = await run.press(run.click())
    before, again = run.world.shown[:2]
    assert again.view == before.view
    assert again.stamped == failed.stamped
    assert again.stamped.nonce != before.stamped.nonce
    assert answer.outcome.kind == "done"
    assert [record.outcome.kind for record in run.world.recorded] == ["failed"]


async def test_an_answer_on_the_second_try_is_no_failure(client: Client) -> None:
    async with shown(client) as run:
        run.world.fails(CHANGE_STATUS, ProviderUnavailable("a hiccup"))
        answer = await run.press(run.click())
    assert answer.outcome.kind == "done"
    assert len(run.world.changes) == 2


@pytest.mark.parametrize(
    ("error", "kind"),
    [(Forbidden("not on this team"), "refused"), (RequestInvalid("nonsense"), "failed")],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
async def test_what_pagerduty_refuses_is_not_tried_twice(
    client: Client, error: OutsideError, kind: str
) -> None:
    async with shown(client) as run:
        run.world.fails(CHANGE_STATUS, error)
        answer = await run.press(run.click())
    assert answer.outcome.kind == kind
    assert "was not done" in answer.outcome.text
    assert len(run.world.changes) == 1


async def test_an_outcome_that_cannot_be_recorded_stands(client: Client) -> None:
    async with shown(client) as run:
        run.world.fails(RECORD_CLICK, RequestInvalid("no such row"))
        click = run.click(link=None)
        answer = await run.press(click)
        again = await run.press(click, update_id="delivered-later")
    assert answer.outcome.kind == again.outcome.kind == "unlinked"


async def test_a_private_message_that_cannot_be_sent_is_for_operators_to_see(client: Client) -> None:
    async with shown(client) as run:
        run.world.fails(TELL_PERSON, Forbidden("the app is not installed for this person"))
        answer = await run.press(run.click(link=None))
        assert answer.outcome.kind == "unlinked"
        await run.until_attribute("Attention", "degraded")
        assert "private: Forbidden" in await run.details()
    assert len(run.world.shown) == 1
