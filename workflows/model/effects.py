"""All 31 event types of PagerDuty's webhooks and what each does to a card: one row each.

Source: the table of event types in PagerDuty's webhook documentation. A type that is not here
changes nothing and is kept in quarantine.
"""

from typing import Literal

from workflows.messages import Transition
from workflows.model.incident import Value

Part = Literal[
    "snapshot", "note", "status_update", "responder", "bridge", "fields", "roles", "task", "run", "nothing"
]


class Effect(Value):
    """The row of one event type."""

    event_type: str
    part: Part
    """Which part of the state it carries."""
    words: str
    """How the story tells it."""
    highlight: Transition | None = None
    """Said in the thread, since an edit notifies nobody. A trigger is announced by its card."""
    details: bool = False
    """REST knows more about this than the event does."""
    enters: bool = False
    """May bring an incident into a channel that it did not match before."""


_ROWS = (
    Effect(event_type="incident.triggered", part="snapshot", words="triggered", details=True),
    Effect(event_type="incident.acknowledged", part="snapshot", words="acknowledged", details=True),
    Effect(event_type="incident.unacknowledged", part="snapshot", words="acknowledgement ended"),
    Effect(event_type="incident.resolved", part="snapshot", words="resolved", highlight="resolved"),
    Effect(
        event_type="incident.reopened",
        part="snapshot",
        words="reopened",
        highlight="reopened",
        details=True,
        enters=True,
    ),
    Effect(event_type="incident.escalated", part="snapshot", words="escalated", highlight="escalated"),
    Effect(event_type="incident.delegated", part="snapshot", words="moved to another policy", enters=True),
    Effect(event_type="incident.reassigned", part="snapshot", words="reassigned"),
    Effect(
        event_type="incident.priority_updated",
        part="snapshot",
        words="priority updated",
        highlight="priority_raised",
        enters=True,
    ),
    Effect(event_type="incident.service_updated", part="snapshot", words="service changed", enters=True),
    Effect(event_type="incident.incident_type.changed", part="snapshot", words="type changed", enters=True),
    Effect(event_type="incident.annotated", part="note", words="note added"),
    Effect(event_type="incident.status_update_published", part="status_update", words="status update"),
    Effect(event_type="incident.responder.added", part="responder", words="responder asked"),
    Effect(event_type="incident.responder.replied", part="responder", words="responder replied"),
    Effect(event_type="incident.conference_bridge.updated", part="bridge", words="bridge changed"),
    Effect(event_type="incident.custom_field_values.updated", part="fields", words="fields changed"),
    Effect(event_type="incident.role.assigned", part="roles", words="role assigned"),
    Effect(event_type="incident.task.created", part="task", words="task added"),
    Effect(event_type="incident.task.updated", part="task", words="task changed"),
    Effect(event_type="incident.task.completed", part="task", words="task done"),
    Effect(event_type="incident.action_invocation.created", part="run", words="action started"),
    Effect(event_type="incident.action_invocation.updated", part="run", words="action went on"),
    Effect(event_type="incident.action_invocation.terminated", part="run", words="action ended"),
    Effect(event_type="incident.workflow.started", part="run", words="workflow started"),
    Effect(event_type="incident.workflow.completed", part="run", words="workflow completed"),
    Effect(event_type="service.created", part="nothing", words="service created"),
    Effect(event_type="service.updated", part="nothing", words="service updated"),
    Effect(event_type="service.deleted", part="nothing", words="service deleted"),
    Effect(event_type="service.custom_field_values.updated", part="nothing", words="service fields changed"),
    Effect(event_type="pagey.ping", part="nothing", words="test event"),
)

EFFECTS: dict[str, Effect] = {row.event_type: row for row in _ROWS}

INCIDENT_EVENTS: tuple[str, ...] = tuple(row.event_type for row in _ROWS if row.part != "nothing")
"""The types that reach workflows, as signals of the same name."""
