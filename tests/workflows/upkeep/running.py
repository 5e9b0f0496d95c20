"""One account's upkeep on the real server, beside activities that a test answers for."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from temporalio.client import Client, WorkflowHandle

from tests.workflows.observed import Observed
from tests.workflows.upkeep.outside import FakeActivities
from tests.workflows.working import working
from workflows.search_attributes import typed
from workflows.upkeep.messages import End, Start
from workflows.upkeep.state import Stage, StageReport
from workflows.upkeep.workflow import UpkeepWorkflow
from workflows.upkeep.workflow_type import UPKEEP

NO_CACHE = 0


class Run(Observed):
    """A run of the account's upkeep."""

    def __init__(self, client: Client, outside: FakeActivities) -> None:
        self.client = client
        self.outside = outside
        self.queue = f"q-{uuid.uuid4().hex[:8]}"
        self.id = f"upkeep/acme-{uuid.uuid4().hex[:8]}"
        self.runs: list[str] = []

    @asynccontextmanager
    async def working(self, *, cached: int = 100) -> AsyncIterator[None]:
        """A worker with the fake activities; ``cached=NO_CACHE`` replays the run at every step."""
        async with working(
            self.client,
            self.queue,
            UpkeepWorkflow,
            self.outside.activities(),
            cached=cached,
        ):
            yield

    async def ends(self) -> dict[Stage, StageReport]:
        """Start it, and wait for its end: what each stage did."""
        start = Start(account="acme")
        listing = UPKEEP.listing(start, None)
        handle = await self.client.start_workflow(
            UpkeepWorkflow.run,
            start,
            id=self.id,
            task_queue=self.queue,
            static_summary=listing.title,
            search_attributes=typed(listing.attributes),
        )
        assert handle.result_run_id is not None
        self.runs.append(handle.result_run_id)
        end: End = await handle.result()
        return {one.stage: one for one in end.stages}

    @property
    def handle(self) -> WorkflowHandle[Any, End]:
        return self.client.get_workflow_handle_for(UpkeepWorkflow.run, self.id)

    async def attention(self) -> Any:
        attributes = (await self.handle.describe()).typed_search_attributes
        return next(pair.value for pair in attributes if pair.key.name == "Attention")


@asynccontextmanager
async def running(
    client: Client, outside: FakeActivities | None = None, *, cached: int = 100
) -> AsyncIterator[Run]:
    """An account whose upkeep has not begun, and a worker."""
    run = Run(client, outside or FakeActivities())
    async with run.working(cached=cached):
        yield run
