"""The connector has no idempotency key: what happens when nobody knows whether a send arrived."""

import pytest
from temporalio.client import Client

from tests.workflows.channel_incident.outside import FakeActivities
from tests.workflows.channel_incident.running import running, shown
from workflows.channel_incident.activities import SHOW_CARD, ShowCard, Shown
from workflows.channel_incident.messages import Timing
from workflows.errors import CardGone, OutcomeUnknown

pytestmark = pytest.mark.anyio

LOST = OutcomeUnknown("the answer was lost")
TIMING = Timing(edit_interval=0.05, grace=0.2, late_edit=2)
"""As in earnest, a lost edit is sent again (after 1 s) long before it can not land any more."""


async def test_a_message_that_was_found_keeps_the_marker_that_it_carries(client: Client) -> None:
    """Its row knew it, and it showed what was wanted: nothing was edited."""

    async def found(request: ShowCard) -> Shown:
        return Shown(activity_id="1", orphans=0, found=True, marker="carried")

    async with running(client) as run:
        run.outside.answers(SHOW_CARD, found)
        await run.hears(run.life.triggers())
        await run.outside.until(lambda: bool(run.outside.shown))
        await run.is_idle()
        await run.hears(run.life.is_acknowledged())
        await run.outside.until(lambda: bool(run.outside.edits))
    assert run.outside.edits[0].identity.marker == "carried"


async def test_a_lost_post_is_followed_by_the_latest_view_under_a_new_marker(client: Client) -> None:
    outside = FakeActivities()
    outside.fails(SHOW_CARD, LOST)
    sent = outside.holds(SHOW_CARD)
    async with running(client, outside) as run:
        await run.hears(run.life.triggers())
        await outside.until(lambda: len(outside.shown) == 1)
        await run.hears(run.life.is_acknowledged())
        assert "acknowledged" in await run.details()
        sent.set()
        await outside.until(lambda: len(outside.shown) == 2)
        await run.is_idle()
    lost, posted = outside.posts
    assert (lost.view.status, posted.view.status) == ("triggered", "acknowledged")
    assert posted.identity.marker != lost.identity.marker
    assert outside.edits == []


async def test_a_worker_that_died_in_a_post_counts_as_a_lost_answer(client: Client) -> None:
    """Known after the three seconds of the heartbeat, not after the twelve of the send."""
    outside = FakeActivities()
    outside.holds(SHOW_CARD)
    async with running(client, outside) as run:
        await run.hears(run.life.triggers())
        await outside.until(lambda: len(outside.shown) == 2, within=8)
    lost, posted = outside.posts
    assert posted.identity.marker != lost.identity.marker


async def test_a_lost_edit_is_sent_again_soon_and_once_more_when_it_cannot_land_any_more(
    client: Client,
) -> None:
    async with shown(client, timing=TIMING) as run:
        run.outside.fails(SHOW_CARD, LOST)
        await run.hears(run.life.is_acknowledged(), run.life.is_noted("on it"))
        await run.outside.until(lambda: len(run.outside.edits) == 3)
        await run.hears(run.life.is_resolved())
        await run.ends()
        timers = (await run.timeline()).timers
    lost, soon, later, resolved = run.outside.edits
    assert soon.view.latest_note is not None
    assert (later.view, later.identity) == (soon.view, soon.identity)
    assert {edit.identity.marker for edit in run.outside.edits} == {run.outside.posts[0].identity.marker}
    assert {edit.activity_id for edit in (lost, soon, later, resolved)} == {run.outside.activity_id}
    assert "back-off after OutcomeUnknown" in [timer.summary for timer in timers]
    assert [timer.summary for timer in timers].count("a lost edit may land late") == 1


async def test_a_run_does_not_end_before_a_lost_edit_has_nothing_pending(client: Client) -> None:
    async with shown(client, timing=TIMING) as run:
        run.outside.fails(SHOW_CARD, LOST)
        await run.hears(run.life.is_resolved())
        await run.ends()
    assert [edit.view.status for edit in run.outside.edits] == ["resolved"] * 3


async def test_a_message_that_is_gone_is_replaced_and_its_reference_dropped(client: Client) -> None:
    async with shown(client) as run:
        gone = run.outside.activity_id
        run.outside.fails(SHOW_CARD, CardGone("no such message"))
        await run.hears(run.life.is_acknowledged())
        await run.outside.until(lambda: len(run.outside.posts) == 2)
        await run.is_idle()
        await run.hears(run.life.is_resolved())
        await run.ends()
    old, new = run.outside.posts
    assert new.view.status == "acknowledged"
    assert new.identity.marker != old.identity.marker
    assert run.outside.activity_id != gone
    assert [edit.activity_id for edit in run.outside.edits] == [gone, run.outside.activity_id]


async def test_a_card_whose_row_could_not_be_written_is_edited_once_more(client: Client) -> None:
    outside = FakeActivities()
    answers = iter((False, True))

    async def unrecorded_at_first(request: ShowCard) -> Shown:
        return Shown(activity_id="17", orphans=0, recorded=next(answers))

    outside.answers(SHOW_CARD, unrecorded_at_first)
    async with running(client, outside) as run:
        await run.hears(run.life.triggers())
        await outside.until(lambda: len(outside.shown) == 2)
        await run.is_idle()
    post, edit = outside.shown
    assert (post.activity_id, edit.activity_id) == (None, "17")
    assert (edit.view, edit.identity) == (post.view, post.identity)
