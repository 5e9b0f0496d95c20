"""How the tasks of a run end: with nothing in flight, so that no outcome is lost by the run's end."""

import asyncio
from collections.abc import Sequence

from temporalio import workflow

from workflows.reconcile import ReconciledRun


async def drain(run: ReconciledRun, tasks: Sequence[asyncio.Task[None]]) -> None:
    """Return when all tasks and handlers have finished, once nothing may be started any more.

    A loop that broke fails the workflow task, where operators see it, until a deploy mends it.
    """
    for task in tasks:
        if task.done():
            task.result()
    run.draining = True
    await workflow.wait(tasks)
    for task in tasks:
        task.result()
    await workflow.wait_condition(workflow.all_handlers_finished)
