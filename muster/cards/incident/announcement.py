"""The short line beside a card that announces news: an edit of the card notifies nobody."""

from muster.cards.formatting import duration, listed
from muster.cards.incident.names import NAME_LIMIT, PRIORITY_LIMIT, merged_into
from muster.cards.text import escape, web_link
from workflows.channel_incident.view import View
from workflows.incident.event_types import News
from workflows.incident.news import Announcement
from workflows.incident.values import Responder

_MOST_PEOPLE = 3
_COMMENT_LIMIT = 200
_STATE_LIMIT = 20
_WORDS: dict[News, str] = {
    "resolved": "🟢 Resolved",
    "reopened": "🔴 Reopened",
    "escalated": "⏫ Escalated",
    "priority_raised": "⬆️ Priority raised",
    "status_update": "📣 Status update",
    "note": "📝 Note",
}
"""Of what is told by its kind; who answered a call for help is told by name."""
_ANSWERS = {
    "pending": "has not answered yet",
    "joined": "joined",
    "declined": "declined to join",
    "cancelled": "is not asked any more",
}
"""By PagerDuty's state of a responder; a state that is not here is shown by its own name."""


def announcement_text(view: View, announcement: Announcement, *, names_incident: bool = False) -> str:
    """One line of Markdown: what happened, and by whom where that is known.

    ``names_incident``: it stands in no thread of the incident's card.
    """
    line = _what_happened(view, announcement)
    if not names_incident or view.number is None:
        return line
    symbol, words = line.split(" ", 1)
    return f"{symbol} #{view.number} · {words}"


def _what_happened(view: View, announcement: Announcement) -> str:
    parts = (
        _what(view, announcement),
        _to(view, announcement),
        _by(announcement),
        _after(view, announcement),
    )
    line = " ".join(part for part in parts if part)
    return f"{line}: {escape(announcement.comment.text, _COMMENT_LIMIT)}" if announcement.comment else line


def _what(view: View, announcement: Announcement) -> str:
    if announcement.responder is not None:
        return f"🙋 {_answer_of(announcement.responder)}"
    taker = view.merged_into if announcement.news == "resolved" else None
    if taker is None:
        return _WORDS[announcement.news]
    name, url = merged_into(taker, escape), web_link(taker.url)
    return f"🟢 Merged into {name}" + (f" ([PagerDuty]({url}))" if url else "")


def _to(view: View, announcement: Announcement) -> str:
    match announcement.news:
        case "priority_raised" if view.priority:
            return f"to {escape(view.priority, PRIORITY_LIMIT)}"
        case "escalated" if view.assignees:
            names = [escape(person.name or person.id, NAME_LIMIT) for person in view.assignees]
            return f"to {listed(names, total=max(view.assignee_count, len(names)), most=_MOST_PEOPLE)}"
        case _:
            return ""


def _by(announcement: Announcement) -> str:
    """Whoever answered is named by the answer, and whoever wrote by what they wrote."""
    if announcement.news == "responder_replied":
        return ""
    by = announcement.comment.author if announcement.comment else announcement.by
    who = escape(by or "", NAME_LIMIT)
    return f"by {who}" if who else ""


def _answer_of(responder: Responder) -> str:
    name = escape(responder.person.name or responder.person.id, NAME_LIMIT)
    return f"{name} {_ANSWERS.get(responder.state) or escape(responder.state, _STATE_LIMIT)}"


def _after(view: View, announcement: Announcement) -> str:
    if announcement.news == "resolved" and view.opened_at and view.resolved_at:
        return f"after {duration(view.resolved_at - view.opened_at)}"
    return ""
