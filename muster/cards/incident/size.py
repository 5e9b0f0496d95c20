"""What a card leaves out when it would be larger than Teams takes: first what stands in PagerDuty anyway."""

from collections.abc import Callable, Iterator

from pydantic_core import to_json

from muster.cards.elements import AdaptiveCard
from muster.cards.text import clip
from workflows.channel_incident.view import View
from workflows.incident.values import Alerts, Comment

LIMIT = 28 * 1024
"""Bytes of a card as UTF-8: what every place of Teams takes (docs/platform-facts.md, 5.5)."""

_SHORT = 80


def is_small_enough(card: AdaptiveCard) -> bool:
    """Whether Teams takes the card."""
    return len(to_json(card)) <= LIMIT


def ever_smaller(view: View) -> Iterator[View]:
    """The view, then the same with ever less in it."""
    yield view
    for leave_out in _STEPS:
        view = leave_out(view)
        yield view


def _without_alert_links(view: View) -> View:
    if view.alerts is None:
        return view
    first = tuple(alert.model_copy(update={"links": ()}) for alert in view.alerts.first)
    return view.model_copy(update={"alerts": Alerts(first=first, count=view.alerts.count)})


def _without_details(view: View) -> View:
    return view.model_copy(update={"alerts": None, "description": "", "title": clip(view.title, _SHORT)})


def _without_long_values(view: View) -> View:
    fields = tuple(field.model_copy(update={"value": clip(field.value, _SHORT)}) for field in view.fields)
    return view.model_copy(update={"fields": fields})


def _without_long_comments(view: View) -> View:
    return view.model_copy(
        update={
            "latest_note": _shortened(view.latest_note),
            "peoples_note": _shortened(view.peoples_note),
            "latest_status_update": _shortened(view.latest_status_update),
        }
    )


def _without_other_places(view: View) -> View:
    taker = view.merged_into and view.merged_into.model_copy(update={"url": None})
    return view.model_copy(update={"bridge": None, "merged_into": taker})


def _shortened(comment: Comment | None) -> Comment | None:
    return comment and comment.model_copy(update={"text": clip(comment.text, _SHORT)})


_STEPS: tuple[Callable[[View], View], ...] = (
    _without_alert_links,
    _without_details,
    _without_long_values,
    _without_long_comments,
    _without_other_places,
)
