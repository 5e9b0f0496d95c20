"""A worker that keeps no run in memory replays it at every step: all there is to know is in the history."""

from itertools import pairwise

import pytest
from temporalio.client import Client

from tests.workflows.channel_incident.conftest import impatient as impatient
from tests.workflows.channel_incident.conftest import impatient_temporal as impatient_temporal
from tests.workflows.team_setup.lives import LIVES, Live, deadlines_of, long
from tests.workflows.team_setup.running import NO_CACHE, Run, running
from workflows.team_setup.messages import Start
from workflows.team_setup.state import State

pytestmark = [pytest.mark.anyio, pytest.mark.soak]


@pytest.mark.parametrize("live", LIVES.values(), ids=LIVES)
async def test_a_life_replayed_at_every_step_says_nothing_twice(client: Client, live: Live) -> None:
    async with running(client, deadlines=deadlines_of(live), cached=NO_CACHE) as run:
        await live(run)
    _nothing_twice(run)


async def test_a_life_that_continued_as_new_replayed_at_every_step(impatient: Client) -> None:
    async with running(impatient, cached=NO_CACHE) as run:
        await long(run)
    _nothing_twice(run)
    assert (await run.timeline(run.runs[0])).continued_as
    assert len((await carried(run)).notices) < 8, "what was replaced is forgotten"


async def carried(run: Run) -> State:
    """The state that the last run was started with."""
    history = await run.handle.fetch_history()
    started = history.events[0].workflow_execution_started_event_attributes
    (start,) = await run.client.data_converter.decode(started.input.payloads, [Start])
    assert start.carried is not None
    state: State = start.carried
    return state


def _nothing_twice(run: Run) -> None:
    """Every showing of a message differs from the one before it."""
    for name, recipient in run.outside.messages:
        views = run.outside.of(name, recipient)
        assert all(one != other for one, other in pairwise(views))
