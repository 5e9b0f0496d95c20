"""A worker that keeps no run in memory replays it at every step: all there is to know is in the history."""

import pytest
from temporalio.client import Client

from tests.workflows.channel_incident.lives import LIVES, TIMING, Live, continued
from tests.workflows.channel_incident.outside import FakeActivities
from tests.workflows.channel_incident.running import NO_CACHE, Run, running

pytestmark = [pytest.mark.anyio, pytest.mark.soak]


@pytest.mark.parametrize("live", LIVES.values(), ids=LIVES)
async def test_a_life_replayed_at_every_step_shows_the_same_card(client: Client, live: Live) -> None:
    async with running(client, timing=TIMING, cached=NO_CACHE) as run:
        await live(run)
    _one_message_at_a_time(run)


async def test_a_life_that_continued_as_new_replayed_at_every_step(impatient: Client) -> None:
    async with running(impatient, FakeActivities(), timing=TIMING, cached=NO_CACHE) as run:
        await continued(run)
    assert len(run.runs) >= 2
    assert len(run.outside.posts) == 1
    _one_message_at_a_time(run)


def _one_message_at_a_time(run: Run) -> None:
    """Every edit goes to the message that was posted last, and revisions only grow."""
    revisions = [request.view.revision for request in run.outside.shown]
    assert revisions == sorted(revisions)
    assert {edit.identity.marker for edit in run.outside.edits} <= {
        p.identity.marker for p in run.outside.posts
    }
    assert run.outside.shown[-1].view.status in ("resolved", "triggered")
