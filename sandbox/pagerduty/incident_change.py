"""A change to an incident, prepared step by step; it takes effect when ``IncidentCommands`` saves it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.pagerduty.ids import new_id
from sandbox.pagerduty.model import (
    Assignment,
    ConferenceBridge,
    Incident,
    LogEntry,
    Note,
    Responder,
    StatusUpdate,
)


@dataclass(frozen=True)
class CustomFieldChange:
    """The custom fields that changed, each with its old value."""

    old_values: dict[str, Any]


Subject = Note | StatusUpdate | Responder | ConferenceBridge | CustomFieldChange


@dataclass(frozen=True)
class Step:
    """One step of a change: the incident after it, its webhook event, and what the event is about."""

    incident: Incident
    event: str | None = None
    subject: Subject | None = None


class IncidentChange:
    """What one user, or the service by itself, changes on one incident at one time; ``by`` is their id."""

    def __init__(self, incident: Incident, *, by: str, at: datetime) -> None:
        self.incident = incident
        self.by = by
        self.at = at.replace(microsecond=0)
        self.steps: list[Step] = []

    def step(
        self,
        kind: str,
        summary: str,
        *,
        event: str | None = None,
        subject: Subject | None = None,
        note: str | None = None,
        assignees: Sequence[str] = (),
        channel: dict[str, Any] | None = None,
        contexts: Sequence[dict[str, Any]] = (),
        **fields: Any,
    ) -> None:
        """Set these fields, add a log entry, and note the event to send."""
        entry = LogEntry(
            id=new_id("R"),
            kind=kind,
            at=self.at,
            user=self.by,
            summary=summary,
            note=note,
            assignees=tuple(assignees),
            channel=channel,
            contexts=tuple(contexts),
        )
        if fields.get("status", self.incident.status) != self.incident.status:
            fields |= {"last_status_change_at": self.at, "last_status_change_by": self.by}
        fields |= {"updated_at": self.at, "log": (*self.incident.log, entry)}
        self.incident = self.incident.model_copy(update=fields)
        self.steps.append(Step(self.incident, event, subject))

    def assigned(self, users: Sequence[str]) -> tuple[Assignment, ...]:
        """Assignments of these users, from the time of the change."""
        return tuple(Assignment(user=user, at=self.at) for user in users)
