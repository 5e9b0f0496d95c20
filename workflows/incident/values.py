"""An incident as PagerDuty tells it, normalised: the values that events carry and state keeps.

Every text is clipped where it enters (``muster.payloads``), so that a signal stays below 24 KB.
"""

from typing import Literal

from pydantic import AwareDatetime

from workflows.values import Value

Status = Literal["triggered", "acknowledged", "resolved"]
Urgency = Literal["high", "low"]


class Reference(Value):
    """A PagerDuty object by id, with the name that people know it by."""

    id: str
    name: str = ""


class Bridge(Value):
    """A conference bridge: an address, a number to dial, or both."""

    url: str | None = None
    number: str | None = None


class MergedInto(Value):
    """The incident that took another one over."""

    id: str
    number: int | None = None
    title: str = ""
    url: str | None = None


class Snapshot(Value):
    """The whole incident as one event or one REST answer showed it; replaced as a whole."""

    number: int | None = None
    title: str = ""
    url: str | None = None
    status: Status
    urgency: Urgency | None = None
    priority: Reference | None = None
    service: Reference | None = None
    escalation_policy: Reference | None = None
    incident_type: str | None = None
    """PagerDuty's own name of the type (``major_default``), ``None`` for its base type."""
    assignees: tuple[Reference, ...] = ()
    """The first of them; ``assignee_count`` tells how many there are."""
    assignee_count: int = 0
    teams: tuple[Reference, ...] = ()
    bridge: Bridge | None = None
    merged_into: MergedInto | None = None
    """Set where a merge resolved the incident."""
    created_at: AwareDatetime | None = None


class Standing(Value):
    """How an incident stands: its status, and the name of who brought that about, where it is known."""

    status: Status
    by: str | None = None


class Comment(Value):
    """Something a person said about the incident: a note or a status update."""

    id: str
    text: str
    author: str | None = None
    at: AwareDatetime


class Acknowledgement(Value):
    """Who acknowledged, and when (whole seconds, as REST has them)."""

    person: Reference
    at: AwareDatetime


class Responder(Value):
    """Somebody asked to help; ``state`` as PagerDuty names it (pending, joined, declined, …)."""

    person: Reference
    state: str


class Role(Value):
    """An incident role and who holds it; ``holder`` is ``None`` once unassigned."""

    id: str
    name: str
    holder: Reference | None = None


class Task(Value):
    """A task on the incident; ``status`` as PagerDuty names it (todo, in_progress, …)."""

    id: str
    name: str
    status: str
    assignees: tuple[Reference, ...] = ()


class Field(Value):
    """A custom field that has a value, ready to be read by people."""

    id: str
    name: str
    value: str


class Link(Value):
    """A web address and what it is called."""

    text: str
    url: str


class Alert(Value):
    """What a monitoring tool reported."""

    summary: str
    source: str = ""
    """Where it comes from: a host, a service, an integration."""
    severity: str = ""
    """As PagerDuty names it: critical, error, warning, info."""
    links: tuple[Link, ...] = ()
    """Runbook, dashboard and the like."""


class Alerts(Value):
    """The first alerts of an incident."""

    first: tuple[Alert, ...] = ()
    count: int = 0
    """Of all of them."""


class Escalation(Value):
    """Where the incident stands in its escalation policy, as far as that can be told."""

    level: int | None = None
    """Counted from 1."""
    at: AwareDatetime | None = None
    """When it escalates unless somebody acknowledges."""
    next_level: int | None = None


class TypeName(Value):
    """PagerDuty's own name of an incident type, and the one that people know."""

    name: str
    shown: str


class ActionRun(Value):
    """A workflow run or an automation action that somebody or something started."""

    id: str
    name: str
    state: str
