"""Messages to workflows, whoever sends them: one starts where none runs, or it is told only if it runs."""

from datetime import timedelta
from typing import Any

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError, RPCStatusCode

from workflows.contract import ArgumentT, Signal, StartT, WorkflowType
from workflows.search_attributes import typed
from workflows.values import Value

_TASK_WITHIN = timedelta(seconds=5)
"""A worker killed in the middle of a workflow task is waited for as long: below the promised six seconds."""


def start_options(
    row: WorkflowType[StartT], start: StartT, message: Value | None, *, task_queue: str
) -> dict[str, Any]:
    """The keyword arguments of ``Client.start_workflow`` and of ``WithStartWorkflowOperation``."""
    listing = row.listing(start, message)
    return {
        "arg": start,
        "id": row.workflow_id(start),
        "task_queue": task_queue,
        "task_timeout": _TASK_WITHIN,
        "id_conflict_policy": WorkflowIDConflictPolicy.USE_EXISTING,
        "id_reuse_policy": WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        "static_summary": listing.title,
        "search_attributes": typed(listing.attributes),
    }


async def signal_with_start(
    client: Client,
    row: WorkflowType[StartT],
    start: StartT,
    signal: Signal[ArgumentT],
    message: ArgumentT,
    *,
    task_queue: str,
) -> None:
    """Signal a workflow, starting it where none runs; raises RPCError."""
    await client.start_workflow(
        row.name,
        start_signal=signal.name,
        start_signal_args=[message],
        **start_options(row, start, message, task_queue=task_queue),
    )


async def signal_running(
    client: Client, workflow_id: str, signal: Signal[ArgumentT], message: ArgumentT | None = None
) -> bool:
    """Signal a run that goes on, with what it carries; ``False`` where none does. Raises RPCError."""
    handle = client.get_workflow_handle(workflow_id)
    try:
        await (handle.signal(signal.name) if message is None else handle.signal(signal.name, message))
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return True
