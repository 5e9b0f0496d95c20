"""PagerDuty's bodies as its webhooks send them: synthetic, with the structure of its published samples.

Source of the shapes: PagerDuty's webhook overview, *event data types*.
"""

import itertools
import json
from collections.abc import Mapping
from typing import Any

Body = dict[str, Any]

INCIDENT_ID = "Q1INCIDENT0001"
CREATED_AT = "2026-01-01T10:00:00Z"
OCCURRED_AT = "2026-01-01T10:00:00.123Z"

_numbers = itertools.count(1)


def reference(kind: str, identity: str, summary: str | None) -> Body:
    """A reference to another object."""
    path = f"{kind}s/{identity}"
    return {
        "id": identity,
        "type": f"{kind}_reference",
        "summary": summary,
        "self": f"https://api.pagerduty.com/{path}",
        "html_url": f"https://acme.pagerduty.com/{path}",
    }


ADA_BODY = reference("user", "PUSER01", "Ada Ops")
BO_BODY = reference("user", "PUSER02", "Bo Call")
CHECKOUT = reference("service", "PSVC001", "Checkout")
LEDGER = reference("service", "PSVC002", "Ledger")


def incident(**changes: Any) -> Body:
    """The ``data`` of an event about the incident itself."""
    return {
        "id": INCIDENT_ID,
        "type": "incident",
        "self": f"https://api.pagerduty.com/incidents/{INCIDENT_ID}",
        "html_url": f"https://acme.pagerduty.com/incidents/{INCIDENT_ID}",
        "number": 42,
        "status": "triggered",
        "incident_key": "dedup-abc",
        "created_at": CREATED_AT,
        "reopened_at": None,
        "title": "Checkout latency",
        "incident_type": {"name": "incident_default"},
        "service": CHECKOUT,
        "assignees": [BO_BODY],
        "escalation_policy": reference("escalation_policy", "PEP0001", "Default"),
        "teams": [reference("team", "PTEAM01", "Payments")],
        "priority": reference("priority", "PPRIO01", "P1"),
        "urgency": "high",
        "conference_bridge": {
            "conference_number": "+1 5550100,,1234#",
            "conference_url": "https://example.com/j/1",
        },
        "resolve_reason": None,
    } | changes


def about(kind: str, /, incident_id: str = INCIDENT_ID, **fields: Any) -> Body:
    """The ``data`` of an event about one thing of an incident, which it names by reference."""
    return {"type": kind, "incident": reference("incident", incident_id, None), **fields}


def note(incident_id: str = INCIDENT_ID, **changes: Any) -> Body:
    """The ``data`` of a note."""
    fields = {"id": "PNOTE01", "content": "Rolling back", "trimmed": False} | changes
    return about("incident_note", incident_id, **fields)


def role(holder: Body | None) -> Body:
    """One assignment of the incident commander."""
    return {
        "id": "6c1ab1a2-0000-4000-8000-000000000001",
        "incident": reference("incident", INCIDENT_ID, None),
        "role": {"id": "PROLE01", "summary": "Incident Commander", "type": "role_reference"},
        "assignee": holder,
        "old_assignee": None,
        "status": "assigned" if holder else "unassigned",
        "type": "incident_role_assignment",
    }


def event(event_type: str = "incident.triggered", data: Mapping[str, Any] | None = None, **more: Any) -> Body:
    """The ``event`` of a webhook, by default that of a new incident, with an id of its own."""
    return {
        "id": f"01EXAMPLE{next(_numbers):016}",
        "event_type": event_type,
        "resource_type": event_type.partition(".")[0],
        "occurred_at": OCCURRED_AT,
        "agent": ADA_BODY,
        "client": None,
        "data": incident() if data is None else data,
    } | more


def webhook(body: Mapping[str, Any]) -> bytes:
    """The raw body of the webhook that carries this event."""
    return json.dumps({"event": body}).encode()


_FIELD = {
    "id": "PFIELD1",
    "name": "environment",
    "namespace": "incidents",
    "data_type": "string",
    "field_type": "single_value_fixed",
    "type": "field_value",
    "value": "production",
}
_TASK = about(
    "incident_task",
    id="PTASK01",
    name="Check the cache",
    description=None,
    summary="Check the cache",
    status="todo",
    assignees=[BO_BODY],
)
_ACTION = about(
    "incident_action_invocation",
    id="PINVOC1",
    action=reference("action", "PACTION", "Restart checkout"),
    state="queued",
)
_RUN = about(
    "incident_workflow_instance",
    id="PRUN001",
    summary="Major incident",
    incident_workflow=reference("incident_workflow", "PWF0001", "Major incident"),
    workflow_trigger=reference("workflow_trigger", "PTRIG01", None),
    service=CHECKOUT,
)
_SERVICE = {"id": "PSVC001", "type": "service", "summary": "Checkout", "alert_creation": "create_incidents"}

DATA: dict[str, Body] = {
    "incident.triggered": incident(),
    "incident.acknowledged": incident(status="acknowledged"),
    "incident.unacknowledged": incident(),
    "incident.resolved": incident(status="resolved", assignees=[]),
    "incident.reopened": incident(reopened_at="2026-01-01T11:00:00Z"),
    "incident.escalated": incident(assignees=[ADA_BODY]),
    "incident.delegated": incident(
        escalation_policy=reference("escalation_policy", "PEP0002", "Second line")
    ),
    "incident.reassigned": incident(assignees=[ADA_BODY, BO_BODY]),
    "incident.priority_updated": incident(priority=reference("priority", "PPRIO02", "P2")),
    "incident.service_updated": incident(service=LEDGER),
    "incident.incident_type.changed": incident(incident_type={"name": "Major incident"}),
    "incident.annotated": note(),
    "incident.status_update_published": about(
        "incident_status_update", id="PUPDATE", message="We are on it", trimmed=False
    ),
    "incident.responder.added": about(
        "incident_responder", user=BO_BODY, escalation_policy=None, message="Please help", state="pending"
    ),
    "incident.responder.replied": about(
        "incident_responder", user=BO_BODY, escalation_policy=None, message="Please help", state="joined"
    ),
    "incident.conference_bridge.updated": about(
        "incident_conference_bridge",
        conference_numbers=[{"label": "Main", "number": "+1 5550100"}],
        conference_url="https://example.com/j/2",
    ),
    "incident.custom_field_values.updated": about(
        "incident_field_values", custom_fields=[_FIELD], changed_custom_fields=[_FIELD | {"value": "staging"}]
    ),
    "incident.role.assigned": {
        "type": "incident_role_assignment",
        "incident_role_assignments": [role(ADA_BODY)],
    },
    "incident.task.created": _TASK,
    "incident.task.updated": _TASK | {"status": "in_progress"},
    "incident.task.completed": _TASK | {"status": "complete"},
    "incident.action_invocation.created": _ACTION,
    "incident.action_invocation.updated": _ACTION | {"state": "running"},
    "incident.action_invocation.terminated": _ACTION | {"state": "completed"},
    "incident.workflow.started": _RUN,
    "incident.workflow.completed": _RUN,
    "service.created": _SERVICE,
    "service.updated": _SERVICE,
    "service.deleted": _SERVICE,
    "service.custom_field_values.updated": {"type": "service_field_values", "service": CHECKOUT},
    "pagey.ping": {"type": "ping", "message": "Hello from your friend Pagey!"},
}
"""The ``data`` of each of the 31 event types."""
