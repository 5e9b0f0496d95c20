"""The part of the card that **Details** opens: what fires, and where to look."""

from muster.cards.elements import Container, Element, container, rich_text_block, text_block, text_run
from muster.cards.rich_text import lines_with_links, linked, markdown_link
from muster.cards.text import literal
from workflows.channel_incident.view import View
from workflows.incident.values import Alert, Alerts

DETAILS = "details"
"""Id of the container that a button shows and hides."""

_TITLE_LIMIT = 1_024
_DESCRIPTION_LIMIT = 1_200
_DESCRIPTION_LINES = 15
_SUMMARY_LIMIT = 200
_SOURCE_LIMIT = 120
"""The whole name of a pod or a host: somebody copies it."""


def details_of(view: View, *, title_shown: str) -> Container | None:
    """The whole title where ``title_shown`` is less, the description and the alerts, closed at first.

    ``None`` where there is nothing more to tell.
    """
    items: list[Element] = []
    whole = literal(view.title, _TITLE_LIMIT)
    if whole != title_shown:
        items.append(rich_text_block(text_run(whole, weight="Bolder")))
    if view.description:
        items += lines_with_links(view.description, limit=_DESCRIPTION_LIMIT, most_lines=_DESCRIPTION_LINES)
    if view.alerts and view.alerts.first:
        items += _alerts(view.alerts)
    if not items:
        return None
    return container(*items, id=DETAILS, isVisible=False, style="emphasis", spacing="Small")


def _alerts(alerts: Alerts) -> list[Element]:
    items: list[Element] = [text_block("Alerts", size="Small", isSubtle=True, spacing="Medium")]
    for alert in alerts.first:
        items += _alert(alert)
    left = alerts.count - len(alerts.first)
    if left > 0:
        items.append(
            text_block(f"… and {left} more in PagerDuty", size="Small", isSubtle=True, spacing="Small")
        )
    return items


def _alert(alert: Alert) -> list[Element]:
    items: list[Element] = [
        rich_text_block(text_run(literal(alert.summary, _SUMMARY_LIMIT)), spacing="Small")
    ]
    origin = [literal(part, _SOURCE_LIMIT) for part in (alert.severity, alert.source) if part]
    if origin:
        items.append(
            rich_text_block(text_run(" · ".join(origin), size="Small", isSubtle=True), spacing="None")
        )
    links = [markdown_link(link.text, link.url) for link in alert.links]
    if fit := [link for link in links if link]:
        items.append(linked(fit))
    return items
