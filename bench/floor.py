"""``python -m bench.floor ADDRESS QUEUE SINK``: the worker of the floor.

Same SDK, sandbox and converter as the product's, and a POST with a body as large as a card's.
"""

import asyncio
import signal
import sys

import httpx
import uvloop
from temporalio import activity
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker

from bench.bare import NOTHING, POST, BareWorkflow, Post
from worker import workflow_runner

_BODY = {"type": "message", "summary": "x", "attachments": [{"content": "x" * 2600}]}


class Sender:
    """The activities of the floor."""

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


async def work(address: str, queue: str, sink: str) -> None:
    """Work until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    client = await Client.connect(address, data_converter=pydantic_data_converter)
    async with httpx.AsyncClient(trust_env=False) as http:
        sender = Sender(sink, http)
        async with Worker(
            client,
            task_queue=queue,
            workflows=[BareWorkflow],
            activities=[sender.post, sender.nothing],
            workflow_runner=workflow_runner(sandboxed=True),
        ):
            await stop.wait()
    await asyncio.sleep(0.3)


if __name__ == "__main__":
    uvloop.run(work(*sys.argv[1:4]))
