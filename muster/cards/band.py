"""The band at the top of the card: state, who brought it about, and when."""

from muster.cards.blocks import Block, line, panel, run, sides
from muster.cards.facts import name_of
from muster.cards.tables import NAME_LIMIT, PRIORITY_LIMIT, STATUS_STYLES, URGENCIES
from muster.cards.text import literal
from muster.cards.words import duration, instant_after, listed
from workflows.channel_incident.view import View

_MOST_PEOPLE = 2


def status_band(view: View) -> Block:
    """State and who on the first line, circumstances on the second with the importance at their right.

    Names have a whole line to themselves, or a phone would break it in one state and not in the next.
    """
    style = STATUS_STYLES[view.status]
    rows = [line(run(f"{style.symbol} {_state(view)}", weight="Bolder", size="Medium", color=style.style))]
    left, right = [], []
    if circumstances := " · ".join(_circumstances(view)):
        left.append(line(run(circumstances, size="Small", isSubtle=True)))
    if importance := _importance(view):
        text = run(importance, weight="Bolder", color=style.style)
        right.append(line(text, horizontalAlignment="Right"))
    if left or right:
        rows.append(sides(left, right, spacing="None"))
    return panel(style.style, *rows, bleed=True)


def _state(view: View) -> str:
    who = _who(view)
    state = STATUS_STYLES[view.status].word + (f" by {who}" if who else "")
    return f"{state} · reopened" if view.reopened else state


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
    parts += {"triggered": _waiting, "acknowledged": _taken, "resolved": _over}[view.status](view)
    return [part for part in parts if part]


def _waiting(view: View) -> list[str]:
    return [f"opened {instant_after(view.opened_at, view.opened_at)}"] if view.opened_at else []


def _taken(view: View) -> list[str]:
    if not view.acknowledgements:
        return []
    first = view.acknowledgements[0].at
    text = instant_after(first, view.opened_at)
    return [f"{text}, {duration(first - view.opened_at)} after it opened" if view.opened_at else text]


def _over(view: View) -> list[str]:
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
    urgency = URGENCIES[view.urgency] if view.urgency else ""
    if priority and urgency:
        return f"{priority} · {urgency}"
    return priority or (f"{urgency} urgency" if urgency else "")
