"""Runs of workflows: step after step, and every step is kept with what it sent and its outputs."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from sandbox.clock import Clock
from sandbox.company.automation import IncidentWorkflow, WorkflowStep
from sandbox.pagerduty.directory import Directory
from sandbox.pagerduty.events import envelope, workflow_data
from sandbox.pagerduty.ids import new_id
from sandbox.pagerduty.incident_commands import IncidentCommands
from sandbox.pagerduty.model import Incident
from sandbox.pagerduty.server_sent_events import ServerSentEvents
from sandbox.pagerduty.store import Store
from sandbox.pagerduty.subscriptions import Subscriptions
from sandbox.pagerduty.webhook_delivery import WebhookDelivery
from sandbox.pagerduty.workflows import conditions
from sandbox.pagerduty.workflows.actions import CALLS, LOOP_UNTIL
from sandbox.pagerduty.workflows.calls import Calls
from sandbox.pagerduty.workflows.model import StartedBy, StepRun, WorkflowRun
from sandbox.pagerduty.workflows.references import Values, incident_fields, workflow_fields
from sandbox.pagerduty.workflows.results import failed, succeeded

_INTERRUPTED = failed("The simulator ended during this step")


class WorkflowRuns:
    """Starts runs; each has a task. After a step that fails the next ones run all the same (our choice)."""

    def __init__(
        self,
        *,
        store: Store,
        calls: Calls,
        incident_commands: IncidentCommands,
        directory: Directory,
        clock: Clock,
        subscriptions: Subscriptions,
        webhook_delivery: WebhookDelivery,
        server_sent_events: ServerSentEvents,
    ) -> None:
        self._store = store
        self._calls = calls
        self._incident_commands = incident_commands
        self._directory = directory
        self._clock = clock
        self._subscriptions = subscriptions
        self._webhook_delivery = webhook_delivery
        self._server_sent_events = server_sent_events
        self._tasks: set[asyncio.Task[None]] = set()

    def start(
        self,
        workflow: IncidentWorkflow,
        incident: Incident,
        *,
        started_by: StartedBy,
        user: str | None,
        trigger: str | None = None,
        key: str | None = None,
    ) -> WorkflowRun:
        """Start a run; ``key`` is the id that the caller wants for it, if no other run has it."""
        runs = self._store.state.workflow_runs
        run = WorkflowRun(
            id=key if key and key not in runs else new_id("P"),
            workflow=workflow.id,
            name=workflow.name,
            incident=incident.id,
            trigger=trigger,
            started_by=started_by,
            user=user,
            started_at=self._clock.now(),
        )
        self._save(run)
        self._publish("incident.workflow.started", run)
        task = asyncio.create_task(self._run(run.id, workflow))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return run

    def end_interrupted(self) -> None:
        """End the runs that the last process left behind; nobody knows whether their last step was done."""
        for run in list(self._store.state.workflow_runs.values()):
            if run.state == "running":
                now = self._clock.now()
                steps = tuple(
                    step
                    if step.ended_at
                    else step.model_copy(update={"ended_at": now, "outputs": _INTERRUPTED})
                    for step in run.steps
                )
                self._save(run.model_copy(update={"steps": steps}))
                self._end(run.id)

    async def stop(self) -> None:
        """Stop every run where it is."""
        tasks = [*self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, key: str, workflow: IncidentWorkflow) -> None:
        outputs: dict[str, Mapping[str, str]] = {}
        for step in workflow.steps:
            if step.action == LOOP_UNTIL:
                await self._loop(key, workflow, step, outputs)
            else:
                await self._step(key, workflow, step, outputs)
        self._end(key)

    async def _loop(
        self, key: str, workflow: IncidentWorkflow, loop: WorkflowStep, outputs: dict[str, Mapping[str, str]]
    ) -> None:
        """Do the steps inside, then ask the condition: at least once, and at most so many times.

        The delay is in minutes, by the account's clock. Our choice: a loop that ends otherwise has failed.
        """
        place = self._begin(key, loop, None)
        most = int(loop.inputs["Maximum loops"])
        pause = timedelta(minutes=int(loop.inputs["Delay between loops"]))
        result = failed(f"The condition was not met in {most} loops")
        for number in range(1, most + 1):
            for step in loop.steps:
                await self._step(key, workflow, step, outputs, number)
            if conditions.holds(loop.inputs["Condition"], self._values(key, workflow, outputs)):
                result = succeeded(f"The condition was met in loop {number}")
                break
            if number < most:
                await self._clock.sleep_until(self._clock.now() + pause)
        outputs[loop.name] = result
        self._finish(key, place, {"outputs": result})

    async def _step(
        self,
        key: str,
        workflow: IncidentWorkflow,
        step: WorkflowStep,
        outputs: dict[str, Mapping[str, str]],
        loop: int | None = None,
    ) -> None:
        place = self._begin(key, step, loop)
        values = self._values(key, workflow, outputs)
        inputs = {name: values.fill(text) for name, text in step.inputs.items()}
        done = await self._calls.run(CALLS[step.action], inputs, self._run_of(key).incident)
        outputs[step.name] = done.outputs
        self._finish(key, place, {"outputs": done.outputs, "request": done.request})

    def _values(
        self, key: str, workflow: IncidentWorkflow, outputs: Mapping[str, Mapping[str, str]]
    ) -> Values:
        """The incident as it is now, which a loop can wait for."""
        incident = self._incident_commands.get(self._run_of(key).incident)
        fields = incident_fields(incident, self._directory)
        return Values(fields | workflow_fields(workflow, self._clock.now()), outputs)

    def _begin(self, key: str, step: WorkflowStep, loop: int | None) -> int:
        """Keep that the step began; its place among the run's steps."""
        run = self._run_of(key)
        begun = StepRun(name=step.name, action=step.action, loop=loop, started_at=self._clock.now())
        self._save(run.model_copy(update={"steps": (*run.steps, begun)}))
        return len(run.steps)

    def _finish(self, key: str, place: int, update: dict[str, object]) -> None:
        run = self._run_of(key)
        steps = [*run.steps]
        steps[place] = steps[place].model_copy(update={"ended_at": self._clock.now(), **update})
        self._save(run.model_copy(update={"steps": tuple(steps)}))

    def _end(self, key: str) -> None:
        run = self._run_of(key).model_copy(update={"ended_at": self._clock.now()})
        self._save(run)
        self._publish("incident.workflow.completed", run)

    def _publish(self, event_type: str, run: WorkflowRun) -> None:
        incident = self._incident_commands.get(run.incident)
        teams = self._directory.services[incident.service].teams
        at = self._clock.tick()
        agent = None if run.user is None else self._directory.agent(run.user)
        for subscription in self._subscriptions.interested(event_type, incident.service, teams):
            data = workflow_data(run, incident, self._directory)
            event = envelope(event_type, data, at=at, agent=agent)
            self._webhook_delivery.publish(subscription, event, incident.id)

    def _run_of(self, key: str) -> WorkflowRun:
        return self._store.state.workflow_runs[key]

    def _save(self, run: WorkflowRun) -> None:
        self._store.state.workflow_runs[run.id] = run
        self._store.changed()
        self._server_sent_events.changed()
