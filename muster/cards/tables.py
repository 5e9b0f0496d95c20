"""The tables that drive the card: what each state looks like and is called."""

from typing import Literal, NamedTuple

from workflows.channel_incident.view import Missing
from workflows.incident.event_types import Transition
from workflows.incident.values import Status, Urgency

Style = Literal["attention", "warning", "good"]

NAME_LIMIT = 40
"""Characters of a person's or a thing's name."""
PRIORITY_LIMIT = 12


class StatusStyle(NamedTuple):
    """A status as people see it; the word and the symbol tell it without the colour."""

    style: Style
    """Both the band's container style and the colour of its text."""
    symbol: str
    word: str


class Answer(NamedTuple):
    """How a responder answered the request for help."""

    symbol: str
    word: str


STATUS_STYLES: dict[Status, StatusStyle] = {
    "triggered": StatusStyle("attention", "🔴", "Triggered"),
    "acknowledged": StatusStyle("warning", "🟠", "Acknowledged"),
    "resolved": StatusStyle("good", "🟢", "Resolved"),
}

URGENCIES: dict[Urgency, str] = {"high": "High", "low": "Low"}

ANSWERS: dict[str, Answer] = {
    "pending": Answer("…", "asked"),
    "joined": Answer("✓", "joined"),
    "declined": Answer("✗", "declined"),
    "cancelled": Answer("–", "no longer asked"),
}
"""By PagerDuty's state; one that is not here is shown by its own name."""

MISSING: dict[Missing, str] = {
    "details": "Responders and custom fields are still missing; they appear once PagerDuty can be read.",
    "restore": "PagerDuty's latest state is still missing; it appears once PagerDuty can be read.",
}

HIGHLIGHTS: dict[Transition, tuple[str, str]] = {
    "resolved": ("🟢", "Resolved"),
    "reopened": ("🔴", "Reopened"),
    "escalated": ("⏫", "Escalated"),
    "priority_raised": ("⬆️", "Priority raised"),
}
