"""Changes of an incident besides its status: notes, priority, responders and so on.

A new title or urgency causes no webhook event, as in PagerDuty.
"""

from typing import Any

from sandbox.pagerduty import errors
from sandbox.pagerduty.ids import new_id
from sandbox.pagerduty.incident_change import CustomFieldChange, IncidentChange
from sandbox.pagerduty.model import (
    ConferenceBridge,
    Note,
    Reply,
    Responder,
    ResponderRequest,
    StatusUpdate,
    Urgency,
)

NOTE_LIMIT = 2000
"""Notes that fit on one incident."""


def set_title(change: IncidentChange, title: str) -> None:
    """Change the title."""
    if not title.strip():
        raise errors.invalid_input("Title can't be blank")
    if title != change.incident.title:
        change.step("field_value_change", "Title changed", title=title)


def set_urgency(change: IncidentChange, urgency: Urgency) -> None:
    """Change the urgency."""
    if urgency != change.incident.urgency:
        change.step("urgency_change", f"Urgency changed to {urgency}", urgency=urgency)


def set_priority(change: IncidentChange, priority: str | None, name: str) -> None:
    """Change the priority; None removes it."""
    if priority != change.incident.priority:
        change.step(
            "field_value_change",
            f"Priority changed to {name}",
            event="incident.priority_updated",
            priority=priority,
        )


def set_service(change: IncidentChange, service: str, name: str) -> None:
    """Move the incident to another service."""
    if service != change.incident.service:
        change.step(
            "field_value_change", f"Moved to {name}", event="incident.service_updated", service=service
        )


def set_incident_type(change: IncidentChange, name: str) -> None:
    """Change the incident type."""
    if name != change.incident.incident_type:
        change.step(
            "field_value_change",
            f"Type changed to {name}",
            event="incident.incident_type.changed",
            incident_type=name,
        )


def set_conference_bridge(change: IncidentChange, bridge: ConferenceBridge) -> None:
    """Change the conference bridge."""
    if bridge != change.incident.conference_bridge:
        change.step(
            "field_value_change",
            "Conference bridge changed",
            event="incident.conference_bridge.updated",
            subject=bridge,
            conference_bridge=bridge,
        )


def set_custom_fields(change: IncidentChange, values: dict[str, Any]) -> None:
    """Set custom fields; ``values`` is by field id."""
    before = change.incident.custom_fields
    changed = {field: before.get(field) for field, value in values.items() if before.get(field) != value}
    if changed:
        change.step(
            "custom_field_value_change",
            "Custom fields changed",
            event="incident.custom_field_values.updated",
            subject=CustomFieldChange(changed),
            custom_fields=before | values,
        )


def add_note(change: IncidentChange, content: str) -> Note:
    """Add a note."""
    if not content.strip():
        raise errors.invalid_input("Content cannot be empty")
    if len(change.incident.notes) >= NOTE_LIMIT:
        raise errors.invalid_input(f"An incident can have at most {NOTE_LIMIT} notes")
    note = Note(id=new_id("P"), user=change.by, content=content, created_at=change.at)
    change.step(
        "annotate",
        "Note added",
        event="incident.annotated",
        subject=note,
        note=content,
        notes=(*change.incident.notes, note),
    )
    return note


def publish_status_update(
    change: IncidentChange, message: str, *, subject: str | None = None, html_message: str | None = None
) -> StatusUpdate:
    """Publish a status update for the stakeholders."""
    if not message.strip():
        raise errors.invalid_input("Message cannot be empty")
    update = StatusUpdate(
        id=new_id("P"),
        user=change.by,
        message=message,
        created_at=change.at,
        subject=subject,
        html_message=html_message,
    )
    change.step(
        "notify",
        "Status update published",
        event="incident.status_update_published",
        subject=update,
        note=message,
        status_updates=(*change.incident.status_updates, update),
    )
    return update


def request_responders(
    change: IncidentChange, request: ResponderRequest, users: dict[str, str | None]
) -> None:
    """Ask users for help; ``users`` maps each to the escalation policy that named them, or to None."""
    if not change.incident.is_open:
        raise errors.already_resolved()
    requests = (*change.incident.responder_requests, request)
    asked_before = {responder.user for responder in change.incident.responders}
    for user, policy in users.items():
        if user in asked_before:
            continue
        responder = Responder(
            user=user,
            state="pending",
            message=request.message,
            requester=request.requester,
            requested_at=request.requested_at,
            updated_at=change.at,
            escalation_policy=policy,
        )
        change.step(
            "notify",
            "Responder asked",
            event="incident.responder.added",
            subject=responder,
            note=request.message,
            assignees=[user],
            responders=(*change.incident.responders, responder),
            responder_requests=requests,
        )


def reply_as_responder(change: IncidentChange, reply: Reply) -> None:
    """Answer a responder request, as the user who was asked."""
    mine = next((responder for responder in change.incident.responders if responder.user == change.by), None)
    if mine is None:
        raise errors.invalid_input("This person was not asked")
    answered = mine.model_copy(update={"state": reply, "updated_at": change.at})
    change.step(
        "notify",
        f"Responder {reply}",
        event="incident.responder.replied",
        subject=answered,
        responders=tuple(answered if one == mine else one for one in change.incident.responders),
    )
