"""The band at the top of the card: the status, who brought it about, and when."""

from muster.cards.elements import Container, Element, column, column_set, container, rich_text_block, text_run
from muster.cards.formatting import duration, instant_after, listed
from muster.cards.incident.names import NAME_LIMIT, PRIORITY_LIMIT, name_of
from muster.cards.incident.status_style import STATUS_STYLES
from muster.cards.text import literal
from workflows.channel_incident.view import View
from workflows.incident.values import Urgency

_MOST_PEOPLE = 2
_URGENCIES: dict[Urgency, str] = {"high": "High", "low": "Low"}


def status_band(view: View) -> Container:
    """Status and who on the first line; circumstances on the second, with the importance at their right.

    No other text stands beside names: a phone would wrap such a line in one status and not in the next.
    """
    style = STATUS_STYLES[view.status]
    status = text_run(f"{style.symbol} {_status(view)}", weight="Bolder", size="Medium", color=style.style)
    rows: list[Element] = [rich_text_block(status)]
    left: list[Element] = []
    right: list[Element] = []
    if circumstances := " · ".join(_circumstances(view)):
        left.append(rich_text_block(text_run(circumstances, size="Small", isSubtle=True)))
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
    return container(*rows, style=style.style, bleed=True)


def _status(view: View) -> str:
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


def _circumstances(view: View) -> list[str]:
    parts = [literal(view.incident_type or "", NAME_LIMIT)]
    if view.service:
        parts.append(name_of(view.service))
    times = {"triggered": _when_opened, "acknowledged": _when_acknowledged, "resolved": _how_long}
    parts += times[view.status](view)
    return [part for part in parts if part]


def _when_opened(view: View) -> list[str]:
    return [f"opened {instant_after(view.opened_at, view.opened_at)}"] if view.opened_at else []


def _when_acknowledged(view: View) -> list[str]:
    if not view.acknowledgements:
        return []
    first = view.acknowledgements[0].at
    text = instant_after(first, view.opened_at)
    return [f"{text}, {duration(first - view.opened_at)} after it opened" if view.opened_at else text]


def _how_long(view: View) -> list[str]:
    if view.opened_at is None:
        return []
    parts = []
    if view.resolved_at:
        parts.append(f"open for {duration(view.resolved_at - view.opened_at)}")
    if view.acknowledgements:
        first = view.acknowledgements[0]
        after = duration(first.at - view.opened_at)
        parts.append(f"acknowledged by {name_of(first.person)} after {after}")
    return parts


def _importance(view: View) -> str:
    priority = literal(view.priority or "", PRIORITY_LIMIT)
    urgency = _URGENCIES[view.urgency] if view.urgency else ""
    if priority and urgency:
        return f"{priority} · {urgency}"
    return priority or (f"{urgency} urgency" if urgency else "")
