"""Parsers of what fires: an incident's description, and its alerts.

Source: the schemas *Alert*, *Context* and *TriggerLogEntry* of PagerDuty's REST API. Alerts of the Events API
v2 hold the sender's fields once more under ``cef_details``.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from muster.payloads.values import Body, mapping, mappings, url_of, whole_number
from muster.values import DESCRIPTION, NAME, STATE, VALUE, clipped, clipped_between_addresses
from workflows.incident.values import Alert, Alerts, Link

MOST_ALERTS = 3
_MOST_LINKS = 3
_MOST_LINES = 15
_SOURCES = ("source_origin", "source", "source_component", "client", "host")


def description_of(incident: Body) -> str:
    """What the incident's trigger said beyond the title, as lines of text; empty where it said nothing.

    The summary of a monitoring tool's event is its alert's, and is told with it.
    """
    entry = mapping(incident.get("first_trigger_log_entry"))
    channel = mapping(entry.get("channel"))
    title = clipped(incident.get("title"), DESCRIPTION)
    candidates = (
        mapping(incident.get("body")).get("details"),
        channel.get("details"),
        channel.get("body"),
    )
    texts = (clipped_between_addresses("\n".join(_lines(candidate)), DESCRIPTION) for candidate in candidates)
    return next((text for text in texts if text and text != title), "")


def alerts_of(answer: Body, *, count: int | None) -> Alerts:
    """The first alerts of a list of alerts; ``count`` is of all, where it is known."""
    first = tuple(map(_alert, mappings(answer.get("alerts"))))[:MOST_ALERTS]
    return Alerts(first=first, count=max(count or 0, len(first)))


def alert_count_of(incident: Body) -> int | None:
    """How many alerts the incident has; ``None`` where it does not say."""
    return whole_number(mapping(incident.get("alert_counts")).get("all"))


def _alert(alert: Body) -> Alert:
    body = mapping(alert.get("body"))
    details, cef = mapping(body.get("details")), mapping(body.get("cef_details"))
    integration = mapping(alert.get("integration"))
    sources = (part.get(name) for part in (cef, details) for name in _SOURCES)
    named = (clipped(source, NAME) for source in (*sources, integration.get("summary")) if _is_plain(source))
    return Alert(
        summary=clipped(alert.get("summary") or cef.get("description"), VALUE) or "(no summary)",
        source=next(filter(None, named), ""),
        severity=clipped(alert.get("severity") or cef.get("severity"), STATE),
        links=tuple(_links(body, cef))[:_MOST_LINKS],
    )


def _links(body: Body, cef: Body) -> Iterator[Link]:
    seen: set[str] = set()
    for context in (*mappings(body.get("contexts")), *mappings(cef.get("contexts"))):
        url = url_of(context.get("href"))
        if url is not None and url not in seen:
            seen.add(url)
            yield Link(text=clipped(context.get("text"), NAME), url=url)


def _lines(value: Any) -> list[str]:
    """A text's lines, or an object's fields, one a line."""
    if isinstance(value, str):
        return value.splitlines()[:_MOST_LINES]
    fields = value.items() if isinstance(value, Mapping) else ()
    told = ((clipped(name, NAME), _told(held)) for name, held in fields)
    return [f"{name}: {text}" for name, text in told if text][:_MOST_LINES]


def _told(held: Any) -> str:
    """A field's value; nothing of what has fields of its own."""
    if isinstance(held, bool):
        return "yes" if held else "no"
    return clipped_between_addresses(held, VALUE)


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | float)
