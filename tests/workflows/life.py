"""Words for telling an incident's life in tests, and the fake activities that workflows call."""

import asyncio
import itertools
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio import activity
from temporalio.client import Client, WithStartWorkflowOperation, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from worker import workflow_runner
from workflows import contract
from workflows.channel_incident import ChannelIncidentWorkflow
from workflows.ids import ChannelIncidentId, click_key
from workflows.messages import (
    CardKey,
    ChangeStatus,
    Click,
    ClickAnswer,
    Clicker,
    Conversation,
    Details,
    Facts,
    Outcome,
    ReadDetails,
    RecordClick,
    RecordedOutcome,
    Remembered,
    Replied,
    Reply,
    ShowCard,
    Shown,
    StatusChanged,
    TellPerson,
)
from workflows.model.incident import Acknowledgement, Reference, Snapshot, Stamp, Status, Word
from workflows.model.reduce import end_of_second
from workflows.model.state import End, Start, Timing
from workflows.model.verbs import VERBS

ADA = Reference(id="PUSER01", name="Ada Ops")
BO = Reference(id="PUSER02", name="Bo Call")
QUICK = Timing(edit_interval=0.05, grace=0.2, late_edit=0.5)
CONVERSATION = Conversation(
    tenant="tenant", id="19:ops@thread.tacv2", service_url="http://127.0.0.1:1/teams/", label="Payments/#ops"
)


class Life:
    """Facts of one incident, a second apart, under growing event ids."""

    def __init__(self, incident_id: str | None = None, *, began: datetime | None = None) -> None:
        self.incident_id = incident_id or f"Q{uuid.uuid4().hex[:12].upper()}"
        self.now = (began or datetime.now(UTC)).replace(microsecond=123_000)
        self.created = self.now
        self.status: Status = "triggered"
        self.status_at = self.now
        self.status_by: Reference | None = ADA
        self._number = itertools.count(1)

    def snapshot(self, status: Status, **more: Any) -> Snapshot:
        given = {
            "number": 42,
            "title": "Checkout latency",
            "status": status,
            "urgency": "high",
            "service": Reference(id="PSVC001", name="Checkout"),
            "assignees": (BO,),
            "assignee_count": 1,
            "created_at": self.created.replace(microsecond=0),
            **more,
        }
        return Snapshot(**given)

    def event(self, event_type: str, *, agent: Reference | None = ADA, **parts: Any) -> Facts:
        self.now += timedelta(seconds=1)
        number = next(self._number)
        return Facts(
            event_id=f"01E{number:08}",
            event_type=event_type,
            occurred_at=self.now,
            account="acme",
            incident_id=self.incident_id,
            agent=agent,
            **parts,
        )

    def becomes(self, event: str, status: Status, *, agent: Reference | None = ADA, **more: Any) -> Facts:
        facts = self.event(f"incident.{event}", agent=agent, snapshot=self.snapshot(status, **more))
        if status != self.status:
            self.status, self.status_at, self.status_by = status, facts.occurred_at, agent
        return facts

    def noted(self, text: str) -> Facts:
        return self.event(
            "incident.annotated", note=Word(id=f"N{text}", text=text, author="Ada Ops", at=self.now)
        )

    def set_status(self, status: Status, *, by: Reference = ADA) -> None:
        """PagerDuty's own state changes; the event is yet to come."""
        self.now += timedelta(seconds=1)
        self.status, self.status_at, self.status_by = status, self.now, by

    def details(self, *, read_for: Stamp | None = None) -> Details:
        """What REST would tell at this moment."""
        second = self.status_at.replace(microsecond=0)
        acknowledged = self.status == "acknowledged" and self.status_by is not None
        return Details(
            snapshot=self.snapshot(self.status),
            status_changed_at=second,
            status_changed_by=self.status_by,
            acknowledgements=(Acknowledgement(person=self.status_by, at=second),) if acknowledged else (),
            read_for=read_for or Stamp(at=end_of_second(self.status_at)),
        )


class World:
    """The outside world as the activities meet it: what they were asked, and how they answer.

    A test replaces an answer by assigning a function to the activity's name in ``answers``.
    """

    def __init__(self, life: Life) -> None:
        self.life = life
        self.shown: list[ShowCard] = []
        self.replies: list[Reply] = []
        self.told: list[TellPerson] = []
        self.changes: list[ChangeStatus] = []
        self.reads: list[ReadDetails] = []
        self.recorded: list[RecordClick] = []
        self.remembered = Remembered()
        self.answers: dict[str, Callable[[Any], Awaitable[Any]]] = {}
        self.changed = asyncio.Event()

    async def _answer(self, name: str, argument: Any, default: Callable[[Any], Any]) -> Any:
        self.changed.set()
        if name in self.answers:
            return await self.answers[name](argument)
        return default(argument)

    @activity.defn(name=contract.SHOW_CARD.name)
    async def show_card(self, request: ShowCard) -> Shown:
        self.shown.append(request)
        answer: Shown = await self._answer(
            "show_card", request, lambda r: Shown(activity_id=r.activity_id or "1700000000001", orphans=0)
        )
        return answer

    @activity.defn(name=contract.REPLY.name)
    async def reply(self, request: Reply) -> Replied:
        self.replies.append(request)
        answer: Replied = await self._answer("reply", request, lambda _: Replied(said=True))
        return answer

    @activity.defn(name=contract.TELL_PERSON.name)
    async def tell_person(self, request: TellPerson) -> contract.Done:
        self.told.append(request)
        return contract.Done()

    @activity.defn(name=contract.CHANGE_STATUS.name)
    async def change_status(self, request: ChangeStatus) -> StatusChanged:
        self.changes.append(request)
        answer: StatusChanged = await self._answer("change_status", request, self._do)
        return answer

    def _do(self, request: ChangeStatus) -> StatusChanged:
        by = Reference(id=request.click.person.aad_object_id, name=request.click.person.name)
        self.life.set_status(VERBS[request.click.verb].target, by=by)
        return StatusChanged(outcome=Outcome(kind="done", text="Done."), details=self.life.details())

    @activity.defn(name=contract.READ_DETAILS.name)
    async def read_details(self, request: ReadDetails) -> Details:
        self.reads.append(request)
        answer: Details = await self._answer(
            "read_details", request, lambda r: self.life.details(read_for=r.wanted)
        )
        return answer

    @activity.defn(name=contract.RECALL_INCIDENT.name)
    async def recall_incident(self, request: ReadDetails) -> Details:
        answer: Details = await self._answer(
            "recall_incident", request, lambda r: self.life.details(read_for=r.wanted)
        )
        return answer

    @activity.defn(name=contract.RECALL_CARD.name)
    async def recall_card(self, card: CardKey) -> Remembered:
        return self.remembered

    @activity.defn(name=contract.RECORD_CLICK.name)
    async def record_click(self, request: RecordClick) -> contract.Done:
        self.recorded.append(request)
        return contract.Done()

    def remember(self, **more: Any) -> None:
        """What the row of this card would hold after what was shown and said so far."""
        last = self.shown[-1]
        given = {
            "activity_id": "1700000000001",
            "marker": last.stamped.marker,
            "revision": last.view.revision,
            "nonce": last.stamped.nonce,
            "content": last.content,
            "view": last.view,
            "notified": tuple(f"{r.transition}@{r.at.isoformat()}" for r in self.replies),
            "clicks": tuple(RecordedOutcome(key=r.click.key, outcome=r.outcome) for r in self.recorded),
            **more,
        }
        self.remembered = Remembered(**given)

    async def until(self, condition: Callable[[], bool], *, within: float = 15) -> None:
        """Wait until an activity has made the condition true."""
        async with asyncio.timeout(within):
            while not condition():
                self.changed.clear()
                if condition():
                    return
                await self.changed.wait()


class Run:
    """One incident in one channel: its workflow, as tests talk to it."""

    def __init__(self, client: Client, queue: str, world: World, timing: Timing) -> None:
        self.client = client
        self.queue = queue
        self.world = world
        self.timing = timing
        self.remembered = False
        self.id = str(ChannelIncidentId("acme", world.life.incident_id, "payments-ops"))

    def start(self) -> Start:
        return Start(
            account="acme",
            incident_id=self.world.life.incident_id,
            conversation=CONVERSATION,
            timing=self.timing,
            remembered=self.remembered,
        )

    async def signal(self, facts: Facts) -> WorkflowHandle[Any, End]:
        return await self._signal_with_start(facts.event_type, facts)

    async def hand_over(self, click: Click) -> WorkflowHandle[Any, End]:
        return await self._signal_with_start("click", click)

    async def _signal_with_start(self, name: str, argument: Any) -> WorkflowHandle[Any, End]:
        return await self.client.start_workflow(
            ChannelIncidentWorkflow.run,
            self.start(),
            id=self.id,
            task_queue=self.queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            start_signal=name,
            start_signal_args=[argument],
        )

    async def press(self, click: Click) -> ClickAnswer:
        return await self.client.execute_update_with_start_workflow(
            click.verb,
            click,
            start_workflow_operation=WithStartWorkflowOperation(
                ChannelIncidentWorkflow.run,
                self.start(),
                id=self.id,
                task_queue=self.queue,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            ),
            id=click.key,
            result_type=ClickAnswer,
        )

    async def result(self) -> End:
        return await self.client.get_workflow_handle_for(ChannelIncidentWorkflow.run, self.id).result()


def click(
    verb: str = "acknowledge",
    *,
    name: str = "Ada Ops",
    nonce: str = "nonce",
    link: int | None = 1,
    received_at: datetime | None = None,
) -> Click:
    person = f"aad-{name}"
    return Click(
        key=click_key(person=person, message="1700000000001", verb=verb, nonce=nonce, link=link),
        verb=verb,
        person=Clicker(aad_object_id=person, teams_id=f"29:{name}", name=name, link=link),
        message="1700000000001",
        received_at=received_at or datetime.now(UTC),
        correlation="f:1",
    )


def refuse(kind: str, *, retry_after: float | None = None) -> Callable[[Any], Awaitable[Any]]:
    """An answer that fails with a typed error, as the real activities do."""

    async def fail(_argument: Any) -> Any:
        raise ApplicationError(
            kind,
            None,
            retry_after,
            type=kind,
            non_retryable=True,
            next_retry_delay=timedelta(seconds=retry_after) if retry_after else None,
        )

    return fail


@asynccontextmanager
async def running(client: Client, world: World, *, timing: Timing = QUICK) -> AsyncIterator[Run]:
    """A worker with the fake activities, and the one incident of ``world`` on it."""
    queue = f"q-{uuid.uuid4().hex[:8]}"
    async with Worker(
        client,
        task_queue=queue,
        workflows=[ChannelIncidentWorkflow],
        activities=[
            world.show_card,
            world.reply,
            world.tell_person,
            world.change_status,
            world.read_details,
            world.recall_incident,
            world.recall_card,
            world.record_click,
        ],
        workflow_runner=workflow_runner(),
    ):
        yield Run(client, queue, world, timing)
