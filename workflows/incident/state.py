"""What is known of an incident, as one frozen value. It knows no card, no Teams and no workflow."""

from pydantic import AwareDatetime

from workflows.incident.stamps import Entry, Stamp
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


class Heard(Value):
    """What the newest snapshot that an *event* carried said; REST answers leave it alone."""

    stamp: Stamp
    priority: Reference | None = None


class IncidentState(Value):
    """Everything that events and REST answers have told of one incident."""

    snapshot: Snapshot | None = None
    snapshot_stamp: Stamp | None = None
    snapshot_from_rest: bool = False
    """REST stamps are whole seconds: see docs/decisions/0003."""
    heard: Heard | None = None
    triggered: Stamp | None = None
    """The newest snapshot that showed ``triggered``: acknowledgements before it are void."""
    resolution: Entry[Reference] | None = None
    reopened: Stamp | None = None
    acknowledgements: tuple[Entry[Acknowledgement], ...] = ()
    notes: tuple[Entry[Comment], ...] = ()
    read_note: Comment | None = None
    """The newest note that REST told. It does not count as heard of: its event may be on the way."""
    status_updates: tuple[Entry[Comment], ...] = ()
    responders: tuple[Entry[Responder], ...] = ()
    roles: tuple[Entry[Role], ...] = ()
    tasks: tuple[Entry[Task], ...] = ()
    runs: tuple[Entry[ActionRun], ...] = ()
    bridge: Entry[Bridge] | None = None
    fields: tuple[Field, ...] = ()
    fields_stamp: Stamp | None = None
    description: str = ""
    alerts: Alerts | None = None
    escalation: Entry[Escalation] | None = None
    moved: Stamp | None = None
    """The newest event that may have moved the incident within its escalation policy."""
    type_name: TypeName | None = None

    newest: AwareDatetime | None = None
    """When the newest of all this happened."""
    details_wanted: Stamp | None = None
    """The newest event of which REST knows more than the event told."""
    details_read: Stamp | None = None
    """The newest event that a REST answer included."""
    reread_wanted: bool = False
    """A REST answer contradicted an event of the same second and must be read once more."""

    @property
    def escalation_now(self) -> Escalation | None:
        """Where the incident stands in its policy.

        Its level, unless an event may have moved it since that was read; when it goes on, unless anything
        happened since.
        """
        held, wanted = self.escalation, self.details_wanted
        if held is None or (self.moved is not None and held.stamp < self.moved):
            return None
        if wanted is not None and held.stamp < wanted:
            return Escalation(level=held.value.level) if held.value.level else None
        return held.value

    @property
    def bridge_now(self) -> Bridge | None:
        """The newer of the bridge's own event and the snapshot's."""
        own, held, snapshot = self.bridge, self.snapshot_stamp, self.snapshot
        shown = snapshot.bridge if snapshot else None
        if own is not None and (held is None or shown is None or held <= own.stamp):
            return own.value
        return shown

    @property
    def standing(self) -> Standing | None:
        """How the incident stands; ``None`` while its status is not known."""
        if self.snapshot is None:
            return None
        return Standing(status=self.snapshot.status, by=self._changed_by(self.snapshot) or None)

    def _changed_by(self, snapshot: Snapshot) -> str:
        if snapshot.status == "resolved":
            return self.resolution.value.name if self.resolution else ""
        return self.acknowledgements[-1].value.person.name if self.acknowledgements else ""
