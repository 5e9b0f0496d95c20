"""One incident in one channel on the real server: its workflow as the edge and operators talk to it."""

import re
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from temporalio.api.enums.v1 import WorkflowExecutionStatus
from temporalio.client import Client, WithStartWorkflowOperation, WorkflowExecutionDescription, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from tests.support.life import Life
from tests.support.waiting import eventually
from tests.workflows.channel_incident.outside import FakeActivities
from tests.workflows.observed import Observed
from tests.workflows.working import working
from workflows.channel_incident.messages import ClickAnswer, Conversation, End, Start, Timing
from workflows.channel_incident.workflow import ChannelIncidentWorkflow
from workflows.channel_incident.workflow_type import CHANNEL_INCIDENT, CLICK
from workflows.following import Following
from workflows.ids import ChannelIncidentId, click_key
from workflows.incident.events import IncidentEvent
from workflows.presets import ChosenPreset
from workflows.room import Room
from workflows.search_attributes import typed
from workflows.verbs.click import Click, Clicker
from workflows.verbs.verb import VerbName

QUICK = Timing(edit_interval=0.05, grace=0.2, late_edit=0.5)
CONVERSATION = Conversation(tenant="tenant", id="19:ops@thread.tacv2", label="Payments/#ops")
CHANNEL = "payments-ops"
NO_CACHE = 0


class Run(Observed):
    """The workflow of one incident in one channel, whatever run of it is going on.

    ``stored`` is what every message carries: whether the card's row has had an intent, and ``read_before``
    who followed the incident when its sender read the row, where that has changed since; ``offers_chat`` and
    ``room`` what the card may offer and what its sender knows of the incident's chat. ``runs`` are the ids of
    the runs that messages started or reached, in order.
    """

    def __init__(
        self,
        client: Client,
        outside: FakeActivities,
        timing: Timing = QUICK,
        *,
        queue: str | None = None,
        preset: ChosenPreset | None = None,
    ) -> None:
        self.client = client
        self.outside = outside
        self.timing = timing
        self.stored = False
        self.read_before: Following | None = None
        self.preset = preset or ChosenPreset()
        self.offers_chat = False
        self.room: Room | None = None
        self.conversation = CONVERSATION
        self.runs: list[str] = []
        self.queue = queue or f"q-{uuid.uuid4().hex[:8]}"
        self.id = str(ChannelIncidentId("acme", outside.life.incident_id, CHANNEL))

    @property
    def life(self) -> Life:
        return self.outside.life

    @asynccontextmanager
    async def working(self, *, cached: int = 100) -> AsyncIterator[None]:
        """A worker with the fake activities; ``cached=NO_CACHE`` replays the run at every step."""
        async with working(
            self.client,
            self.queue,
            ChannelIncidentWorkflow,
            self.outside.activities(),
            cached=cached,
            max_concurrent_workflow_tasks=100,
        ):
            yield

    # Messages, as the edge sends them

    async def hears(self, *events: IncidentEvent) -> None:
        """Webhooks arrive, in this order."""
        for event in events:
            await self.signal(event.event_type, event)

    async def hands_over(self, click: Click) -> None:
        """A press whose answer the API could not wait for."""
        await self.signal(CLICK.name, click)

    async def signal(self, name: str, argument: Any) -> None:
        handle = await self.client.start_workflow(
            ChannelIncidentWorkflow.run,
            self._start(),
            start_signal=name,
            start_signal_args=[argument],
            **self._options(argument),
        )
        self._reached(handle.result_run_id)

    async def ask(self, click: Click, *, update_id: str | None = None) -> ClickAnswer:
        """A press whose answer the API waits for, under the click's key as the update's id."""
        start: WithStartWorkflowOperation[Any, End] = WithStartWorkflowOperation(
            ChannelIncidentWorkflow.run, self._start(), **self._options(click)
        )
        answer: ClickAnswer = await self.client.execute_update_with_start_workflow(
            click.verb,
            click,
            start_workflow_operation=start,
            id=update_id or click.key,
            result_type=ClickAnswer,
        )
        self._reached((await start.workflow_handle()).result_run_id)
        return answer

    def click(
        self,
        verb: VerbName = "acknowledge",
        *,
        name: str = "Ada Ops",
        link: int | None = 1,
        received_at: datetime | None = None,
        nonce: str | None = None,
    ) -> Click:
        """A press of a button on the card as it was shown last, or as an answer with this nonce showed it."""
        message = self.outside.activity_id or "none"
        nonce = nonce or self.outside.shown[-1].identity.nonce
        return Click(
            key=click_key(person=name, message=message, verb=verb, nonce=nonce, link=link),
            verb=verb,
            person=Clicker(aad_object_id=name, teams_id=f"29:{name}", name=name, link=link),
            message=message,
            received_at=received_at or datetime.now(UTC),
            correlation="f:1",
        )

    def _reached(self, run_id: str | None) -> None:
        if run_id is not None and run_id not in self.runs:
            self.runs.append(run_id)

    def _start(self) -> Start:
        return Start(
            account="acme",
            incident_id=self.life.incident_id,
            conversation=self.conversation,
            conversation_key=CHANNEL,
            timing=self.timing,
            preset=self.preset,
            following=self.read_before or self.outside.following,
            stored=self.stored,
            offers_chat=self.offers_chat,
            room=self.room,
        )

    def _options(self, message: Any) -> dict[str, Any]:
        opening = CHANNEL_INCIDENT.listing(self._start(), message)
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
        """Of the latest run."""
        return self.client.get_workflow_handle_for(ChannelIncidentWorkflow.run, self.id)

    async def ends(self) -> End:
        """Wait for the end of the run, and of those that it continues as."""
        return await self.handle.result()

    async def is_stored(self) -> None:
        """The run has ended; from here on every message knows that there is a row, and what it holds."""
        await self.ends()
        self.outside.store()
        self.stored = True

    async def describe(self) -> WorkflowExecutionDescription:
        return await self.handle.describe()

    async def until(self, true: Callable[[], Awaitable[bool]]) -> None:
        """Wait for what only the server can tell."""
        await eventually(true)

    async def is_idle(self) -> None:
        """Wait until the card shows what is wanted and nothing is in flight."""
        await eventually(self._has_nothing_pending)

    async def _has_nothing_pending(self) -> bool:
        revisions = re.search(r"rev (\d+) shown of rev (\d+)", await self.details())
        raw = (await self.describe()).raw_description
        running = WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING
        assert raw.workflow_execution_info.status == running, "the run has ended"
        in_flight = raw.pending_activities or raw.HasField("pending_workflow_task")
        return revisions is not None and revisions[1] == revisions[2] and not in_flight


@asynccontextmanager
async def running(
    client: Client,
    outside: FakeActivities | None = None,
    *,
    timing: Timing = QUICK,
    cached: int = 100,
    preset: ChosenPreset | None = None,
) -> AsyncIterator[Run]:
    """An incident about which nothing has been heard, and a worker."""
    run = Run(client, outside or FakeActivities(), timing, preset=preset)
    async with run.working(cached=cached):
        yield run


@asynccontextmanager
async def shown(
    client: Client,
    outside: FakeActivities | None = None,
    *,
    timing: Timing = QUICK,
    preset: ChosenPreset | None = None,
) -> AsyncIterator[Run]:
    """A triggered incident whose card is there and whose details are read."""
    async with running(client, outside, timing=timing, preset=preset) as run:
        await run.hears(run.life.triggers())
        await run.outside.until(lambda: bool(run.outside.reads))
        await run.is_idle()
        yield run
