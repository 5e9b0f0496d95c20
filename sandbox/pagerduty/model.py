"""The account's data: incidents with their log, webhook subscriptions, webhooks, and recorded calls."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Status = Literal["triggered", "acknowledged", "resolved"]
Severity = Literal["info", "warning", "error", "critical"]
Urgency = Literal["high", "low"]
Reply = Literal["joined", "declined"]
ServiceState = Literal["enabled", "disabled", "deleted"]


class Value(BaseModel):
    """A frozen piece of the account's state."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Assignment(Value):
    """A user to whom an incident is assigned, and since when."""

    user: str
    at: datetime


class Acknowledgement(Value):
    """A user who acknowledged an incident, and when."""

    user: str
    at: datetime


class ConferenceBridge(Value):
    """Phone number and address at which the responders talk."""

    conference_number: str | None = None
    conference_url: str | None = None


class Note(Value):
    """A remark on an incident."""

    id: str
    user: str
    content: str
    created_at: datetime


class StatusUpdate(Value):
    """A message to the stakeholders."""

    id: str
    user: str
    message: str
    created_at: datetime
    subject: str | None = None
    html_message: str | None = None


class Responder(Value):
    """A user who was asked to help, directly or through an escalation policy."""

    user: str
    state: Literal["pending", "joined", "declined"]
    message: str
    requester: str
    requested_at: datetime
    updated_at: datetime
    escalation_policy: str | None = None


class Target(Value):
    """A user or an escalation policy that a responder request names."""

    id: str
    type: Literal["user_reference", "escalation_policy_reference"]


class ResponderRequest(Value):
    """One request for responders."""

    id: str
    requester: str
    requested_at: datetime
    message: str
    targets: tuple[Target, ...]


class LogEntry(Value):
    """One log entry of an incident; ``kind`` is the API's type without ``_log_entry``."""

    id: str
    kind: str
    at: datetime
    user: str
    """The id of the user, or of the service where no user did it."""
    summary: str
    note: str | None = None
    assignees: tuple[str, ...] = ()
    channel: dict[str, Any] | None = None
    """How a trigger came, in the API's shape; other entries have none."""
    contexts: tuple[dict[str, Any], ...] = ()
    """Links and images of a trigger, in the API's shape."""


class Alert(Value):
    """What a monitoring tool reported; times in whole seconds."""

    id: str
    alert_key: str
    summary: str
    severity: Severity
    status: Literal["triggered", "resolved"]
    created_at: datetime
    resolved_at: datetime | None = None
    integration: str
    """The name of the service's integration that took it."""
    body: Any
    """The API's ``body``; an object, unless somebody tries a receiver with something else."""


class MergeTarget(Value):
    """The incident that another was merged into, as it was called then."""

    id: str
    summary: str


class Incident(Value):
    """An incident; times in whole seconds, as in the API."""

    id: str
    number: int
    title: str
    service: str
    urgency: Urgency
    status: Status
    incident_key: str
    incident_type: str
    body: str | dict[str, Any] | None
    priority: str | None
    escalation_policy: str
    escalation_level: int
    escalation_loops: int = 0
    """How often the escalation policy began again."""
    assigned_via: Literal["escalation_policy", "direct_assignment"]
    assignments: tuple[Assignment, ...]
    acknowledgements: tuple[Acknowledgement, ...] = ()
    conference_bridge: ConferenceBridge | None
    created_at: datetime
    updated_at: datetime
    last_status_change_at: datetime
    last_status_change_by: str
    """The id of the user, or of the service where no user did it."""
    reopened_at: datetime | None = None
    resolved_at: datetime | None = None
    custom_fields: dict[str, Any] = {}
    notes: tuple[Note, ...] = ()
    status_updates: tuple[StatusUpdate, ...] = ()
    responders: tuple[Responder, ...] = ()
    responder_requests: tuple[ResponderRequest, ...] = ()
    alerts: tuple[Alert, ...] = ()
    merged_into: MergeTarget | None = None
    log: tuple[LogEntry, ...] = ()

    @property
    def summary(self) -> str:
        """How references call it."""
        return f"[#{self.number}] {self.title}"

    @property
    def is_open(self) -> bool:
        """Whether it is not resolved."""
        return self.status != "resolved"

    @property
    def assignees(self) -> tuple[str, ...]:
        """Ids of the users it is assigned to."""
        return tuple(assignment.user for assignment in self.assignments)

    @property
    def acknowledgers(self) -> tuple[str, ...]:
        """Ids of the users who acknowledged it."""
        return tuple(acknowledgement.user for acknowledgement in self.acknowledgements)


class Header(Value):
    """A header that a subscription wants on its webhooks."""

    name: str
    value: str


class Filter(Value):
    """Whose events a subscription gets: the account's, a service's, or a team's."""

    type: Literal["account_reference", "service_reference", "team_reference"]
    id: str | None = None


class Subscription(Value):
    """A webhook subscription. It has two secrets during a rotation, the newer first."""

    id: str
    method_id: str
    url: str
    description: str | None
    events: tuple[str, ...]
    filter: Filter
    secrets: tuple[str, ...]
    custom_headers: tuple[Header, ...] = ()
    active: bool = True
    drops: int = 0
    """Webhooks dropped since the last one that was accepted."""
    disabled_until: datetime | None = None


class Attempt(Value):
    """One attempt to deliver a webhook, and its result."""

    at: datetime
    status: int | None
    ms: int
    error: str | None


class Webhook(Value):
    """One event for one subscription. Its body is kept only while the state is ``waiting``."""

    id: str
    """``X-Webhook-Id``: the same in every attempt."""
    subscription: str
    event: str
    event_type: str
    incident: str | None
    created_at: datetime
    body: str
    state: Literal["waiting", "delivered", "dropped", "lost"] = "waiting"
    attempts: tuple[Attempt, ...] = ()
    fault: Literal["slow", "duplicate", "reorder"] | None = None
    fault_seconds: float = 0


class Write(Value):
    """A REST call that writes, as it arrived."""

    at: datetime
    method: str
    path: str
    user: str | None
    status: int
    body: Any


class Read(Value):
    """A REST call that reads."""

    at: datetime
    path: str
    status: int
