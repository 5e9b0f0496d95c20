import pytest
from temporalio.client import Client

from tests.workflows.life import Life, World, running

pytestmark = pytest.mark.anyio


async def test_a_trigger_shows_a_card_and_its_resolve_ends_the_run(client: Client) -> None:
    life = Life()
    world = World(life)
    async with running(client, world) as run:
        await run.signal(life.becomes("triggered", "triggered"))
        await world.until(lambda: len(world.shown) == 1)
        await run.signal(life.becomes("resolved", "resolved"))
        end = await run.result()
    assert end.status == "resolved"
    assert world.shown[0].activity_id is None
    assert world.shown[0].view.status == "triggered"
    assert world.shown[-1].view.status == "resolved"
    assert [reply.transition for reply in world.replies] == ["resolved"]
