"""The bodies of the calls under ``/_sandbox``."""

from typing import Any, Self

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, model_validator

from sandbox.pagerduty.alerts import NewAlert
from sandbox.pagerduty.directory import Directory
from sandbox.pagerduty.events import encode
from sandbox.pagerduty.incident_requests import (
    IncidentDetails,
    IncidentTypeReference,
    NewIncident,
    Reference,
    known_priority,
)
from sandbox.pagerduty.incident_types import BASE
from sandbox.pagerduty.model import Urgency


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class WebhookBody(_Body):
    """What to send: an event, or a body as it is. Without ``subscription`` it goes to the oldest one."""

    event: dict[str, Any] | None = None
    raw: str | None = None
    """A text; it need not be JSON."""
    raw_base64: Base64Bytes | None = None
    """Bytes; they need not be text."""
    subscription: str | None = None

    @model_validator(mode="after")
    def _has_one(self) -> Self:
        if sum(one is not None for one in (self.event, self.raw, self.raw_base64)) != 1:
            raise ValueError('exactly one of "event", "raw" and "raw_base64" is sent')
        return self

    def sent(self) -> bytes:
        """The body of the webhook."""
        if self.event is not None:
            return encode(self.event).encode()
        return self.raw_base64 or (self.raw or "").encode()


class IncidentBody(_Body):
    """An incident that monitoring reports. Without ``alerts`` it gets one to three plausible ones."""

    title: str
    service: str
    description: str | dict[str, Any] | None = None
    urgency: Urgency = "high"
    priority: str | None = None
    """Its id or name."""
    incident_type: str = BASE
    incident_key: str | None = None
    alerts: list[NewAlert] | None = None

    def wanted(self, directory: Directory) -> NewIncident:
        """The request that ``POST /incidents`` would take."""
        priority = known_priority(self.priority, directory) if self.priority else None
        return NewIncident(
            type="incident",
            title=self.title,
            service=Reference(id=self.service),
            urgency=self.urgency,
            priority=Reference(id=priority) if priority else None,
            body=IncidentDetails(details=self.description),
            incident_type=IncidentTypeReference(name=self.incident_type),
            incident_key=self.incident_key,
            alerts=self.alerts,
        )


class ClockBody(_Body):
    """How many seconds to move the clock ahead."""

    advance: float = Field(ge=0)
