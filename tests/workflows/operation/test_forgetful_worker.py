"""A worker that keeps no run in memory replays it at every step: all there is to know is in the history."""

import pytest
from temporalio.client import Client

from tests.workflows.operation.lives import LIVES, Live, sent
from tests.workflows.operation.running import NO_CACHE, running

pytestmark = [pytest.mark.anyio, pytest.mark.soak]


@pytest.mark.parametrize("live", LIVES.values(), ids=LIVES)
async def test_a_life_replayed_at_every_step_asks_no_more_often(client: Client, live: Live) -> None:
    async with running(client, cached=NO_CACHE) as run:
        await live(run)
    # Within the task and after it; and where somebody asks before the task has ended, it begins anew.
    assert len(run.runs) <= run.outside.asked <= 2 * len(run.runs) + (live is sent)
