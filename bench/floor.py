"""``python -m bench.floor KIND ADDRESS QUEUE SINK``: a worker of the bare engine's workflow.

There are two kinds. ``defaults`` is the floor, what one would write without thinking: the SDK's defaults, so
that the workflow runs in its sandbox, and plain ``httpx``. ``like-for-like`` runs the same workflow the way
the product runs its own: unsandboxed, and with the product's own pool of connections.
"""

import asyncio
import signal
import sys

import httpx
import uvloop
from temporalio import activity
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from bench.bare import NOTHING, POST, BareWorkflow, Post
from muster.clients.http import open_pool
from worker import workflow_runner

DEFAULTS = "defaults"
LIKE_FOR_LIKE = "like-for-like"

_BODY = {"type": "message", "summary": "x", "attachments": [{"content": "x" * 2600}]}
"""As large as the message of a card."""


class Sender:
    """The activities of the bare workflow."""

    def __init__(self, sink: str, client: httpx.AsyncClient) -> None:
        self._sink = sink
        self._client = client

    @activity.defn(name=POST)
    async def post(self, post: Post) -> str:
        """POST once."""
        answer = await self._client.post(
            f"{self._sink}/bare/{post.incident}", params={"says": post.says}, json=_BODY
        )
        return str(answer.json()["id"])

    @activity.defn(name=NOTHING)
    async def nothing(self, post: Post) -> str:
        """Do nothing."""
        return post.says


def _runner_and_pool(kind: str) -> tuple[WorkflowRunner, httpx.AsyncClient]:
    if kind == LIKE_FOR_LIKE:
        return workflow_runner(sandboxed=False), open_pool()
    return SandboxedWorkflowRunner(), httpx.AsyncClient(trust_env=False)


async def work(kind: str, address: str, queue: str, sink: str) -> None:
    """Work until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    client = await Client.connect(address, data_converter=pydantic_data_converter)
    runner, pool = _runner_and_pool(kind)
    async with pool:
        sender = Sender(sink, pool)
        async with Worker(
            client,
            task_queue=queue,
            workflows=[BareWorkflow],
            activities=[sender.post, sender.nothing],
            workflow_runner=runner,
        ):
            await stop.wait()
    await asyncio.sleep(0.3)


if __name__ == "__main__":
    uvloop.run(work(*sys.argv[1:5]))
