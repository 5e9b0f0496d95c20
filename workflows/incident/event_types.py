"""All 31 event types of PagerDuty's webhooks and what each tells of its incident: one row each.

Source: the table of event types in PagerDuty's webhook documentation. A type that is not here
changes nothing and is kept in quarantine.
"""

from typing import Literal

from workflows.values import Value

EventContent = Literal[
    "snapshot", "note", "status_update", "responder", "bridge", "fields", "roles", "task", "run", "nothing"
]

News = Literal[
    "priority_raised",
    "escalated",
    "reopened",
    "resolved",
    "status_update",
    "note",
    "responder_replied",
]
"""What people may be told of beside the card: the first four are changes of the incident itself."""


class EventType(Value):
    """The row of one event type."""

    name: str
    content: EventContent
    """What the event carries."""
    words: str
    """How the timeline names it."""
    news: News | None = None
    """The news that it brings. A trigger is announced by the card itself."""
    urgent: bool = False
    """No back-off may hold up the card that shows it; a priority only where it is raised."""
    details: bool = False
    """REST knows more about this than the event does."""
    moves: bool = False
    """May move the incident to another level of its escalation policy."""
    enters: bool = False
    """May bring an incident into a conversation that it did not match before."""


_ROWS = (
    EventType(name="incident.triggered", content="snapshot", words="triggered", urgent=True, details=True),
    EventType(name="incident.acknowledged", content="snapshot", words="acknowledged", details=True),
    EventType(
        name="incident.unacknowledged", content="snapshot", words="acknowledgement ended", details=True
    ),
    EventType(name="incident.resolved", content="snapshot", words="resolved", news="resolved"),
    EventType(
        name="incident.reopened",
        content="snapshot",
        words="reopened",
        news="reopened",
        urgent=True,
        moves=True,
        details=True,
        enters=True,
    ),
    EventType(
        name="incident.escalated",
        content="snapshot",
        words="escalated",
        news="escalated",
        urgent=True,
        moves=True,
        details=True,
    ),
    EventType(
        name="incident.delegated",
        content="snapshot",
        words="moved to another policy",
        moves=True,
        details=True,
        enters=True,
    ),
    EventType(name="incident.reassigned", content="snapshot", words="reassigned", moves=True, details=True),
    EventType(
        name="incident.priority_updated",
        content="snapshot",
        words="priority updated",
        news="priority_raised",
        urgent=True,
        enters=True,
    ),
    EventType(name="incident.service_updated", content="snapshot", words="service changed", enters=True),
    EventType(name="incident.incident_type.changed", content="snapshot", words="type changed", enters=True),
    EventType(name="incident.annotated", content="note", words="note added", news="note"),
    EventType(
        name="incident.status_update_published",
        content="status_update",
        words="status update",
        news="status_update",
    ),
    EventType(name="incident.responder.added", content="responder", words="responder asked"),
    EventType(
        name="incident.responder.replied",
        content="responder",
        words="responder replied",
        news="responder_replied",
    ),
    EventType(name="incident.conference_bridge.updated", content="bridge", words="bridge changed"),
    EventType(name="incident.custom_field_values.updated", content="fields", words="fields changed"),
    EventType(name="incident.role.assigned", content="roles", words="role assigned"),
    EventType(name="incident.task.created", content="task", words="task added"),
    EventType(name="incident.task.updated", content="task", words="task changed"),
    EventType(name="incident.task.completed", content="task", words="task done"),
    EventType(name="incident.action_invocation.created", content="run", words="action started"),
    EventType(name="incident.action_invocation.updated", content="run", words="action went on"),
    EventType(name="incident.action_invocation.terminated", content="run", words="action ended"),
    EventType(name="incident.workflow.started", content="run", words="workflow started"),
    EventType(name="incident.workflow.completed", content="run", words="workflow completed"),
    EventType(name="service.created", content="nothing", words="service created"),
    EventType(name="service.updated", content="nothing", words="service updated"),
    EventType(name="service.deleted", content="nothing", words="service deleted"),
    EventType(name="service.custom_field_values.updated", content="nothing", words="service fields changed"),
    EventType(name="pagey.ping", content="nothing", words="test event"),
)

EVENT_TYPES: dict[str, EventType] = {row.name: row for row in _ROWS}

SUBSCRIBED: tuple[str, ...] = tuple(row.name for row in _ROWS if row.name != "pagey.ping")
"""The types that a subscription asks for; a test event is sent to every one."""

INCIDENT_EVENTS: tuple[str, ...] = tuple(row.name for row in _ROWS if row.content != "nothing")
"""The types that reach workflows, as signals of the same name."""
