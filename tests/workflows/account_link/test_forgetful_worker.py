"""A worker that keeps no run in memory replays it at every step: all there is to know is in the history."""

from itertools import pairwise

import pytest
from temporalio.client import Client

from tests.workflows.account_link.lives import LIVES, Live, deadlines_of, tireless
from tests.workflows.account_link.running import NO_CACHE, Run, running
from tests.workflows.channel_incident.conftest import impatient as impatient
from tests.workflows.channel_incident.conftest import impatient_temporal as impatient_temporal

pytestmark = [pytest.mark.anyio, pytest.mark.soak]


@pytest.mark.parametrize("live", LIVES.values(), ids=LIVES)
async def test_a_life_replayed_at_every_step_says_nothing_twice(client: Client, live: Live) -> None:
    async with running(client, deadlines=deadlines_of(live), cached=NO_CACHE) as run:
        await live(run)
    _nothing_twice(run)


async def test_a_life_that_continued_as_new_replayed_at_every_step(impatient: Client) -> None:
    async with running(impatient, cached=NO_CACHE) as run:
        await tireless(run)
    _nothing_twice(run)
    assert (await run.timeline(run.runs[0])).continued_as
    assert run.outside.messages == ["link/1"]
    assert len(run.outside.offers) == 1
    titles = {"#43 Payments", "#42 Checkout latency"}
    assert {done.met.title for done in run.outside.done} == titles, "a click before it and one after it"


def _nothing_twice(run: Run) -> None:
    """Every showing of a message differs from the one before it."""
    for name in run.outside.messages:
        assert all(one != other for one, other in pairwise(run.outside.of(name)))
