"""A trigger is shown at once, by one message and no other."""

import pytest
from temporalio.client import Client

from tests.workflows.outside import World
from tests.workflows.running import Run, running, shown
from workflows.channel_incident.activities import SHOW_CARD
from workflows.errors import ProviderUnavailable

pytestmark = pytest.mark.anyio


async def test_nothing_precedes_the_first_card(client: Client) -> None:
    async with shown(client) as run:
        first, *_ = (await run.timeline()).activities
    assert first.name == "teams.show_card"
    card = run.world.shown[0]
    assert card.activity_id is None
    assert card.view.status == "triggered"
    assert card.view.title == "Checkout latency"
    assert card.view.verbs == ("acknowledge", "resolve")
    assert card.correlation == "01E00000001"


async def test_the_same_trigger_delivered_again_changes_nothing(client: Client) -> None:
    async with running(client) as run:
        trigger = run.life.triggers()
        await run.hears(trigger, trigger)
        await run.settles()
        await run.hears(trigger, run.life.is_resolved())
        await run.ends()
    assert [request.view.status for request in run.world.shown] == ["triggered", "resolved"]
    assert len(run.world.posts) == 1


async def test_what_happens_while_the_first_card_is_under_way_edits_it(client: Client) -> None:
    world = World()
    sent = world.holds(SHOW_CARD)
    async with running(client, world) as run:
        await run.hears(run.life.triggers())
        await world.until(lambda: len(world.shown) == 1)
        await run.hears(run.life.is_acknowledged())
        assert "acknowledged" in await run.details()
        sent.set()
        await world.until(lambda: len(world.shown) == 2)
    post, edit = world.shown
    assert (post.activity_id, post.view.status) == (None, "triggered")
    assert (edit.activity_id, edit.view.status) == (world.activity_id, "acknowledged")


async def test_what_happened_before_a_worker_came_is_in_the_first_card(client: Client) -> None:
    run = Run(client, World())
    await run.hears(run.life.triggers(), run.life.is_noted("it is the database"), run.life.is_acknowledged())
    async with run.working():
        await run.settles()
    first = run.world.shown[0].view
    assert first.status == "acknowledged"
    assert first.latest_note is not None
    assert first.latest_note.text == "it is the database"
    assert len(run.world.posts) == 1


async def test_a_post_that_certainly_failed_is_repeated_under_the_same_marker(client: Client) -> None:
    world = World()
    world.fails(SHOW_CARD, ProviderUnavailable("no connection"))
    async with running(client, world) as run:
        await run.hears(run.life.triggers())
        await world.until(lambda: len(world.shown) == 2)
        await run.settles()
    failed, posted = world.shown
    assert posted.activity_id is None
    assert posted.stamped.marker == failed.stamped.marker
