"""The shortest life, whole."""

import pytest
from temporalio.client import Client

from tests.workflows.channel_incident.running import running

pytestmark = pytest.mark.anyio


async def test_a_trigger_shows_a_card_and_its_resolve_ends_the_run(client: Client) -> None:
    async with running(client) as run:
        await run.hears(run.life.triggers())
        await run.outside.until(lambda: len(run.outside.shown) == 1)
        await run.hears(run.life.is_resolved())
        end = await run.ends()
    assert end.status == "resolved"
    assert [request.view.status for request in run.outside.shown] == ["triggered", "resolved"]
    assert run.outside.said == ["resolved"]
