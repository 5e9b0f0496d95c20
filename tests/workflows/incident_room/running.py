"""One incident's room on the real server: its workflow as the edge and operators talk to it."""

import itertools
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

from temporalio.client import Client, WithStartWorkflowOperation, WorkflowHandle

from muster.temporal.starting import signal_running, signal_with_start, start_options
from tests.support.life import CY, Life
from tests.workflows.incident_room.outside import FakeActivities
from tests.workflows.observed import Observed
from tests.workflows.working import working
from workflows.incident.events import IncidentEvent
from workflows.incident_room.messages import (
    AskedByClick,
    AskedByProgram,
    AskedOfChat,
    End,
    Policy,
    RoomAnswer,
    Start,
    Timing,
)
from workflows.incident_room.workflow import IncidentRoomWorkflow
from workflows.incident_room.workflow_type import (
    BOT_ADDED,
    BOT_REMOVED,
    CREATE_MEETING,
    EVENTS,
    INCIDENT_ROOM,
    OPEN_CHAT,
    UPDATES,
)
from workflows.verbs.click import Click, Clicker

AskedOfChatT = TypeVar("AskedOfChatT", bound=AskedOfChat)

QUICK = Timing(search_for=1.5, search_every=0.2, grace=0.1)
PATIENT = Timing(search_for=1.5, search_every=0.2, grace=86400)
"""Nothing is summed up while a test runs."""
THEY_STAY = Policy()
OPS = "19:ops@thread.tacv2"
NO_CACHE = 0


class Run(Observed):
    """An incident's room, whatever run of it is going on. Each message looks for a row, as the edge's do."""

    def __init__(
        self,
        client: Client,
        outside: FakeActivities,
        timing: Timing = QUICK,
        policy: Policy = THEY_STAY,
        *,
        queue: str | None = None,
    ) -> None:
        self.client = client
        self.outside = outside
        self.queue = queue or f"q-{uuid.uuid4().hex[:8]}"
        self.start = Start(
            account="acme",
            incident_id=outside.life.incident_id,
            tenant="tenant",
            timing=timing,
            policy=policy,
            stored=True,
        )
        self.id = f"room/acme/{outside.life.incident_id}"
        self.runs: list[str] = []
        self._numbers = itertools.count(1)

    @property
    def life(self) -> Life:
        return self.outside.life

    @asynccontextmanager
    async def working(self, *, cached: int = 100) -> AsyncIterator[None]:
        """A worker with the fake activities; ``cached=NO_CACHE`` replays the run at every step."""
        async with working(
            self.client,
            self.queue,
            IncidentRoomWorkflow,
            self.outside.activities(),
            cached=cached,
        ):
            yield

    # Messages, as the edge sends them

    def click(
        self,
        name: str = "Ada Ops",
        *,
        key: str | None = None,
        link: int | None = 1,
        received_at: datetime | None = None,
        verb: str = "create_chat",
    ) -> AskedByClick:
        """**Create Chat**, or the button of another verb, clicked on a card."""
        number = next(self._numbers)
        click = Click(
            key=key or f"click-{number}",
            verb=verb,
            person=Clicker(aad_object_id=name, teams_id=f"29:{name}", name=name, link=link),
            message="17",
            received_at=received_at or datetime.now(UTC),
            correlation=f"f:{number}",
        )
        return AskedByClick(click=click, conversation=OPS)

    def program(self, *, key: str | None = None, **asked: Any) -> AskedByProgram:
        """A program's request, in the name of Cy."""
        number = next(self._numbers)
        return AskedByProgram(
            key=key or f"call-{number}",
            by=CY.id,
            through="PagerDuty workflows",
            by_email="cy@acme.example",
            correlation=f"api:{number}",
            **asked,
        )

    def order(self, message: type[AskedOfChatT], *, key: str | None = None, **asked: Any) -> AskedOfChatT:
        """What a program wants done with the chat, in the name of Cy."""
        number = next(self._numbers)
        return message(key=key or f"call-{number}", by=CY.id, correlation=f"api:{number}", **asked)

    async def ask_for_meeting(self, name: str = "Ada Ops") -> RoomAnswer:
        """**Create Meeting**, clicked on a card."""
        return await self.ask(self.click(name, verb=CREATE_MEETING.name))

    async def ask(
        self,
        asked: AskedByClick | AskedByProgram | AskedOfChat | None = None,
        *,
        update: str | None = None,
    ) -> RoomAnswer:
        """A request whose answer the API waits for; where no run goes on, one starts."""
        message = asked or self.click()
        start: WithStartWorkflowOperation[Any, End] = WithStartWorkflowOperation(
            INCIDENT_ROOM.name, **start_options(INCIDENT_ROOM, self.start, message, task_queue=self.queue)
        )
        answer: RoomAnswer = await self.client.execute_update_with_start_workflow(
            update or _update_of(message), message, start_workflow_operation=start, result_type=RoomAnswer
        )
        self._reached((await start.workflow_handle()).result_run_id)
        return answer

    async def hand_over(self, asked: AskedByClick | AskedByProgram | AskedOfChat) -> None:
        """The same as a signal, as the API sends it where the answer is not there in time."""
        await signal_with_start(
            self.client,
            INCIDENT_ROOM,
            self.start,
            UPDATES[_update_of(asked)].goes_on_as,
            asked,
            task_queue=self.queue,
        )

    async def hears_of_bot(self, *, is_away: bool) -> bool:
        """The edge tells the run that goes on; ``False`` where none does."""
        return await signal_running(self.client, self.id, BOT_REMOVED if is_away else BOT_ADDED)

    async def hears(self, *events: IncidentEvent) -> None:
        """Webhooks arrive, in this order."""
        for event in events:
            handle = await self.client.start_workflow(
                INCIDENT_ROOM.name,
                start_signal=EVENTS[event.event_type].name,
                start_signal_args=[event],
                **start_options(INCIDENT_ROOM, self.start, event, task_queue=self.queue),
            )
            self._reached(handle.result_run_id)

    def _reached(self, run_id: str | None) -> None:
        if run_id is not None and run_id not in self.runs:
            self.runs.append(run_id)

    # What can be seen from outside

    @property
    def handle(self) -> WorkflowHandle[Any, End]:
        return self.client.get_workflow_handle_for(IncidentRoomWorkflow.run, self.id)

    async def ends(self) -> End:
        """Wait for the end of the run, and of those that it continues as."""
        return await self.handle.result()

    async def run_id(self) -> str | None:
        """Of the latest run."""
        return (await self.handle.describe()).run_id


def _update_of(asked: AskedByClick | AskedByProgram | AskedOfChat) -> str:
    """Of a message that goes with one update alone."""
    if isinstance(asked, AskedByClick):
        return asked.click.verb
    if isinstance(asked, AskedByProgram):
        return OPEN_CHAT.name
    return next(name for name, row in UPDATES.items() if row.argument is type(asked))


@asynccontextmanager
async def running(
    client: Client,
    outside: FakeActivities | None = None,
    *,
    timing: Timing = QUICK,
    policy: Policy = THEY_STAY,
    cached: int = 100,
) -> AsyncIterator[Run]:
    """A triggered incident for which nobody has asked for a chat, and a worker."""
    run = Run(client, outside or FakeActivities(), timing, policy)
    async with run.working(cached=cached):
        yield run


@asynccontextmanager
async def made(
    client: Client,
    outside: FakeActivities | None = None,
    *,
    timing: Timing = QUICK,
    policy: Policy = THEY_STAY,
) -> AsyncIterator[Run]:
    """An incident whose chat is there, with everything in it."""
    async with running(client, outside, timing=timing, policy=policy) as run:
        answer = await run.ask()
        assert answer.outcome.kind == "done"
        await run.is_idle()
        yield run
