"""The band at the top of the card: the status, who brought it about, and when."""

from datetime import datetime

from muster.cards.elements import (
    Container,
    Element,
    action_open_url,
    column,
    column_set,
    container,
    rich_text_block,
    text_block,
    text_run,
)
from muster.cards.formatting import duration, instant, instant_after, listed
from muster.cards.incident.names import NAME_LIMIT, PRIORITY_LIMIT, merged_into, name_of
from muster.cards.incident.status_style import STATUS_STYLES
from muster.cards.text import literal, plain, web_link
from workflows.channel_incident.view import View
from workflows.incident.values import Urgency

_MOST_PEOPLE = 2
_URGENCIES: dict[Urgency, str] = {"high": "High", "low": "Low"}


def status_band(view: View) -> Container:
    """Status and who; type and service, with the importance at their right; what happened when.

    No other text stands beside names: a phone would wrap such a line in one status and not in the next.
    """
    style = STATUS_STYLES[view.status]
    status = text_run(f"{style.symbol} {_status(view)}", weight="Bolder", size="Medium", color=style.style)
    rows: list[Element] = [_linked_to_taker(view, rich_text_block(status))]
    left: list[Element] = []
    right: list[Element] = []
    if origin := " · ".join(_origin(view)):
        left.append(rich_text_block(text_run(origin, size="Small", isSubtle=True)))
    if importance := _importance(view):
        text = text_run(importance, weight="Bolder", color=style.style)
        right.append(rich_text_block(text, horizontalAlignment="Right"))
    if left or right:
        rows.append(
            column_set(
                column("stretch", *left, verticalContentAlignment="Center"),
                column("auto", *right, verticalContentAlignment="Center"),
                spacing="None",
            )
        )
    if times := " · ".join(_times(view)):
        rows.append(text_block(times, size="Small", isSubtle=True, spacing="None"))
    return container(*rows, style=style.style, bleed=True)


def _linked_to_taker(view: View, status: Element) -> Element:
    """The line *Merged into #77 …* opens that incident."""
    url = web_link(view.merged_into.url) if view.merged_into else None
    if url is None or view.merged_into is None:
        return status
    tooltip = f"Open {merged_into(view.merged_into, plain)} in PagerDuty"
    return container(status, selectAction=action_open_url(url, tooltip=tooltip))


def _status(view: View) -> str:
    if view.merged_into:
        return f"Merged into {merged_into(view.merged_into, literal)}"
    who = _who(view)
    status = STATUS_STYLES[view.status].name + (f" by {who}" if who else "")
    return f"{status} · reopened" if view.reopened else status


def _who(view: View) -> str:
    if view.status == "resolved":
        return literal(view.resolved_by or "", NAME_LIMIT)
    if view.status == "acknowledged":
        names = [name_of(acknowledgement.person) for acknowledgement in view.acknowledgements]
        return listed(names, most=_MOST_PEOPLE)
    return ""


def _origin(view: View) -> list[str]:
    parts = [literal(view.incident_type or "", NAME_LIMIT)]
    if view.service:
        parts.append(name_of(view.service))
    return [part for part in parts if part]


def _times(view: View) -> list[str]:
    """Our own words: when it opened, and what came of it after how long."""
    opened = view.opened_at
    times = [f"opened {instant(opened)}"] if opened else []
    if view.status == "acknowledged" and view.acknowledgements:
        times.append(_change("acknowledged", view.acknowledgements[0].at, opened))
    if view.status == "resolved" and view.resolved_at:
        times.append(_change("merged" if view.merged_into else "resolved", view.resolved_at, opened))
    return times


def _change(verb: str, at: datetime, opened: datetime | None) -> str:
    after = f" after {duration(at - opened)}" if opened else ""
    return f"{verb} {instant_after(at, opened)}{after}"


def _importance(view: View) -> str:
    priority = literal(view.priority or "", PRIORITY_LIMIT)
    urgency = _URGENCIES[view.urgency] if view.urgency else ""
    if priority and urgency:
        return f"{priority} · {urgency}"
    return priority or (f"{urgency} urgency" if urgency else "")
