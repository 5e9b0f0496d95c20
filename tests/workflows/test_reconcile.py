"""The reconcile loop under a run that is no incident's."""

import uuid

import pytest
from temporalio.client import Client
from temporalio.worker import Worker

from tests.workflows.channel_incident.timeline import Timeline, Waited
from tests.workflows.counting import CountingWorkflow
from worker import workflow_runner

pytestmark = pytest.mark.anyio


async def counted(client: Client, *obstacles: str) -> tuple[list[str], list[Waited]]:
    """What the run was told of its reconciler, and the timers."""
    queue = f"q-{uuid.uuid4().hex[:8]}"
    async with Worker(
        client,
        task_queue=queue,
        workflows=[CountingWorkflow],
        workflow_runner=workflow_runner(sandboxed=True),
    ):
        handle = await client.start_workflow(
            CountingWorkflow.run, list(obstacles), id=queue, task_queue=queue
        )
        told = await handle.result()
        timers = Timeline((await handle.fetch_history()).events).timers
    return told, timers


async def test_a_reconciler_that_is_not_held_back_waits_for_nothing(client: Client) -> None:
    assert await counted(client) == (["count goes on"], [])


async def test_a_limit_is_waited_for_under_its_name_and_is_no_failure(client: Client) -> None:
    told, timers = await counted(client, "send budget")
    assert told == ["count held back: send budget", "count goes on"]
    assert [timer.summary for timer in timers] == ["send budget"]


async def test_a_limit_between_two_failures_leaves_them_the_first_and_the_second(client: Client) -> None:
    told, timers = await counted(client, "CardGone", "send budget", "CardGone")
    assert told == [
        "count failed: CardGone",
        "count held back: send budget",
        "count failed: CardGone",
        "count goes on",
    ]
    assert [timer.summary for timer in timers] == ["send budget", "back-off after CardGone"]
    assert timers[-1].seconds == pytest.approx(2, abs=0.1)
