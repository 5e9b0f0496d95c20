"""The short reply in a card's thread for what must not pass unnoticed: an edit notifies nobody."""

from datetime import timedelta

from muster.cards.tables import HIGHLIGHTS, NAME_LIMIT, PRIORITY_LIMIT
from muster.cards.text import escape
from muster.cards.words import duration, listed
from workflows.channel_incident.view import View
from workflows.incident.event_types import Transition

_MOST_PEOPLE = 3


def highlight_text(view: View, transition: Transition, *, by: str | None) -> str:
    """One line of Markdown: what happened, and ``by`` whom where that is known."""
    symbol, word = HIGHLIGHTS[transition]
    who = escape(by or "", NAME_LIMIT)
    parts = [symbol, word, _to(view, transition), f"by {who}" if who else "", _after(view, transition)]
    return " ".join(part for part in parts if part)


def _to(view: View, transition: Transition) -> str:
    if transition == "priority_raised" and view.priority:
        return f"to {escape(view.priority, PRIORITY_LIMIT)}"
    if transition == "escalated" and view.assignees:
        names = [escape(person.name or person.id, NAME_LIMIT) for person in view.assignees]
        return f"to {listed(names, total=max(view.assignee_count, len(names)), most=_MOST_PEOPLE)}"
    return ""


def _after(view: View, transition: Transition) -> str:
    open_for: timedelta | None = None
    if transition == "resolved" and view.opened_at and view.resolved_at:
        open_for = view.resolved_at - view.opened_at
    return f"after {duration(open_for)}" if open_for is not None else ""
