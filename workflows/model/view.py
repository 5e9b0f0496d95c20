"""What a card shows: the incident reduced to what a reader sees, nothing a renderer must work out."""

from typing import Literal

from pydantic import AwareDatetime

from workflows.model.incident import (
    Acknowledgement,
    Bridge,
    Field,
    Reference,
    Responder,
    Role,
    Status,
    Task,
    Urgency,
    Value,
    Word,
)
from workflows.model.verbs import VerbName

Missing = Literal["details", "recall"]
"""What could not be read: what webhooks do not carry, or the incident as it is now."""


class View(Value):
    """One incident as its card shows it at one revision. ``muster.cards`` draws it, purely.

    ``revision`` grows with every change of content. ``as_of`` is when the newest fact in it happened.
    """

    account: str
    incident_id: str
    revision: int
    as_of: AwareDatetime

    number: int | None = None
    title: str
    url: str | None = None
    incident_type: str | None = None
    status: Status
    urgency: Urgency | None = None
    priority: str | None = None
    service: Reference | None = None
    escalation_policy: Reference | None = None
    assignees: tuple[Reference, ...] = ()
    assignee_count: int = 0
    acknowledgements: tuple[Acknowledgement, ...] = ()
    """Newest last; empty unless somebody holds the acknowledgement now or did before the resolve."""
    responders: tuple[Responder, ...] = ()
    roles: tuple[Role, ...] = ()
    open_tasks: tuple[Task, ...] = ()
    fields: tuple[Field, ...] = ()
    bridge: Bridge | None = None
    latest_note: Word | None = None
    latest_status_update: Word | None = None
    opened_at: AwareDatetime | None = None
    resolved_at: AwareDatetime | None = None
    resolved_by: str | None = None
    reopened: bool = False
    """True while an incident that had been resolved is open again."""

    verbs: tuple[VerbName, ...] = ()
    """Buttons to show, in order."""
    degraded: tuple[Missing, ...] = ()
    """What the reader should know to be missing; empty when all is well."""


class Stamped(Value):
    """What a rendered card must carry so that a press can be told from every other press."""

    marker: str
    """Names the message: the live card is the one with the current marker."""
    nonce: str
    """Drawn anew with every revision and every recorded outcome."""
