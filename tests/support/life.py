"""Words for telling an incident's life: the event its webhooks carry, and what REST would say meanwhile."""

import itertools
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from workflows.incident.events import Details, IncidentEvent
from workflows.incident.stamps import Stamp, end_of_second
from workflows.incident.values import Acknowledgement, Comment, Reference, Responder, Snapshot, Status

ADA = Reference(id="PUSER01", name="Ada Ops")
BO = Reference(id="PUSER02", name="Bo Call")
CY = Reference(id="PUSER03", name="Cy Lead")


class Life:
    """One incident as PagerDuty has it. Everything happens a second apart, under growing event ids."""

    def __init__(self, incident_id: str | None = None, *, began: datetime | None = None) -> None:
        self.incident_id = incident_id or f"Q{uuid.uuid4().hex[:12].upper()}"
        self.now = (began or datetime.now(UTC)).replace(microsecond=123_000)
        self.created = self.now
        self.status: Status = "triggered"
        self.status_at = self.now
        self.status_by: Reference | None = ADA
        self.priority: Reference | None = None
        self._number = itertools.count(1)

    # Events that carry the whole incident

    def triggers(self) -> IncidentEvent:
        return self.becomes("triggered", "triggered", agent=None)

    def is_acknowledged(self, *, by: Reference = ADA) -> IncidentEvent:
        return self.becomes("acknowledged", "acknowledged", agent=by)

    def is_resolved(self, *, by: Reference = ADA) -> IncidentEvent:
        return self.becomes("resolved", "resolved", agent=by)

    def reopens(self) -> IncidentEvent:
        return self.becomes("reopened", "triggered")

    def escalates(self) -> IncidentEvent:
        return self.becomes("escalated", "triggered")

    def gets_priority(self, name: str) -> IncidentEvent:
        self.priority = Reference(id=f"PRIO{name}", name=name)
        return self.becomes("priority_updated", self.status)

    def becomes(
        self, event: str, status: Status, *, agent: Reference | None = ADA, **more: Any
    ) -> IncidentEvent:
        self.now += timedelta(seconds=1)
        if status != self.status or event == "triggered":
            self.status, self.status_at, self.status_by = status, self.now, agent
        return self._event(f"incident.{event}", agent=agent, snapshot=self.snapshot(status, **more))

    def tells_what_a_click_did(self, *, off_by: timedelta = timedelta(0)) -> IncidentEvent:
        """The event that follows a change which PagerDuty's answer to the press has told already.

        ``off_by``: how much later than the answer has it.
        """
        event = self.becomes(self.status, self.status, agent=self.status_by)
        return event.model_copy(update={"occurred_at": self.status_at + off_by})

    # Events about one thing

    def is_noted(self, text: str) -> IncidentEvent:
        self.now += timedelta(seconds=1)
        note = Comment(id=f"NOTE-{text}", text=text, author="Ada Ops", at=self.now)
        return self._event("incident.annotated", agent=ADA, note=note)

    def gets_status_update(self, text: str) -> IncidentEvent:
        self.now += timedelta(seconds=1)
        update = Comment(id=f"UPDATE-{text}", text=text, author="Ada Ops", at=self.now)
        return self._event("incident.status_update_published", agent=ADA, status_update=update)

    def asks_for_help(self, person: Reference = CY) -> IncidentEvent:
        return self.tells("incident.responder.added", responder=Responder(person=person, state="pending"))

    def is_answered(self, person: Reference = CY, state: str = "joined") -> IncidentEvent:
        return self.tells("incident.responder.replied", responder=Responder(person=person, state=state))

    def tells(self, event_type: str, **content: Any) -> IncidentEvent:
        """Any other event, with what it carries."""
        self.now += timedelta(seconds=1)
        return self._event(event_type, agent=ADA, **content)

    # What REST says

    def set_status(self, status: Status, *, by: Reference = ADA) -> None:
        """PagerDuty's own state changes; the event is yet to come."""
        self.now += timedelta(seconds=1)
        self.status, self.status_at, self.status_by = status, self.now, by

    def details(self, *, read_for: Stamp | None = None, **more: Any) -> Details:
        """PagerDuty empties the list of acknowledgements as soon as the incident is resolved."""
        second = self.status_at.replace(microsecond=0)
        acknowledged = self.status == "acknowledged" and self.status_by is not None
        given = {
            "snapshot": self.snapshot(self.status),
            "status_changed_at": second,
            "status_changed_by": self.status_by,
            "acknowledgements": (Acknowledgement(person=self.status_by, at=second),) if acknowledged else (),
            "read_for": read_for or Stamp(at=end_of_second(self.status_at)),
            **more,
        }
        return Details(**given)

    def snapshot(self, status: Status, **more: Any) -> Snapshot:
        given = {
            "number": 42,
            "title": "Checkout latency",
            "status": status,
            "urgency": "high",
            "priority": self.priority,
            "service": Reference(id="PSVC001", name="Checkout"),
            "assignees": (BO,),
            "assignee_count": 1,
            "created_at": self.created.replace(microsecond=0),
            **more,
        }
        return Snapshot(**given)

    def _event(self, event_type: str, **content: Any) -> IncidentEvent:
        return IncidentEvent(
            event_id=f"01E{next(self._number):08}",
            event_type=event_type,
            occurred_at=self.now,
            account="acme",
            incident_id=self.incident_id,
            **content,
        )


def under_another_id(event: IncidentEvent) -> IncidentEvent:
    """The same transition as a second webhook subscription delivers it."""
    return event.model_copy(update={"event_id": f"{event.event_id}-again"})
