"""The reconcile loop under a run that is no incident's."""

import uuid

import pytest
from temporalio.client import Client
from temporalio.worker import Worker

from tests.workflows.channel_incident.timeline import Timeline
from tests.workflows.counting import CountingWorkflow
from worker import workflow_runner

pytestmark = pytest.mark.anyio


async def counted(client: Client, limit: str | None) -> tuple[list[str], list[str]]:
    """What the run was told of its reconciler, and the summaries of the timers."""
    queue = f"q-{uuid.uuid4().hex[:8]}"
    async with Worker(
        client,
        task_queue=queue,
        workflows=[CountingWorkflow],
        workflow_runner=workflow_runner(sandboxed=True),
    ):
        handle = await client.start_workflow(CountingWorkflow.run, limit, id=queue, task_queue=queue)
        told = await handle.result()
        timers = Timeline((await handle.fetch_history()).events).timers
    return told, [timer.summary for timer in timers]


async def test_a_reconciler_that_is_not_held_back_waits_for_nothing(client: Client) -> None:
    assert await counted(client, None) == (["count goes on"], [])


async def test_a_limit_is_waited_for_under_its_name_and_is_no_failure(client: Client) -> None:
    told, timers = await counted(client, "send budget")
    assert told == ["count held back: send budget", "count goes on"]
    assert timers == ["send budget"]
