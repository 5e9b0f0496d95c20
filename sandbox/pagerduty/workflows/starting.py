"""What starts a workflow: a change of an incident, a person, or the REST API."""

from collections.abc import Iterator

from sandbox.company.automation import IncidentWorkflow, WorkflowTrigger
from sandbox.pagerduty import errors
from sandbox.pagerduty.directory import Directory
from sandbox.pagerduty.model import Incident
from sandbox.pagerduty.workflows import conditions
from sandbox.pagerduty.workflows.library import Library
from sandbox.pagerduty.workflows.model import WorkflowRun
from sandbox.pagerduty.workflows.references import Values, incident_fields
from sandbox.pagerduty.workflows.runs import WorkflowRuns

_MAY_USE_THE_API = frozenset({"owner", "admin", "user"})
"""Base roles; ``user`` is Manager (*Incident Workflows*, API Triggers)."""


class WorkflowStarts:
    """Decides which workflows start. A disabled one does not, in whatever way."""

    def __init__(self, library: Library, workflow_runs: WorkflowRuns, directory: Directory) -> None:
        self._library = library
        self._workflow_runs = workflow_runs
        self._directory = directory

    def incident_changed(self, before: Incident | None, after: Incident) -> None:
        """Start what this change, or the creation, starts by itself, as the incident's first assignee."""
        for workflow, trigger in self._enabled():
            if self._is_started(trigger, before, after):
                self._workflow_runs.start(
                    workflow,
                    after,
                    started_by=trigger.type,
                    trigger=trigger.id,
                    user=next(iter(after.assignees), None),
                )

    def offered(self, incident: Incident, user: str | None) -> dict[str, WorkflowTrigger]:
        """The manual triggers by which this user can run something on the incident, by workflow.

        The account itself (None) sees all of them.
        """
        return {
            workflow.id: trigger
            for workflow, trigger in self._enabled()
            if trigger.type == "manual" and _applies(trigger, incident) and self._may_start(trigger, user)
        }

    def start_by_hand(self, workflow: str, incident: Incident, user: str) -> WorkflowRun:
        """Run a workflow as this user; raises error 2100 if it is not offered."""
        trigger = self.offered(incident, user).get(workflow)
        if trigger is None:
            raise errors.not_found()
        found = self._library.workflow(workflow)
        return self._workflow_runs.start(found, incident, started_by="manual", trigger=trigger.id, user=user)

    def start_by_api(
        self, workflow: str, incident: Incident, user: str | None, key: str | None = None
    ) -> WorkflowRun:
        """Run a workflow, whatever triggers it has; raises error 2010 for a user who may not."""
        found = self._library.workflow(workflow)
        if not self._library.is_enabled(workflow):
            raise errors.not_found()
        if user is not None and not self._may_use_the_api(user, incident):
            raise errors.access_denied("Managers, admins, the owner and responders start workflows")
        return self._workflow_runs.start(found, incident, started_by="api", user=user, key=key)

    def _enabled(self) -> Iterator[tuple[IncidentWorkflow, WorkflowTrigger]]:
        for workflow in self._library.workflows.values():
            if self._library.is_enabled(workflow.id):
                for trigger in workflow.triggers:
                    yield workflow, trigger

    def _is_started(self, trigger: WorkflowTrigger, before: Incident | None, after: Incident) -> bool:
        match trigger.type:
            case "manual":
                return False
            case "incident_type":
                has_changed = before is None or before.incident_type != after.incident_type
                return has_changed and after.incident_type in trigger.incident_types
            case "conditional":
                return _applies(trigger, after) and self._becomes_true(trigger, before, after)

    def _becomes_true(self, trigger: WorkflowTrigger, before: Incident | None, after: Incident) -> bool:
        """At the creation, or from false to true (*Incident Workflows*, Workflow Trigger Description)."""
        if trigger.condition is None:
            return before is None
        was_true = before is not None and self._holds(trigger.condition, before)
        return not was_true and self._holds(trigger.condition, after)

    def _holds(self, condition: str, incident: Incident) -> bool:
        return conditions.holds(condition, Values(incident_fields(incident, self._directory), {}))

    def _may_start(self, trigger: WorkflowTrigger, user: str | None) -> bool:
        if trigger.team is None or user is None:
            return True
        return self._directory.team_memberships.role(trigger.team, user) is not None

    def _may_use_the_api(self, user: str, incident: Incident) -> bool:
        asked = {responder.user for responder in incident.responders}
        return self._directory.role(user) in _MAY_USE_THE_API or user in asked


def _applies(trigger: WorkflowTrigger, incident: Incident) -> bool:
    return not trigger.services or incident.service in trigger.services
