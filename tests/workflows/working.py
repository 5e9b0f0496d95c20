"""The worker of one workflow with fake activities, as every test of a workflow needs it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from temporalio.client import Client
from temporalio.worker import Worker

from tests.support.temporal import LETS_END
from worker import workflow_runner


@asynccontextmanager
async def working(
    client: Client,
    queue: str,
    workflow: type,
    activities: list[Callable[..., Any]],
    *,
    cached: int,
    **more: Any,
) -> AsyncIterator[None]:
    """A worker in the SDK's sandbox until the block ends; what is being completed then is let end."""
    async with Worker(
        client,
        task_queue=queue,
        workflows=[workflow],
        activities=activities,
        workflow_runner=workflow_runner(sandboxed=True),
        graceful_shutdown_timeout=LETS_END,
        max_cached_workflows=cached,
        **more,
    ):
        yield
