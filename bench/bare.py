"""The bare engine: a workflow that does nothing but receive signals, run activities and POST.

Run as ``python -m bench.bare ADDRESS QUEUE SINK``: the worker of the floor. Same SDK, same sandbox and
converter as the product's, and a POST with the body of a card.
"""

import asyncio
import signal
import sys
from dataclasses import dataclass
from datetime import timedelta

import httpx
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker

QUEUE = "bare"

_BODY = {"type": "message", "summary": "x", "attachments": [{"content": "x" * 2600}]}


@dataclass
class Post:
    """One POST, and what it says."""

    incident: str
    says: str


@dataclass
class Step:
    """A signal: what to do for it."""

    incident: str
    posts: list[str]
    """One activity with a POST for each."""
    empty: int = 0
    """Activities that do nothing, for those of the product that do not POST."""
    last: bool = False


class Sender:
    """The activities of the floor."""

    def __init__(self, sink: str, client: httpx.AsyncClient) -> None:
        self._sink = sink
        self._client = client

    @activity.defn(name="bare.post")
    async def post(self, post: Post) -> str:
        """POST once."""
        answer = await self._client.post(
            f"{self._sink}/bare/{post.incident}", params={"says": post.says}, json=_BODY
        )
        return str(answer.json()["id"])

    @activity.defn(name="bare.nothing")
    async def nothing(self, post: Post) -> str:
        """Do nothing."""
        return post.says


@workflow.defn(name="Bare")
class BareWorkflow:
    """Signals in, activities out."""

    def __init__(self) -> None:
        self._steps: list[Step] = []
        self._done = False

    @workflow.signal(name="step")
    def step(self, step: Step) -> None:
        """Something happened."""
        self._steps.append(step)

    @workflow.run
    async def run(self) -> str:
        """Do every step in turn, until the last."""
        while not self._done:
            await workflow.wait_condition(lambda: bool(self._steps))
            step = self._steps.pop(0)
            for says in step.posts:
                await self._call("bare.post", Post(step.incident, says))
            for _ in range(step.empty):
                await self._call("bare.nothing", Post(step.incident, ""))
            self._done = step.last
        return "done"

    async def _call(self, name: str, post: Post) -> None:
        await workflow.execute_activity(name, post, start_to_close_timeout=timedelta(seconds=10))


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
        ):
            await stop.wait()
    await asyncio.sleep(0.3)


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:4]))
