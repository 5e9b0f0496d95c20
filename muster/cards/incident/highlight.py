"""The short reply in a card's thread that announces a transition: an edit of the card notifies nobody."""

from muster.cards.formatting import duration, listed
from muster.cards.incident.names import NAME_LIMIT, PRIORITY_LIMIT
from muster.cards.text import escape
from workflows.channel_incident.view import View
from workflows.incident.event_types import Transition

_MOST_PEOPLE = 3
_TRANSITIONS: dict[Transition, str] = {
    "resolved": "🟢 Resolved",
    "reopened": "🔴 Reopened",
    "escalated": "⏫ Escalated",
    "priority_raised": "⬆️ Priority raised",
}


def highlight_text(view: View, transition: Transition, *, by: str | None) -> str:
    """One line of Markdown: what happened, and ``by`` whom where that is known."""
    who = escape(by or "", NAME_LIMIT)
    parts = [
        _TRANSITIONS[transition],
        _to(view, transition),
        f"by {who}" if who else "",
        _after(view, transition),
    ]
    return " ".join(part for part in parts if part)


def _to(view: View, transition: Transition) -> str:
    if transition == "priority_raised" and view.priority:
        return f"to {escape(view.priority, PRIORITY_LIMIT)}"
    if transition == "escalated" and view.assignees:
        names = [escape(person.name or person.id, NAME_LIMIT) for person in view.assignees]
        return f"to {listed(names, total=max(view.assignee_count, len(names)), most=_MOST_PEOPLE)}"
    return ""


def _after(view: View, transition: Transition) -> str:
    if transition == "resolved" and view.opened_at and view.resolved_at:
        return f"after {duration(view.resolved_at - view.opened_at)}"
    return ""
