"""What can be said and changed about an incident besides its status; titles and urgencies change silently."""

from typing import Any

from sandbox.pagerduty import errors
from sandbox.pagerduty.drafts import Draft, FieldChange
from sandbox.pagerduty.ids import new_id
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


def set_title(draft: Draft, title: str) -> None:
    """Call it something else."""
    if not title.strip():
        raise errors.invalid_input("Title can't be blank")
    if title != draft.incident.title:
        draft.step("field_value_change", "Title changed", title=title)


def set_urgency(draft: Draft, urgency: Urgency) -> None:
    """How loudly people are told."""
    if urgency != draft.incident.urgency:
        draft.step("urgency_change", f"Urgency changed to {urgency}", urgency=urgency)


def set_priority(draft: Draft, priority: str | None, name: str) -> None:
    """How much it matters; None takes the priority away."""
    if priority != draft.incident.priority:
        draft.step(
            "field_value_change",
            f"Priority changed to {name}",
            event="incident.priority_updated",
            priority=priority,
        )


def set_service(draft: Draft, service: str, name: str) -> None:
    """It turned out to be another service's incident."""
    if service != draft.incident.service:
        draft.step(
            "field_value_change", f"Moved to {name}", event="incident.service_updated", service=service
        )


def set_incident_type(draft: Draft, name: str) -> None:
    """It is another kind of incident."""
    if name != draft.incident.incident_type:
        draft.step(
            "field_value_change",
            f"Type changed to {name}",
            event="incident.incident_type.changed",
            incident_type=name,
        )


def set_conference_bridge(draft: Draft, bridge: ConferenceBridge) -> None:
    """Where the responders meet."""
    if bridge != draft.incident.conference_bridge:
        draft.step(
            "field_value_change",
            "Conference bridge changed",
            event="incident.conference_bridge.updated",
            subject=bridge,
            conference_bridge=bridge,
        )


def set_custom_fields(draft: Draft, values: dict[str, Any]) -> None:
    """Fill in the account's own fields, by field id."""
    before = draft.incident.custom_fields
    changed = {field: before.get(field) for field, value in values.items() if before.get(field) != value}
    if changed:
        draft.step(
            "custom_field_value_change",
            "Custom fields changed",
            event="incident.custom_field_values.updated",
            subject=FieldChange(changed),
            custom_fields=before | values,
        )


def add_note(draft: Draft, content: str) -> Note:
    """Write something down for everybody."""
    if not content.strip():
        raise errors.invalid_input("Content cannot be empty")
    if len(draft.incident.notes) >= NOTE_LIMIT:
        raise errors.invalid_input(f"An incident can have at most {NOTE_LIMIT} notes")
    note = Note(id=new_id("P"), user=draft.by, content=content, created_at=draft.at)
    draft.step(
        "annotate",
        "Note added",
        event="incident.annotated",
        subject=note,
        note=content,
        notes=(*draft.incident.notes, note),
    )
    return note


def publish_status_update(
    draft: Draft, message: str, *, subject: str | None = None, html_message: str | None = None
) -> StatusUpdate:
    """Tell the stakeholders."""
    if not message.strip():
        raise errors.invalid_input("Message cannot be empty")
    update = StatusUpdate(
        id=new_id("P"),
        user=draft.by,
        message=message,
        created_at=draft.at,
        subject=subject,
        html_message=html_message,
    )
    draft.step(
        "notify",
        "Status update published",
        event="incident.status_update_published",
        subject=update,
        note=message,
        status_updates=(*draft.incident.status_updates, update),
    )
    return update


def request_responders(draft: Draft, request: ResponderRequest, users: dict[str, str | None]) -> None:
    """Ask for help; ``users`` tells who is asked, and through which escalation policy, if through one."""
    if not draft.incident.is_open:
        raise errors.invalid_input("The incident is resolved")
    requests = (*draft.incident.responder_requests, request)
    asked_before = {responder.user for responder in draft.incident.responders}
    for user, policy in users.items():
        if user in asked_before:
            continue
        responder = Responder(
            user=user,
            state="pending",
            message=request.message,
            requester=request.requester,
            requested_at=request.requested_at,
            updated_at=draft.at,
            escalation_policy=policy,
        )
        draft.step(
            "notify",
            "Responder asked",
            event="incident.responder.added",
            subject=responder,
            note=request.message,
            assignees=[user],
            responders=(*draft.incident.responders, responder),
            responder_requests=requests,
        )


def reply_as_responder(draft: Draft, reply: Reply) -> None:
    """Answer a call for help, as the person who was asked."""
    mine = next((responder for responder in draft.incident.responders if responder.user == draft.by), None)
    if mine is None:
        raise errors.invalid_input("This person was not asked")
    answered = mine.model_copy(update={"state": reply, "updated_at": draft.at})
    draft.step(
        "notify",
        f"Responder {reply}",
        event="incident.responder.replied",
        subject=answered,
        responders=tuple(answered if one == mine else one for one in draft.incident.responders),
    )
