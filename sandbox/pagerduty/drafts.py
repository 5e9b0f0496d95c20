"""How a change to an incident is prepared: step by step, and true only once it is kept."""

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
class FieldChange:
    """Names of the custom fields that changed, with the values they had."""

    old_values: dict[str, Any]


Subject = Note | StatusUpdate | Responder | ConferenceBridge | FieldChange


@dataclass(frozen=True)
class Step:
    """One change that was made: its result, and the event that tells of it with what it is about."""

    incident: Incident
    event: str | None = None
    subject: Subject | None = None


class Draft:
    """An incident while one person changes it; nothing is done until somebody keeps the steps."""

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
        **changes: Any,
    ) -> None:
        """Make the changes, write the history, and remember the event."""
        entry = LogEntry(
            id=new_id("R"),
            kind=kind,
            at=self.at,
            user=self.by,
            summary=summary,
            note=note,
            assignees=tuple(assignees),
        )
        if changes.get("status", self.incident.status) != self.incident.status:
            changes |= {"last_status_change_at": self.at, "last_status_change_by": self.by}
        changes |= {"updated_at": self.at, "log": (*self.incident.log, entry)}
        self.incident = self.incident.model_copy(update=changes)
        self.steps.append(Step(self.incident, event, subject))

    def assigned(self, users: Sequence[str]) -> tuple[Assignment, ...]:
        """Assignments from now on."""
        return tuple(Assignment(user=user, at=self.at) for user in users)
