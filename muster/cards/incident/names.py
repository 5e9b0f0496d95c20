"""What an incident, a person and a thing of PagerDuty are called, and how long a name may be."""

from collections.abc import Callable

from muster.cards.text import literal
from workflows.channel_incident.view import View
from workflows.incident.values import MergedInto, Reference

TITLE_LIMIT = 160
"""Characters of an incident's title."""
NAME_LIMIT = 40
"""Characters of a person's or a thing's name."""
_TAKER_LIMIT = 80
PRIORITY_LIMIT = 12
"""Characters of a priority's name."""


def name_of(thing: Reference) -> str:
    """What people call it, for a ``TextRun``."""
    return literal(thing.name, NAME_LIMIT) or literal(thing.id, NAME_LIMIT)


def numbered(view: View, title: str) -> str:
    """``#42 Title``: the incident's number with its ``title``, each where there is one."""
    number = f"#{view.number}" if view.number is not None else ""
    return " ".join(part for part in (number, title) if part)


def merged_into(taker: MergedInto, written: Callable[[str, int], str]) -> str:
    """``#77 Payments down``: the incident that took another one over, as ``written`` for its place."""
    number = f"#{taker.number}" if taker.number is not None else ""
    title = written(taker.title, _TAKER_LIMIT)
    return " ".join(part for part in (number, title) if part) or f"incident {taker.id}"
