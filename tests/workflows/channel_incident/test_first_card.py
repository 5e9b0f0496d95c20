"""A trigger is shown at once, by one message and no other."""

import pytest
from temporalio.client import Client

from tests.workflows.channel_incident.outside import FakeActivities
from tests.workflows.channel_incident.running import Run, running, shown
from workflows.channel_incident.activities import SHOW_CARD
from workflows.errors import ProviderUnavailable

pytestmark = pytest.mark.anyio


async def test_nothing_precedes_the_first_card(client: Client) -> None:
    async with shown(client) as run:
        first, *_ = (await run.timeline()).activities
    assert first.name == "teams.show_card"
    card = run.outside.shown[0]
    assert card.activity_id is None
    assert card.view.status == "triggered"
    assert card.view.title == "Checkout latency"
    assert card.view.verbs == ("acknowledge", "resolve")
    assert card.correlation == "01E00000001"


async def test_the_same_trigger_delivered_again_changes_nothing(client: Client) -> None:
    async with running(client) as run:
        trigger = run.life.triggers()
        await run.hears(trigger, trigger)
        await run.is_idle()
        await run.hears(trigger, run.life.is_resolved())
        await run.ends()
    assert [request.view.status for request in run.outside.shown] == ["triggered", "resolved"]
    assert len(run.outside.posts) == 1


async def test_what_happens_while_the_first_card_is_under_way_edits_it(client: Client) -> None:
    outside = FakeActivities()
    sent = outside.holds(SHOW_CARD)
    async with running(client, outside) as run:
        await run.hears(run.life.triggers())
        await outside.until(lambda: len(outside.shown) == 1)
        await run.hears(run.life.is_acknowledged())
        assert "acknowledged" in await run.details()
        sent.set()
        await outside.until(lambda: len(outside.shown) == 2)
    post, edit = outside.shown
    assert (post.activity_id, post.view.status) == (None, "triggered")
    assert (edit.activity_id, edit.view.status) == (outside.activity_id, "acknowledged")


async def test_what_happened_before_a_worker_came_is_in_the_first_card(client: Client) -> None:
    run = Run(client, FakeActivities())
    await run.hears(run.life.triggers(), run.life.is_noted("it is the database"), run.life.is_acknowledged())
    async with run.working():
        await run.is_idle()
    first = run.outside.shown[0].view
    assert first.status == "acknowledged"
    assert first.latest_note is not None
    assert first.latest_note.text == "it is the database"
    assert len(run.outside.posts) == 1


async def test_a_post_that_certainly_failed_is_repeated_under_the_same_marker(client: Client) -> None:
    outside = FakeActivities()
    outside.fails(SHOW_CARD, ProviderUnavailable("no connection"))
    async with running(client, outside) as run:
        await run.hears(run.life.triggers())
        await outside.until(lambda: len(outside.shown) == 2)
        await run.is_idle()
    failed, posted = outside.shown
    assert posted.activity_id is None
    assert posted.identity.marker == failed.identity.marker
