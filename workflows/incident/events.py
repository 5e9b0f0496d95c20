"""The two ways in which PagerDuty tells of an incident: an event of a webhook, and an answer of REST."""

from pydantic import AwareDatetime

from workflows.incident.stamps import Stamp
from workflows.incident.values import (
    Acknowledgement,
    ActionRun,
    Alerts,
    Bridge,
    Comment,
    Escalation,
    Field,
    Reference,
    Responder,
    Role,
    Snapshot,
    Standing,
    Task,
    TypeName,
)
from workflows.values import Value


class IncidentEvent(Value):
    """One event of a webhook, normalised at the edge (``muster.payloads``): at most 24 KB as JSON.

    ``snapshot`` is set by the events that carry the whole incident; each of the others sets the one
    field it is about.
    """

    event_id: str
    event_type: str
    occurred_at: AwareDatetime
    account: str
    incident_id: str
    agent: Reference | None = None
    """Who caused it; ``None`` is automation."""
    snapshot: Snapshot | None = None
    note: Comment | None = None
    status_update: Comment | None = None
    responder: Responder | None = None
    bridge: Bridge | None = None
    fields: tuple[Field, ...] | None = None
    roles: tuple[Role, ...] = ()
    task: Task | None = None
    run: ActionRun | None = None

    @property
    def stamp(self) -> Stamp:
        """Where this event stands among all events of its incident."""
        return Stamp(at=self.occurred_at, event_id=self.event_id)


class Details(Value):
    """What PagerDuty's REST API said of an incident; times in whole seconds, as REST has them."""

    snapshot: Snapshot
    status_changed_at: AwareDatetime
    status_changed_by: Reference | None = None
    acknowledgements: tuple[Acknowledgement, ...] = ()
    responders: tuple[Responder, ...] = ()
    fields: tuple[Field, ...] = ()
    description: str = ""
    """What whoever or whatever triggered the incident said beyond its title."""
    alerts: Alerts | None = None
    """``None`` where they were not read."""
    escalation: Escalation | None = None
    type_name: TypeName | None = None
    """``None`` for the base type, and where the names of types cannot be read."""
    latest_note: Comment | None = None
    notes_read: bool = False
    """Whether ``latest_note`` tells anything: ``None`` is that there is no note."""
    read_for: Stamp
    """The newest event that this answer is known to include."""
    reread: bool = False
    """Read a second time, because the first answer contradicted an event of the same second."""

    @property
    def standing(self) -> Standing:
        """How the incident stood when PagerDuty answered."""
        by = self.status_changed_by.name if self.status_changed_by else ""
        return Standing(status=self.snapshot.status, by=by or None)
