"""One team's set-up on the real server: its workflow as the edge and operators talk to it."""

import itertools
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.client import Client, WithStartWorkflowOperation, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from tests.workflows.observed import Observed
from tests.workflows.team_setup.outside import FakeActivities
from tests.workflows.working import working
from workflows.person import Person
from workflows.search_attributes import typed
from workflows.team_setup.messages import (
    Authorized,
    ConsentReturned,
    Deadlines,
    End,
    Pressed,
    SetupAnswer,
    Start,
    TeamEvent,
)
from workflows.team_setup.workflow import TeamSetupWorkflow
from workflows.team_setup.workflow_type import TEAM_SETUP

TEAM = "19:general@thread.tacv2"
OPS = "19:ops@thread.tacv2"
ADA = Person(aad_object_id="ada", teams_id="29:ada", name="Ada Ops")
BO = Person(aad_object_id="bo", teams_id="29:bo", name="Bo Call")
GRACE = Person(aad_object_id="grace", teams_id="29:grace", name="Grace Admin")
LONG = Deadlines(
    role_reads=(0, 0.05, 0.1), minute=0.1, role_reads_each_minute=2, hour=0.2, role_reads_each_hour=1
)
"""Nothing expires while a test runs, and roles are read six times within a second."""
BRIEF = LONG.model_copy(update={"link": 0.4, "consent_link": 0.4})
NO_CACHE = 0


class Run(Observed):
    """The set-up of one team, whatever run of it is going on."""

    def __init__(
        self,
        client: Client,
        outside: FakeActivities,
        deadlines: Deadlines = LONG,
        *,
        key: str | None = None,
        queue: str | None = None,
    ) -> None:
        self.client = client
        self.outside = outside
        self.deadlines = deadlines
        self.queue = queue or f"q-{uuid.uuid4().hex[:8]}"
        self.key = key or f"payments-{uuid.uuid4().hex[:8]}"
        self.id = f"setup/{self.key}"
        self.runs: list[str] = []
        self._clicks = itertools.count(1)
        self._last = datetime.now(UTC)

    @asynccontextmanager
    async def working(self, *, cached: int = 100) -> AsyncIterator[None]:
        """A worker with the fake activities; ``cached=NO_CACHE`` replays the run at every step."""
        async with working(
            self.client,
            self.queue,
            TeamSetupWorkflow,
            self.outside.activities(),
            cached=cached,
        ):
            yield

    # Messages, as the edge sends them

    def event(
        self, event: str, person: Person | None = None, *, at: datetime | None = None, **more: Any
    ) -> TeamEvent:
        """Something that happens now, or happened at a time."""
        return TeamEvent(event=event, activity=f"f:{event}", at=at or self.now(), person=person, **more)

    def now(self) -> datetime:
        """A moment later than all before."""
        self._last = max(datetime.now(UTC), self._last + timedelta(milliseconds=1))
        return self._last

    async def hears(self, *events: TeamEvent) -> None:
        for event in events:
            await self.signal(event.event, event)

    async def is_installed(self, person: Person | None = ADA, **more: Any) -> None:
        await self.hears(self.event("installed", person, **more))

    async def signal(self, name: str, message: Any) -> None:
        handle = await self.client.start_workflow(
            TeamSetupWorkflow.run,
            self._start(),
            start_signal=name,
            start_signal_args=[message],
            **self._options(message),
        )
        self._reached(handle.result_run_id)

    def pressed(self, person: Person = ADA, **more: Any) -> Pressed:
        return Pressed(key=f"click-{next(self._clicks)}", person=person, **more)

    async def ask(self, name: str, message: Pressed | Authorized | ConsentReturned) -> SetupAnswer:
        """A click, a command or a return, answered; where no run goes on, one starts."""
        start: WithStartWorkflowOperation[Any, End] = WithStartWorkflowOperation(
            TeamSetupWorkflow.run, self._start(), **self._options(message)
        )
        answer: SetupAnswer = await self.client.execute_update_with_start_workflow(
            name, message, start_workflow_operation=start, result_type=SetupAnswer
        )
        self._reached((await start.workflow_handle()).result_run_id)
        return answer

    async def clicks(self, verb: str, person: Person = ADA, **more: Any) -> str:
        return (await self.ask(verb, self.pressed(person, **more))).reply

    async def is_authorized(self) -> str:
        """Somebody uses the newest Authorize link, and the API reports it."""
        offer = [one for one in self.outside.open_links if one.kind == "authorize"][-1].id
        self.outside.spend(offer)
        return (await self.ask("authorized", Authorized(offer=offer))).reply

    async def consent_returns(self, *, refused: bool = False) -> str:
        return (await self.ask("consent_returned", ConsentReturned(offer=1, refused=refused))).reply

    def _reached(self, run_id: str | None) -> None:
        if run_id is not None and run_id not in self.runs:
            self.runs.append(run_id)

    def _start(self) -> Start:
        return Start(
            tenant="tenant", team=TEAM, key=self.key, name=self.outside.name, deadlines=self.deadlines
        )

    def _options(self, message: Any) -> dict[str, Any]:
        opening = TEAM_SETUP.listing(self._start(), message)
        return {
            "id": self.id,
            "task_queue": self.queue,
            "id_conflict_policy": WorkflowIDConflictPolicy.USE_EXISTING,
            "id_reuse_policy": WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            "static_summary": opening.title,
            "search_attributes": typed(opening.attributes),
        }

    # What can be seen from outside

    @property
    def handle(self) -> WorkflowHandle[Any, End]:
        return self.client.get_workflow_handle_for(TeamSetupWorkflow.run, self.id)

    async def ends(self) -> str:
        """The step of the run's end."""
        return (await self.handle.result()).step

    async def shows(self, name: str, person: Person | None, showing: str, *, channel: str = TEAM) -> None:
        """Wait until a message shows this."""
        recipient = person.aad_object_id if person else channel
        await self.outside.until(lambda: self.outside.showing(name, recipient) == showing)


@asynccontextmanager
async def running(
    client: Client,
    outside: FakeActivities | None = None,
    *,
    deadlines: Deadlines = LONG,
    cached: int = 100,
) -> AsyncIterator[Run]:
    """A team of which nothing has been heard, and a worker."""
    run = Run(client, outside or FakeActivities(), deadlines)
    async with run.working(cached=cached):
        yield run
