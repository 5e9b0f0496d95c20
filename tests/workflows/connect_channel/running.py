"""One service and one channel on the real server: their workflow as the edge and operators talk to it."""

import itertools
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from temporalio.client import Client, WithStartWorkflowOperation, WorkflowHandle

from muster.temporal.starting import signal_with_start, start_options
from tests.workflows.connect_channel.outside import FakeActivities
from tests.workflows.observed import Observed
from tests.workflows.working import working
from workflows.connect_channel.messages import Asked, ConnectAnswer, Deadlines, End, Start
from workflows.connect_channel.state import Request
from workflows.connect_channel.workflow import ConnectChannelWorkflow
from workflows.connect_channel.workflow_type import CONNECT_CHANNEL, UPDATES
from workflows.person import Person

OPS = "19:ops@thread.tacv2"
ADA = Person(aad_object_id="ada", teams_id="29:ada", name="Ada Ops")
BEN = Person(aad_object_id="ben", teams_id="29:ben", name="Ben Ops")
LINKS = {ADA: 101, BEN: 102}
PATIENT = Deadlines()
"""Nobody is told that anything is late while a test runs."""
BRIEF = Deadlines(late=0.2)
NO_CACHE = 0


class Run(Observed):
    """A service and a channel, whatever run of theirs is going on."""

    def __init__(
        self,
        client: Client,
        outside: FakeActivities,
        deadlines: Deadlines = PATIENT,
        *,
        key: str | None = None,
        queue: str | None = None,
    ) -> None:
        self.client = client
        self.outside = outside
        self.queue = queue or f"q-{uuid.uuid4().hex[:8]}"
        self.start = Start(
            tenant="tenant",
            account="acme",
            service="PSVC001",
            service_name="Checkout",
            conversation=OPS,
            key=key or f"payments-ops-{uuid.uuid4().hex[:8]}",
            channel_name="Payments/#ops",
            deadlines=deadlines,
        )
        self.id = f"connect/{self.start.key}/PSVC001"
        self.runs: list[str] = []
        self._numbers = itertools.count(1)

    @asynccontextmanager
    async def working(self, *, cached: int = 100) -> AsyncIterator[None]:
        """A worker with the fake activities; ``cached=NO_CACHE`` replays the run at every step."""
        async with working(
            self.client,
            self.queue,
            ConnectChannelWorkflow,
            self.outside.activities(),
            cached=cached,
        ):
            yield

    # Messages, as the edge sends them

    def asked(self, person: Person = ADA, *, key: str | None = None, **more: Any) -> Asked:
        number = next(self._numbers)
        return Asked(
            **{
                "key": key or f"click-{number}",
                "person": person,
                "link": LINKS[person],
                "received_at": datetime.now(UTC),
                "correlation": f"f:{number}",
                **more,
            }
        )

    async def ask(self, kind: Request, message: Asked) -> ConnectAnswer:
        """Asked and answered; where no run goes on, one starts."""
        start: WithStartWorkflowOperation[Any, End] = WithStartWorkflowOperation(
            CONNECT_CHANNEL.name, **start_options(CONNECT_CHANNEL, self.start, message, task_queue=self.queue)
        )
        answer: ConnectAnswer = await self.client.execute_update_with_start_workflow(
            kind, message, start_workflow_operation=start, result_type=ConnectAnswer
        )
        reached = (await start.workflow_handle()).result_run_id
        if reached is not None and reached not in self.runs:
            self.runs.append(reached)
        return answer

    async def hand_over(self, kind: Request, message: Asked) -> None:
        """The same as a signal, as the API sends it where the answer is not there in time."""
        signal = UPDATES[kind].goes_on_as
        await signal_with_start(
            self.client, CONNECT_CHANNEL, self.start, signal, message, task_queue=self.queue
        )

    async def connects(self, person: Person = ADA, **more: Any) -> ConnectAnswer:
        return await self.ask("connect", self.asked(person, **more))

    async def disconnects(self, person: Person = ADA, **more: Any) -> ConnectAnswer:
        return await self.ask("disconnect", self.asked(person, **more))

    async def brings_in(self, person: Person = ADA, **more: Any) -> ConnectAnswer:
        return await self.ask("bring_in", self.asked(person, **more))

    # What can be seen from outside

    @property
    def handle(self) -> WorkflowHandle[Any, End]:
        return self.client.get_workflow_handle_for(ConnectChannelWorkflow.run, self.id)

    async def ends(self) -> str:
        """The step of the run's end."""
        return (await self.handle.result()).step

    async def shows(self, name: str, showing: str) -> None:
        """Wait until a message shows this."""
        await self.outside.until(lambda: self.outside.showing(name) == showing)


@asynccontextmanager
async def running(
    client: Client,
    outside: FakeActivities | None = None,
    *,
    deadlines: Deadlines = PATIENT,
    cached: int = 100,
) -> AsyncIterator[Run]:
    """A service and a channel that nobody has connected, and a worker."""
    run = Run(client, outside or FakeActivities(), deadlines)
    async with run.working(cached=cached):
        yield run
        await run.is_idle()  # the SDK may hang where its worker stops while a task is on its way
