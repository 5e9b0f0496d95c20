"""The account's connections, workflows and custom incident actions: the ready ones, and those made since."""

from collections import Counter

from sandbox.company import Company
from sandbox.company.automation import (
    Automation,
    CustomAction,
    IncidentWorkflow,
    TriggerType,
    WebApiConnection,
    WorkflowStep,
)
from sandbox.pagerduty import errors
from sandbox.pagerduty.incident_types import INCIDENT_TYPES
from sandbox.pagerduty.server_sent_events import ServerSentEvents
from sandbox.pagerduty.store import Store
from sandbox.pagerduty.workflows import conditions
from sandbox.pagerduty.workflows.actions import ACTIONS, LOOP_UNTIL

_MOST_ACTIONS = 3
"""Custom incident actions of one service (*Custom Incident Actions*)."""
_MOST_INCIDENT_TYPE = 5
_MOST_OF_A_SERVICE, _MOST_OF_ALL_SERVICES = 10, 5
"""Enabled workflows with a conditional trigger (*Incident Workflows*, as the limit before them)."""


class Library:
    """Look-ups by id, and what adds to them."""

    def __init__(
        self, company: Company, ready: Automation, store: Store, server_sent_events: ServerSentEvents
    ) -> None:
        self._company = company
        self._ready = ready
        self._store = store
        self._server_sent_events = server_sent_events

    @property
    def connections(self) -> dict[str, WebApiConnection]:
        """Every connection."""
        return {one.id: one for one in self._ready.connections} | self._store.state.web_api_connections

    @property
    def workflows(self) -> dict[str, IncidentWorkflow]:
        """Every workflow."""
        return {one.id: one for one in self._ready.workflows} | self._store.state.incident_workflows

    @property
    def custom_actions(self) -> dict[str, CustomAction]:
        """Every custom incident action."""
        return {one.id: one for one in self._ready.custom_actions} | self._store.state.custom_actions

    def workflow(self, key: str) -> IncidentWorkflow:
        """The workflow with this id; raises error 2100."""
        found = self.workflows.get(key)
        if found is None:
            raise errors.not_found()
        return found

    def is_enabled(self, workflow: str) -> bool:
        """Whether it runs, and is offered on incidents."""
        return workflow not in self._store.state.disabled_workflows

    def enable(self, workflow: str, *, enabled: bool) -> None:
        """Enable or disable a workflow; raises error 2100."""
        disabled = self._store.state.disabled_workflows - {self.workflow(workflow).id}
        self._store.state.disabled_workflows = disabled if enabled else disabled | {workflow}
        self._changed()

    def add_connection(self, connection: WebApiConnection) -> None:
        """Add a connection."""
        self._store.state.web_api_connections[connection.id] = connection
        self._changed()

    def add_workflow(self, workflow: IncidentWorkflow) -> None:
        """Publish a workflow; raises error 2001 for what could not run, 2019 for too many triggers."""
        for trigger in workflow.triggers:
            self._check_condition(trigger.condition)
            unknown = set(trigger.incident_types) - set(INCIDENT_TYPES)
            unknown |= set(trigger.services) - {service.id for service in self._company.services}
            if unknown:
                raise errors.invalid_input(f"There is no {', '.join(sorted(unknown))}")
        for step in workflow.steps:
            self._check_step(step)
            for inside in step.steps:
                self._check_step(inside)
                if inside.action == LOOP_UNTIL:
                    raise errors.invalid_input("A loop has no loop inside it")
        self._check_limits(workflow)
        self._store.state.incident_workflows[workflow.id] = workflow
        self._changed()

    def add_custom_action(self, action: CustomAction) -> None:
        """Add a custom incident action; raises error 2019 where the service has three."""
        if sum(one.service == action.service for one in self.custom_actions.values()) >= _MOST_ACTIONS:
            raise errors.limit_reached(f"A service can have at most {_MOST_ACTIONS} custom incident actions")
        self._store.state.custom_actions[action.id] = action
        self._changed()

    def _check_step(self, step: WorkflowStep) -> None:
        action = ACTIONS.get(step.action)
        if action is None:
            raise errors.invalid_input(f"There is no action {step.action!r}")
        unknown = set(step.inputs) - set(action.inputs)
        if unknown:
            raise errors.invalid_input(f"{action.name} has no input {', '.join(sorted(unknown))}")
        is_loop = step.action == LOOP_UNTIL
        if is_loop != bool(step.steps):
            raise errors.invalid_input("A loop, and nothing else, has steps inside it")
        connection = step.inputs.get("Authentication Headers")
        if connection and connection not in self.connections:
            raise errors.invalid_input(f"There is no connection {connection!r}")
        if is_loop:
            self._check_condition(step.inputs.get("Condition", ""))
            for name in ("Delay between loops", "Maximum loops"):
                if not step.inputs.get(name, "").isdecimal():
                    raise errors.invalid_input(f"{name} is a whole number")

    def _check_condition(self, condition: str | None) -> None:
        try:
            if condition is not None:
                conditions.check(condition)
        except conditions.ConditionError as error:
            raise errors.invalid_input(str(error)) from None

    def _check_limits(self, added: IncidentWorkflow) -> None:
        workflows = [one for one in self.workflows.values() if one.id != added.id and self.is_enabled(one.id)]
        workflows.append(added)
        if sum(_has(one, "incident_type") for one in workflows) > _MOST_INCIDENT_TYPE:
            raise errors.limit_reached(f"At most {_MOST_INCIDENT_TYPE} workflows start by incident type")
        conditional = [
            trigger for one in workflows for trigger in one.triggers if trigger.type == "conditional"
        ]
        of_all = sum(not trigger.services for trigger in conditional)
        by_service = Counter(service for trigger in conditional for service in trigger.services)
        if of_all > _MOST_OF_ALL_SERVICES or any(n > _MOST_OF_A_SERVICE for n in by_service.values()):
            raise errors.limit_reached("Too many workflows start on a condition")

    def _changed(self) -> None:
        self._store.changed()
        self._server_sent_events.changed()


def _has(workflow: IncidentWorkflow, kind: TriggerType) -> bool:
    return any(trigger.type == kind for trigger in workflow.triggers)
