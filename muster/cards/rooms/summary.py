"""How an incident went, as its chat is told a minute after the resolve."""

from muster.cards.formatting import duration
from muster.cards.incident.names import NAME_LIMIT, TITLE_LIMIT
from muster.cards.text import escape, web_link
from workflows.incident_room.activities import SumUp


def summary_text(request: SumUp) -> str:
    """One line of Markdown: how long, who resolved it, notes, people, and the link."""
    parts = [f"🏁 **{_incident(request)}** was resolved"]
    if request.resolved_by:
        parts.append(f"by {escape(request.resolved_by, NAME_LIMIT)}")
    if request.opened_at is not None:
        parts.append(f"after {duration(request.resolved_at - request.opened_at)}")
    counts = [_counted(request.notes, "note"), _counted(request.people, "person", "people")]
    line = " ".join(parts) + f" · {' · '.join(counts)}"
    url = web_link(request.incident_url)
    return f"{line} · [PagerDuty]({url})" if url else line


def _incident(request: SumUp) -> str:
    """``#42 Checkout is slow``; what begins or ends with a blank would not be bold."""
    number = f"#{request.number}" if request.number is not None else ""
    named = " ".join(part for part in (number, escape(request.title, TITLE_LIMIT)) if part)
    return named or f"Incident {escape(request.room.incident_id, NAME_LIMIT)}"


def _counted(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"
