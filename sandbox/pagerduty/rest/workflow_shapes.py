"""The JSON shapes of incident workflows, their triggers and their instances."""

from collections.abc import Collection

from sandbox.company.automation import IncidentWorkflow, TriggerType, WorkflowStep, WorkflowTrigger
from sandbox.pagerduty.directory import JSON, Directory
from sandbox.pagerduty.model import Incident
from sandbox.pagerduty.workflows.actions import ACTIONS
from sandbox.pagerduty.workflows.model import WorkflowRun

_CREATED_AT = "2026-01-05T09:00:00Z"
_TYPE_NAMES: dict[TriggerType, str] = {
    "manual": "Manual Trigger",
    "conditional": "Conditional Trigger",
    "incident_type": "Incident Type Trigger",
}


def workflow(
    directory: Directory, shown: IncidentWorkflow, include: Collection[str], *, is_enabled: bool
) -> JSON:
    """A workflow; its steps if ``include`` has ``steps``. No workflow here is edited by a team."""
    answer = {
        **directory.workflow_reference(shown.id, shown.name),
        "type": "incident_workflow",
        "name": shown.name,
        "description": shown.description,
        "created_at": _CREATED_AT,
        "is_enabled": is_enabled,
    }
    if "steps" in include:
        answer["steps"] = [_step(step, f"{shown.id}S{place}") for place, step in enumerate(shown.steps)]
    return answer


def trigger(directory: Directory, of: IncidentWorkflow, shown: WorkflowTrigger, *, is_enabled: bool) -> JSON:
    """A trigger with its workflow and its services."""
    place = directory.api_url("incident_workflows", "triggers", shown.id)
    answer = {
        "id": shown.id,
        "type": "workflow_trigger",
        "trigger_type": shown.type,
        "trigger_type_name": _TYPE_NAMES[shown.type],
        "trigger_url": f"{place}/start",
        "self": place,
        "workflow": {
            **directory.workflow_reference(of.id, of.name),
            "type": "workflow_reference",
            "name": of.name,
        },
        "services": [directory.reference("service", key) | {"type": "service"} for key in shown.services],
        "is_subscribed_to_all_services": not shown.services,
        "is_disabled": not is_enabled,
    }
    match shown.type:
        case "manual":
            team = {} if shown.team is None else {"team_id": shown.team}
            return answer | {"permissions": {"restricted": shown.team is not None, **team}}
        case "conditional":
            return answer if shown.condition is None else answer | {"condition": shown.condition}
        case "incident_type":
            return answer | {"incident_types": list(shown.incident_types)}


def instance(directory: Directory, run: WorkflowRun, incident: Incident) -> JSON:
    """A run."""
    return {
        "id": run.id,
        "type": "incident_workflow_instance",
        "incident": directory.incident_reference(incident.id, incident.summary),
    }


def _step(step: WorkflowStep, key: str) -> JSON:
    action = ACTIONS[step.action]
    configuration: JSON = {
        "action_id": step.action,
        "description": action.name,
        "inputs": [
            {"name": name, "parameter_type": "text", "value": value} for name, value in step.inputs.items()
        ],
        "outputs": [
            {"name": name, "reference_name": name.lower().replace(" ", "-"), "parameter_type": "text"}
            for name in action.outputs
        ],
    }
    if step.steps:
        inside = [_step(one, f"{key}S{place}") for place, one in enumerate(step.steps)]
        configuration["inline_steps_inputs"] = [{"name": "Actions", "value": {"steps": inside}}]
    return {
        "id": key,
        "type": "step",
        "name": step.name,
        "description": action.name,
        "action_configuration": configuration,
    }
