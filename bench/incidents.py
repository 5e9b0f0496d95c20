"""Incidents that a benchmark makes up: their webhook events, and what REST says of them."""

import itertools
import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

_numbers = itertools.count(1)

PACE = timedelta(seconds=20)
"""The time between two events of an incident, as if people made them. A whole life stays within ten minutes:
so long a change of status is news for the thread."""

ADA = {"id": "PUSER01", "type": "user_reference", "summary": "Ada Ops"}


def _now() -> datetime:
    return datetime.now(UTC)


def _whole(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Incident:
    """One incident of a service; its title is its id.

    ``pace`` is the time between two of its events, by its own clock; without a pace each happens now.
    PagerDuty's REST gives whole seconds, so Muster reads again what happened within one second.
    """

    service: str
    pace: timedelta | None = None
    responders: tuple[str, ...] = ()
    """PagerDuty's ids of who was asked to help."""
    id: str = field(default_factory=lambda: f"Q{uuid.uuid4().hex[:13].upper()}")
    number: int = field(default_factory=lambda: next(_numbers))
    status: str = "triggered"
    created_at: datetime = field(default_factory=_now)

    def __post_init__(self) -> None:
        self._latest = self.changed_at = self.created_at

    def _happens(self) -> datetime:
        """The time of the next event."""
        self._latest = _now() if self.pace is None else self._latest + self.pace
        return self._latest

    def become(self, status: str) -> None:
        """Change the status, now."""
        if status != self.status:
            self.status, self.changed_at = status, self._happens()

    def event(self, name: str) -> bytes:
        """The webhook body of ``incident.<name>``; triggered, acknowledged and resolved change the status.

        Like PagerDuty's, the event of a change of status happened when the status changed.
        """
        if name in ("triggered", "acknowledged", "resolved"):
            self.become(name)
            occurred_at = self.changed_at
        else:
            occurred_at = self._happens()
        data = self._note() if name == "annotated" else self._snapshot()
        event = {
            "id": f"01{uuid.uuid4().hex[:24].upper()}",
            "event_type": f"incident.{name}",
            "resource_type": "incident",
            "occurred_at": occurred_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "agent": ADA,
            "client": None,
            "data": data,
        }
        return json.dumps({"event": event}).encode()

    def rest(self) -> dict[str, Any]:
        """What ``GET /incidents/{id}`` answers."""
        acknowledged = [{"at": _whole(self.changed_at), "acknowledger": ADA}]
        return self._shared() | {
            "incident_number": self.number,
            "last_status_change_at": _whole(self.changed_at),
            "last_status_change_by": ADA,
            "incidents_responders": [
                {"state": "joined", "user": {"id": user, "type": "user_reference", "summary": user}}
                for user in self.responders
            ],
            "assignments": [{"at": _whole(self.created_at), "assignee": ADA}],
            "acknowledgements": acknowledged if self.status == "acknowledged" else [],
            "alert_counts": {"all": 1, "triggered": 1, "resolved": 0},
        }

    def alerts(self) -> dict[str, Any]:
        """What ``GET /incidents/{id}/alerts`` answers."""
        alert = {
            "id": f"{self.id}ALERT",
            "type": "alert",
            "summary": "p99 of checkout is above 2 s",
            "severity": "critical",
            "body": {
                "type": "alert_body",
                "contexts": [
                    {"type": "link", "href": "https://wiki.example/runbooks/checkout", "text": "Runbook"}
                ],
                "cef_details": {"source_origin": "checkout-7d9f8b6c5d-x2x7q"},
            },
        }
        return {"alerts": [alert], "limit": 3, "offset": 0, "more": False}

    def _snapshot(self) -> dict[str, Any]:
        return self._shared() | {"number": self.number, "assignees": [ADA]}

    def _note(self) -> dict[str, Any]:
        return {
            "id": uuid.uuid4().hex[:14],
            "type": "incident_note",
            "content": "Deploy 4711 rolled back, error rate falling.",
            "incident": {"id": self.id, "type": "incident_reference"},
        }

    def _shared(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "type": "incident",
            "html_url": f"https://acme.pagerduty.com/incidents/{self.id}",
            "status": self.status,
            "title": self.id,
            "urgency": "high",
            "created_at": _whole(self.created_at),
            "service": {"id": self.service, "type": "service_reference", "summary": "Checkout"},
            "escalation_policy": {"id": "PEP0001", "summary": "Payments on-call"},
            "priority": {"id": "PPRIO01", "summary": "P1"},
            "incident_type": {"name": "incident_default"},
            "teams": [],
        }
