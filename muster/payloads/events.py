"""From a webhook's event to an ``IncidentEvent``."""

from collections.abc import Mapping
from typing import Any

from muster.payloads.incident import (
    bridge_of_event,
    comment_of,
    fields_of,
    roles_of,
    run_of,
    snapshot_of,
    task_of,
)
from muster.payloads.values import Body, EventUnusable, mappings, moment_of, reference_to
from muster.values import STATE, TITLE, clipped, identifier
from workflows.incident.event_types import EVENT_TYPES, EventContent
from workflows.incident.events import IncidentEvent
from workflows.incident.values import Comment, Responder, Snapshot, Status

_STATUS_AFTER: dict[str, Status] = {
    "incident.triggered": "triggered",
    "incident.acknowledged": "acknowledged",
    "incident.unacknowledged": "triggered",
    "incident.resolved": "resolved",
    "incident.reopened": "triggered",
}
"""What these types say of the status, whatever their incident says."""


def event_type_of(event: Body) -> str:
    """The event's type; raises ``EventUnusable`` without one."""
    found = identifier(event.get("event_type"))
    if found is None:
        raise EventUnusable("the event has no event_type")
    return found


def event_id_of(event: Body) -> str | None:
    """The event's id, if it has one that can be used."""
    return identifier(event.get("id"))


def incident_event_of(account: str, event: Body) -> IncidentEvent:
    """An event about an incident, normalised; raises ``EventUnusable``.

    The event's type is one of ``INCIDENT_EVENTS``.
    """
    event_type = event_type_of(event)
    data = event.get("data")
    if not isinstance(data, Mapping):
        raise EventUnusable("the event has no data")
    event_id = event_id_of(event)
    if event_id is None:
        raise EventUnusable("the event has no id")
    incident_id = _incident_id(data, EVENT_TYPES[event_type].content)
    if incident_id is None:
        raise EventUnusable("the event names no incident")
    found = IncidentEvent(
        event_id=event_id,
        event_type=event_type,
        occurred_at=moment_of(event.get("occurred_at"), "occurred_at"),
        account=account,
        incident_id=incident_id,
        agent=reference_to(event.get("agent")),
    )
    return found.model_copy(update=_content(EVENT_TYPES[event_type].content, data, found))


def sight_of(event: Body) -> tuple[str | None, str | None]:
    """Id and title of the incident, where they can be seen in an event that cannot be used."""
    data = event.get("data")
    if not isinstance(data, Mapping):
        return None, None
    event_type = EVENT_TYPES.get(identifier(event.get("event_type")) or "")
    incident_id = _incident_id(data, event_type.content if event_type else "nothing")
    return incident_id, clipped(data.get("title"), TITLE) or None


def _content(content: EventContent, data: Body, found: IncidentEvent) -> dict[str, Any]:
    """The one field of an event that holds what its type is about."""
    match content:
        case "snapshot":
            return {"snapshot": _snapshot(data, found)}
        case "note":
            return {"note": _comment(data, data.get("content"), found)}
        case "status_update":
            return {"status_update": _comment(data, data.get("message"), found)}
        case "responder":
            person = reference_to(data.get("user")) or reference_to(data.get("escalation_policy"))
            if person is None:
                return {}
            state = clipped(data.get("state"), STATE) or "pending"
            return {"responder": Responder(person=person, state=state)}
        case "bridge":
            return {"bridge": bridge_of_event(data)}
        case "fields":
            return {"fields": fields_of(data.get("custom_fields"))}
        case "roles":
            return {"roles": roles_of(data.get("incident_role_assignments"))}
        case "task":
            return {"task": task_of(data)}
        case "run":
            return {"run": run_of(data)}
        case "nothing":
            return {}


def _comment(data: Body, text: Any, found: IncidentEvent) -> Comment:
    author = found.agent.name or None if found.agent else None
    return comment_of(data, text, author=author, at=found.occurred_at)


def _snapshot(data: Body, found: IncidentEvent) -> Snapshot:
    """What triggered an incident happened when it was created: that stands in for a missing time."""
    status = _STATUS_AFTER.get(found.event_type)
    snapshot = snapshot_of(data, number=data.get("number"), known_status=status)
    if snapshot.created_at is None and found.event_type == "incident.triggered":
        return snapshot.model_copy(update={"created_at": found.occurred_at})
    return snapshot


def _incident_id(data: Body, content: EventContent) -> str | None:
    """The id's place differs by type (source: PagerDuty's webhook overview, *event data*)."""
    if content == "snapshot" or data.get("type") == "incident":
        return identifier(data.get("id"))
    about = (data, *mappings(data.get("incident_role_assignments")))
    references = (one.get("incident") for one in about)
    ids = (identifier(one.get("id")) for one in references if isinstance(one, Mapping))
    return next(filter(None, ids), None)
