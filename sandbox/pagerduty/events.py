"""The bodies of webhooks v3: an envelope, and ``data`` in the shape of the event type."""

import json
import re
from datetime import datetime
from typing import Any

from sandbox.pagerduty.custom_fields import field_value
from sandbox.pagerduty.directory import JSON, Directory
from sandbox.pagerduty.ids import new_event_id
from sandbox.pagerduty.incident_change import CustomFieldChange, Step, Subject
from sandbox.pagerduty.model import ConferenceBridge, Incident, Note, Responder, StatusUpdate
from sandbox.pagerduty.times import in_milliseconds, in_seconds
from sandbox.pagerduty.workflows.model import WorkflowRun

EVENT_TYPES = (
    "incident.triggered",
    "incident.acknowledged",
    "incident.unacknowledged",
    "incident.resolved",
    "incident.reopened",
    "incident.escalated",
    "incident.delegated",
    "incident.reassigned",
    "incident.priority_updated",
    "incident.service_updated",
    "incident.incident_type.changed",
    "incident.annotated",
    "incident.status_update_published",
    "incident.responder.added",
    "incident.responder.replied",
    "incident.conference_bridge.updated",
    "incident.custom_field_values.updated",
    "incident.role.assigned",
    "incident.task.created",
    "incident.task.updated",
    "incident.task.completed",
    "incident.action_invocation.created",
    "incident.action_invocation.updated",
    "incident.action_invocation.terminated",
    "incident.workflow.started",
    "incident.workflow.completed",
    "service.created",
    "service.updated",
    "service.deleted",
    "service.custom_field_values.updated",
    "pagey.ping",
)
"""The event types that a subscription can ask for."""

_TRIM = 20_000
"""Characters of a text that a webhook carries, so that a webhook stays below 55 KB."""

_SCOPES = {"incident": "incidents.read", "service": "services.read", "pagey": None}


def scope_of(event_type: str) -> str | None:
    """The scope that a token needs to subscribe to this event type, as PagerDuty's webhook pages say."""
    if event_type.startswith("incident.workflow."):
        return "incident_workflows.read"
    return _SCOPES[event_type.split(".", 1)[0]]


_SURROGATE = re.compile("[\ud800-\udfff]")


def envelope(event_type: str, data: JSON, *, at: datetime, agent: JSON | None) -> JSON:
    """The event of a webhook, with a new id."""
    return {
        "id": new_event_id(at),
        "event_type": event_type,
        "resource_type": event_type.split(".", 1)[0],
        "occurred_at": in_milliseconds(at),
        "agent": agent,
        "client": None,
        "data": data,
    }


def encode(event: JSON) -> str:
    """The body of the webhook, as it is signed and sent. A lone surrogate is escaped: UTF-8 has none."""
    text = json.dumps({"event": event}, ensure_ascii=False, separators=(",", ":"))
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def ping_data() -> JSON:
    """The ``data`` of a test event."""
    return {"message": "This is a test event.", "type": "ping"}


def step_data(step: Step, directory: Directory) -> JSON:
    """The ``data`` of a step's event: the incident itself, or the note, responder and so on."""
    if step.subject is None:
        return incident_data(step.incident, directory)
    return _subject(step.subject, step.incident, directory) | {
        "incident": directory.incident_reference(step.incident.id, step.incident.title)
    }


def service_data(service: str, directory: Directory) -> JSON:
    """The ``data`` of a service's event."""
    return {
        "id": service,
        "type": "service",
        "summary": directory.name("service", service),
        "self": directory.api_url("services", service),
        "html_url": directory.console_url("service", service),
        "alert_creation": "create_alerts_and_incidents",
        "teams": [directory.reference("team", team) for team in directory.teams_of_service(service)],
    }


def workflow_data(run: WorkflowRun, incident: Incident, directory: Directory) -> JSON:
    """The ``data`` of a workflow's event. That a run of the API has no trigger is our choice."""
    trigger = run.trigger and {
        "id": run.trigger,
        "type": "workflow_trigger_reference",
        "summary": run.name,
        "self": directory.api_url("incident_workflows", "triggers", run.trigger),
        "html_url": None,
    }
    return {
        "id": run.id,
        "type": "incident_workflow_instance",
        "summary": run.name,
        "incident_workflow": directory.workflow_reference(run.workflow, run.name),
        "workflow_trigger": trigger,
        "incident": directory.incident_reference(incident.id, incident.title),
        "service": directory.reference("service", incident.service),
    }


def resolve_reason(incident: Incident, directory: Directory) -> JSON | None:
    """Why an incident is resolved, where it was merged into another; also in REST answers."""
    target = incident.merged_into
    if target is None:
        return None
    return {
        "type": "merge_resolve_reason",
        "incident": directory.incident_reference(target.id, target.summary),
    }


def incident_data(incident: Incident, directory: Directory) -> JSON:
    """The ``data`` of an event about the incident itself."""
    return {
        "id": incident.id,
        "type": "incident",
        "self": directory.api_url("incidents", incident.id),
        "html_url": directory.console_url("incident", incident.id),
        "number": incident.number,
        "status": incident.status,
        "incident_key": incident.incident_key,
        "created_at": in_seconds(incident.created_at),
        "reopened_at": in_seconds(incident.reopened_at),
        "title": incident.title,
        "incident_type": {"name": incident.incident_type},
        "service": directory.reference("service", incident.service),
        "assignees": [directory.reference("user", user) for user in incident.assignees],
        "escalation_policy": directory.reference("escalation_policy", incident.escalation_policy),
        "teams": [directory.reference("team", team) for team in directory.teams_of_service(incident.service)],
        "priority": directory.reference("priority", incident.priority) if incident.priority else None,
        "urgency": incident.urgency,
        "conference_bridge": incident.conference_bridge.model_dump() if incident.conference_bridge else None,
        "resolve_reason": resolve_reason(incident, directory),
    }


def _subject(subject: Subject, incident: Incident, directory: Directory) -> JSON:
    match subject:
        case Note():
            return {"type": "incident_note", "id": subject.id} | _trimmed("content", subject.content)
        case StatusUpdate():
            return {"type": "incident_status_update", "id": subject.id} | _trimmed("message", subject.message)
        case Responder():
            return _responder(subject, directory)
        case ConferenceBridge():
            return _conference_bridge(subject)
        case CustomFieldChange():
            return _field_values(subject, incident)


def _trimmed(name: str, text: str) -> JSON:
    return {name: text[:_TRIM], "trimmed": len(text) > _TRIM}


def _responder(responder: Responder, directory: Directory) -> JSON:
    policy = responder.escalation_policy
    return {
        "type": "incident_responder",
        "user": directory.reference("user", responder.user),
        "escalation_policy": directory.reference("escalation_policy", policy) if policy else None,
        "message": responder.message,
        "state": responder.state,
    }


def _conference_bridge(bridge: ConferenceBridge) -> JSON:
    number = bridge.conference_number
    return {
        "type": "incident_conference_bridge",
        "conference_numbers": [{"label": "", "number": number}] if number else [],
        "conference_url": bridge.conference_url,
    }


def _field_values(change: CustomFieldChange, incident: Incident) -> dict[str, Any]:
    return {
        "type": "incident_field_values",
        "custom_fields": [field_value(field, value) for field, value in incident.custom_fields.items()],
        "changed_custom_fields": [field_value(field, value) for field, value in change.old_values.items()],
    }
