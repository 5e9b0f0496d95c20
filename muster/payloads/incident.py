"""Parsers of an incident and of what belongs to it, in the shapes that webhooks and REST share."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, get_args

from muster.payloads.values import (
    Body,
    EventUnusable,
    first_text,
    mappings,
    moment_or_none,
    reference_to,
    references_to,
    url_of,
    whole_number,
)
from muster.values import (
    NAME,
    STATE,
    TEXT,
    TITLE,
    VALUE,
    clipped,
    clipped_between_addresses,
    identifier,
    is_visible,
)
from workflows.incident.values import (
    ActionRun,
    Bridge,
    Comment,
    Field,
    MergedInto,
    Role,
    Snapshot,
    Status,
    Task,
    Urgency,
)

MOST_PEOPLE = 15
_MOST_TEAMS, _MOST_FIELDS = 3, 8
_BASE_TYPE = "incident_default"
_NUMBERED = re.compile(r"\[#(\d{1,15})\]\s*")
"""How the summary of a reference to an incident begins: ``[#77] Payments down``."""


def snapshot_of(incident: Body, *, number: Any, known_status: Status | None = None) -> Snapshot:
    """The whole incident; raises ``EventUnusable``. Webhooks and REST name its ``number`` differently.

    ``known_status`` stands in for one that cannot be used.
    """
    status = incident.get("status")
    if status not in get_args(Status):
        if known_status is None:
            raise EventUnusable("the incident has no known status")
        status = known_status
    urgency = incident.get("urgency")
    assignees = incident.get("assignees")
    if not isinstance(assignees, list):
        assignees = [entry.get("assignee") for entry in mappings(incident.get("assignments"))]
    people = references_to(assignees)
    return Snapshot(
        number=whole_number(number),
        title=clipped(incident.get("title"), TITLE) or "(no title)",
        url=url_of(incident.get("html_url")),
        status=status,
        urgency=urgency if urgency in get_args(Urgency) else None,
        priority=reference_to(incident.get("priority")),
        service=reference_to(incident.get("service")),
        escalation_policy=reference_to(incident.get("escalation_policy")),
        incident_type=incident_type_of(incident),
        assignees=people[:MOST_PEOPLE],
        assignee_count=len(people),
        teams=references_to(incident.get("teams"))[:_MOST_TEAMS],
        bridge=bridge_of_incident(incident.get("conference_bridge")),
        merged_into=_merged_into(incident.get("resolve_reason")),
        created_at=moment_or_none(incident.get("created_at")),
    )


def _merged_into(reason: Any) -> MergedInto | None:
    """The incident that took this one over. Source: the schema *ResolveReason* of PagerDuty's REST API."""
    taker = reason.get("incident") if isinstance(reason, Mapping) else None
    if not isinstance(taker, Mapping) or (identity := identifier(taker.get("id"))) is None:
        return None
    summary = clipped(taker.get("summary"), TITLE)
    found = _NUMBERED.match(summary)
    return MergedInto(
        id=identity,
        number=int(found[1]) if found else None,
        title=summary[found.end() :] if found else summary,
        url=url_of(taker.get("html_url")),
    )


def incident_type_of(incident: Body) -> str | None:
    """PagerDuty's own name of the incident's type; ``None`` for the base type."""
    value = incident.get("incident_type")
    name = clipped(value.get("name") if isinstance(value, Mapping) else value, NAME)
    return name if name and name != _BASE_TYPE else None


def type_names_of(answer: Body) -> dict[str, str]:
    """What people call the types of a list of incident types, by PagerDuty's own names."""
    return {
        clipped(entry.get("name"), NAME): shown
        for entry in mappings(answer.get("incident_types"))
        if (shown := clipped(entry.get("display_name"), NAME))
    }


def comment_of(data: Body, text: Any, *, author: str | None, at: datetime) -> Comment:
    """A note or a status update; each keeps its ``text`` in a field of its own.

    One of invisible characters alone says nothing, as an empty one does.
    """
    said = clipped_between_addresses(text, TEXT)
    return Comment(
        id=identifier(data.get("id")) or at.isoformat(),
        text=said if is_visible(said) else "",
        author=author,
        at=at,
    )


def bridge_of_incident(value: Any) -> Bridge | None:
    """The conference bridge that an incident carries, if it says anything."""
    if not isinstance(value, Mapping):
        return None
    url = url_of(value.get("conference_url"))
    number = clipped(value.get("conference_number"), NAME) or None
    return Bridge(url=url, number=number) if url or number else None


def bridge_of_event(data: Body) -> Bridge:
    """The conference bridge of its own event, which has several numbers with labels."""
    numbers = (clipped(entry.get("number"), NAME) for entry in mappings(data.get("conference_numbers")))
    number = next(filter(None, numbers), None) or clipped(data.get("conference_number"), NAME) or None
    return Bridge(url=url_of(data.get("conference_url")), number=number)


def fields_of(value: Any) -> tuple[Field, ...]:
    """The custom fields that have a value."""
    found = (
        Field(
            id=identifier(entry.get("id")) or "",
            name=first_text(entry, "display_name", "name", limit=NAME),
            value=_field_value(entry.get("value")),
        )
        for entry in mappings(value)
    )
    return tuple(field for field in found if field.value and field.name)[:_MOST_FIELDS]


def _field_value(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list():
            return clipped_between_addresses(", ".join(filter(None, map(_field_value, value))), VALUE)
        case Mapping():
            return first_text(value, "summary", "name", "id", limit=VALUE)
        case _:
            return clipped_between_addresses(value, VALUE)


def roles_of(value: Any) -> tuple[Role, ...]:
    """Who holds which role; a role that nobody holds any more is among them, without a holder."""
    return tuple(
        Role(id=identifier(role.get("id")) or name, name=name, holder=reference_to(entry.get("assignee")))
        for entry in mappings(value)
        if isinstance(role := entry.get("role"), Mapping)
        and ((name := clipped(role.get("summary"), NAME)) or identifier(role.get("id")))
    )[:MOST_PEOPLE]


def task_of(data: Body) -> Task:
    """A task with its status. Without an id, its name tells it from the others."""
    name = first_text(data, "name", "summary", limit=VALUE)
    return Task(
        id=identifier(data.get("id")) or name,
        name=name,
        status=clipped(data.get("status"), STATE) or "todo",
        assignees=references_to(data.get("assignees"))[:MOST_PEOPLE],
    )


def run_of(data: Body) -> ActionRun:
    """A run of an incident workflow or of an automation action; without an id, its name stands for it."""
    of = reference_to(data.get("incident_workflow")) or reference_to(data.get("action"))
    name = (of.name if of else "") or clipped(data.get("summary"), NAME)
    return ActionRun(
        id=identifier(data.get("id")) or name, name=name, state=clipped(data.get("state"), STATE)
    )
