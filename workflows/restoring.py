"""The rows that every run reads first, however long that takes."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.errors import failure_of
from workflows.reconcile import ReconciledRun, back_off

StoredT = TypeVar("StoredT")


async def until_read(run: ReconciledRun, read: Callable[[], Awaitable[StoredT]]) -> StoredT:
    """What ``read`` finds; while it raises ActivityError the run is degraded, and it is tried again."""
    failures = 0
    while True:
        try:
            stored = await read()
        except ActivityError as error:
            failures += 1
            failure = failure_of(error)
            wait = back_off(failure, failures=failures)
            run.degrade("restore", failure.name, workflow.now() + wait)
            await workflow.sleep(wait, summary=f"back-off after {failure.name}")
        else:
            run.recover("restore")
            return stored
