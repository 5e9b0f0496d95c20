"""One operation on the real server, as the API and operators talk to it."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.service import RPCError

from muster.temporal.attempts import Attempts
from muster.temporal.starting import signal_with_start, start_options
from tests.workflows.observed import Observed
from tests.workflows.operation.outside import FakeActivities
from tests.workflows.working import working
from workflows.operation.messages import End, Say, Start
from workflows.operation.state import Ended, Place
from workflows.operation.workflow import OperationWorkflow
from workflows.operation.workflow_type import DO, OPERATION

OPS = Place(
    kind="channel",
    name="Payments/#ops",
    tenant="tenant",
    conversation="19:ops@thread.tacv2",
    card="1700000000001",
)
SAY = Say(text="Checkout is **slow**", correlation="f:1")
NO_CACHE = 0


class Run(Observed):
    """An operation, whatever run of it is the latest."""

    def __init__(self, client: Client, outside: FakeActivities) -> None:
        self.client = client
        self.outside = outside
        self.queue = f"q-{uuid.uuid4().hex[:8]}"
        self.start = Start(
            account="acme",
            key=uuid.uuid4().hex[:16],
            incident_id="Q1",
            place=OPS,
            by="Ada Ops",
            through="PagerDuty workflows",
        )
        self.id = f"operation/acme/{self.start.key}"
        self.runs: list[str] = []

    @asynccontextmanager
    async def working(self, *, cached: int = 100) -> AsyncIterator[None]:
        """A worker with the fake activities; ``cached=NO_CACHE`` replays the run at every step."""
        async with working(
            self.client, self.queue, OperationWorkflow, self.outside.activities(), cached=cached
        ):
            yield

    async def does(self) -> Ended:
        """Done, as the API asks for it, again where the run begins anew; where no run goes on, one starts."""
        return await Attempts().make(self._ask)

    async def _ask(self) -> Ended:
        start: WithStartWorkflowOperation[Any, End] = WithStartWorkflowOperation(
            OPERATION.name, **start_options(OPERATION, self.start, SAY, task_queue=self.queue)
        )
        try:
            answer: Ended = await self.client.execute_update_with_start_workflow(
                DO.name, SAY, start_workflow_operation=start, id=self.start.key, result_type=Ended
            )
        except RPCError:
            with suppress(RPCError):  # the SDK keeps it there too, and the loop reports what nobody reads
                await start.workflow_handle()
            raise
        self._reached((await start.workflow_handle()).result_run_id)
        return answer

    async def hand_over(self) -> None:
        """The same as a signal, as the API sends it where the answer is not there in time."""
        await signal_with_start(self.client, OPERATION, self.start, DO.goes_on_as, SAY, task_queue=self.queue)

    async def ends(self) -> Ended | None:
        """How the latest run ended."""
        handle = self.client.get_workflow_handle(self.id, result_type=End)
        end: End = await handle.result()
        self._reached((await handle.describe()).run_id)
        return end.ended

    def _reached(self, run_id: str | None) -> None:
        if run_id is not None and run_id not in self.runs:
            self.runs.append(run_id)


@asynccontextmanager
async def running(client: Client, *, cached: int = 100) -> AsyncIterator[Run]:
    """An operation that has not begun, and a worker."""
    run = Run(client, FakeActivities())
    async with run.working(cached=cached):
        yield run
