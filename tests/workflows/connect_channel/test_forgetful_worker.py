"""A worker that keeps no run in memory replays it at every step: all there is to know is in the history."""

from itertools import pairwise

import pytest
from temporalio.client import Client

from tests.workflows.channel_incident.conftest import impatient as impatient
from tests.workflows.channel_incident.conftest import impatient_temporal as impatient_temporal
from tests.workflows.connect_channel.lives import LIVES, Live, always_changed, deadlines_of
from tests.workflows.connect_channel.running import NO_CACHE, Run, running

pytestmark = [pytest.mark.anyio, pytest.mark.soak]


@pytest.mark.parametrize("live", LIVES.values(), ids=LIVES)
async def test_a_life_replayed_at_every_step_says_nothing_twice(client: Client, live: Live) -> None:
    async with running(client, deadlines=deadlines_of(live), cached=NO_CACHE) as run:
        await live(run)
    _nothing_twice(run)


async def test_a_life_that_continued_as_new_replayed_at_every_step(impatient: Client) -> None:
    async with running(impatient, cached=NO_CACHE) as run:
        await always_changed(run)
    _nothing_twice(run)
    assert (await run.timeline(run.runs[0])).continued_as
    assert len(run.outside.connections) == 1
    assert run.outside.standing == ["unsubscribed"]


def _nothing_twice(run: Run) -> None:
    """Every showing of a message differs from the one before it."""
    for name in {one.name for one in run.outside.sent}:
        assert all(one != other for one, other in pairwise(run.outside.of(name)))
