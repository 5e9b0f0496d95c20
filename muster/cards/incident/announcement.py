"""The short reply in a card's thread that announces a transition: an edit of the card notifies nobody."""

from muster.cards.formatting import duration, listed
from muster.cards.incident.names import NAME_LIMIT, PRIORITY_LIMIT, merged_into
from muster.cards.text import escape, web_link
from workflows.channel_incident.view import View
from workflows.incident.event_types import Transition

_MOST_PEOPLE = 3
_TRANSITIONS: dict[Transition, str] = {
    "resolved": "🟢 Resolved",
    "reopened": "🔴 Reopened",
    "escalated": "⏫ Escalated",
    "priority_raised": "⬆️ Priority raised",
}


def announcement_text(view: View, transition: Transition, *, by: str | None) -> str:
    """One line of Markdown: what happened, and ``by`` whom where that is known."""
    who = escape(by or "", NAME_LIMIT)
    parts = [
        _what(view, transition),
        _to(view, transition),
        f"by {who}" if who else "",
        _after(view, transition),
    ]
    return " ".join(part for part in parts if part)


def _what(view: View, transition: Transition) -> str:
    taker = view.merged_into if transition == "resolved" else None
    if taker is None:
        return _TRANSITIONS[transition]
    name, url = merged_into(taker, escape), web_link(taker.url)
    return f"🟢 Merged into {name}" + (f" ([PagerDuty]({url}))" if url else "")


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
