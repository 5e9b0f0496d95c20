"""From PagerDuty's webhook or REST bodies to facts: the one place that knows both shapes.

Tolerant in what it reads (fields that are missing, null where samples show objects, numbers where
samples show strings, fields nobody knows) and strict in what it hands on: every text and every list is
clipped, so that an event's facts stay below 8 KB.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, get_args

from pydantic_core import to_json

from workflows.messages import Details, Facts
from workflows.model.effects import EFFECTS, Part
from workflows.model.incident import (
    Acknowledgement,
    Bridge,
    Field,
    Reference,
    Responder,
    Role,
    Run,
    Snapshot,
    Stamp,
    Status,
    Task,
    Urgency,
    Word,
)
from workflows.model.reduce import end_of_second

_BASE_TYPE = "incident_default"
_ID, _NAME, _STATE, _VALUE, _URL, _TITLE, _TEXT = 64, 120, 30, 300, 300, 800, 2_400
"""Bytes of JSON; what a card shows fits in them whatever the script."""
_MOST_PEOPLE, _MOST_TEAMS, _MOST_FIELDS, _MOST_RESPONDERS = 15, 3, 8, 15
_IDENTIFIER = re.compile(r"[!-.0-~]{1,64}")
"""It becomes a part of workflow ids, which ``/`` divides, and of HTTP headers: no spaces, ASCII alone."""
_NUMBER = re.compile(r"[0-9]{1,15}")
_UNSHOWABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_WIDEST = 4
"""Bytes of any other character."""

Body = Mapping[str, Any]


class EventUnusable(Exception):
    """A signed event whose body lacks what its type needs; the text says what."""


def event_type_of(event: Body) -> str:
    """The event's type; raises ``EventUnusable`` without one."""
    found = _identifier(event.get("event_type"))
    if found is None:
        raise EventUnusable("the event has no event_type")
    return found


def event_id_of(event: Body) -> str | None:
    """The event's id, if it has one that can be used."""
    return _identifier(event.get("id"))


def facts_of_event(account: str, event: Body) -> Facts:
    """The facts of an incident's event (a row of ``EFFECTS`` that is not ``nothing``)."""
    event_type = event_type_of(event)
    data = event.get("data")
    if not isinstance(data, Mapping):
        raise EventUnusable("the event has no data")
    event_id = event_id_of(event)
    if event_id is None:
        raise EventUnusable("the event has no id")
    facts = Facts(
        event_id=event_id,
        event_type=event_type,
        occurred_at=_moment(event.get("occurred_at"), "occurred_at"),
        account=account,
        incident_id=_incident_id(data),
        agent=_reference(event.get("agent")),
    )
    return facts.model_copy(update=_part(EFFECTS[event_type].part, data, facts))


def details_of_incident(incident: Body, *, read_for: Stamp | None = None) -> Details:
    """The details in a REST incident; raises ``EventUnusable`` where it has no status or time.

    ``read_for`` is the event it was read for; without one it includes what happened up to its own
    last change of status.
    """
    changed_at = _moment(incident.get("last_status_change_at") or incident.get("created_at"), "status change")
    return Details(
        snapshot=_snapshot(incident, number=incident.get("incident_number")),
        status_changed_at=changed_at,
        status_changed_by=_reference(incident.get("last_status_change_by")),
        acknowledgements=tuple(
            Acknowledgement(person=person, at=_moment(entry.get("at"), "acknowledgement"))
            for entry in _mappings(incident.get("acknowledgements"))
            if (person := _reference(entry.get("acknowledger"))) is not None
        )[-_MOST_PEOPLE:],
        responders=tuple(
            Responder(person=person, state=_text(entry.get("state"), _STATE) or "pending")
            for entry in _mappings(incident.get("incidents_responders"))
            if (person := _reference(entry.get("user"))) is not None
        )[-_MOST_RESPONDERS:],
        fields=_fields(incident.get("custom_fields")),
        read_for=read_for or Stamp(at=end_of_second(changed_at)),
    )


def _part(part: Part, data: Body, facts: Facts) -> dict[str, Any]:
    author = facts.agent.name or None if facts.agent else None
    match part:
        case "snapshot":
            return {"snapshot": _snapshot(data, number=data.get("number"))}
        case "note":
            return {"note": _word(data, data.get("content"), author, facts.occurred_at)}
        case "status_update":
            return {"status_update": _word(data, data.get("message"), author, facts.occurred_at)}
        case "responder":
            person = _reference(data.get("user")) or _reference(data.get("escalation_policy"))
            if person is None:
                raise EventUnusable("the responder has neither user nor escalation policy")
            return {
                "responder": Responder(person=person, state=_text(data.get("state"), _STATE) or "pending")
            }
        case "bridge":
            return {"bridge": _bridge_of_event(data)}
        case "fields":
            return {"fields": _fields(data.get("custom_fields"))}
        case "roles":
            return {"roles": _roles(data.get("incident_role_assignments"))}
        case "task":
            return {"task": _task(data)}
        case "run":
            return {"run": _run(data)}
        case "nothing":
            return {}


def _incident_id(data: Body) -> str:
    """Where PagerDuty puts the incident differs by type (webhook overview, *event data*)."""
    if data.get("type") == "incident":
        found = data.get("id")
    elif isinstance(reference := data.get("incident"), Mapping):
        found = reference.get("id")
    else:
        roles = _mappings(data.get("incident_role_assignments"))
        first = next(iter(roles), {}).get("incident")
        found = first.get("id") if isinstance(first, Mapping) else None
    incident_id = _identifier(found)
    if incident_id is None:
        raise EventUnusable("the event names no incident")
    return incident_id


def _snapshot(incident: Body, *, number: Any) -> Snapshot:
    status = incident.get("status")
    if status not in get_args(Status):
        raise EventUnusable("the incident has no known status")
    urgency = incident.get("urgency")
    assignees = incident.get("assignees")
    if not isinstance(assignees, list):
        assignees = [entry.get("assignee") for entry in _mappings(incident.get("assignments"))]
    people = _references(assignees)
    return Snapshot(
        number=_whole(number),
        title=_text(incident.get("title"), _TITLE) or "(no title)",
        url=_url(incident.get("html_url")),
        status=status,
        urgency=urgency if urgency in get_args(Urgency) else None,
        priority=_reference(incident.get("priority")),
        service=_reference(incident.get("service")),
        escalation_policy=_reference(incident.get("escalation_policy")),
        incident_type=_incident_type(incident.get("incident_type")),
        assignees=people[:_MOST_PEOPLE],
        assignee_count=len(people),
        teams=_references(incident.get("teams"))[:_MOST_TEAMS],
        bridge=_bridge_of_incident(incident.get("conference_bridge")),
        created_at=_moment(incident.get("created_at"), "created_at") if incident.get("created_at") else None,
    )


def _incident_type(value: Any) -> str | None:
    name = _text(value.get("name") if isinstance(value, Mapping) else value, _NAME)
    return name if name and name != _BASE_TYPE else None


def _word(data: Body, text: Any, author: str | None, at: datetime) -> Word:
    return Word(
        id=_text(data.get("id"), _ID) or at.isoformat(), text=_text(text, _TEXT), author=author, at=at
    )


def _bridge_of_incident(value: Any) -> Bridge | None:
    if not isinstance(value, Mapping):
        return None
    url = _url(value.get("conference_url"))
    number = _text(value.get("conference_number"), _NAME) or None
    return Bridge(url=url, number=number) if url or number else None


def _bridge_of_event(data: Body) -> Bridge:
    """The event's own shape differs from the incident's: several numbers with labels."""
    numbers = (_text(entry.get("number"), _NAME) for entry in _mappings(data.get("conference_numbers")))
    number = next(filter(None, numbers), None) or _text(data.get("conference_number"), _NAME) or None
    return Bridge(url=_url(data.get("conference_url")), number=number)


def _fields(value: Any) -> tuple[Field, ...]:
    """Those that have a value."""
    found = (
        Field(
            id=_text(entry.get("id"), _ID),
            name=_text(entry.get("display_name") or entry.get("name"), _NAME),
            value=_field_value(entry.get("value")),
        )
        for entry in _mappings(value)
    )
    return tuple(field for field in found if field.value and field.name)[:_MOST_FIELDS]


def _field_value(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list():
            return _text(", ".join(filter(None, map(_field_value, value))), _VALUE)
        case Mapping():
            return _text(value.get("summary") or value.get("name") or value.get("id"), _VALUE)
        case _:
            return _text(value, _VALUE)


def _roles(value: Any) -> tuple[Role, ...]:
    return tuple(
        Role(
            id=_text(role.get("id"), _ID),
            name=_text(role.get("summary"), _NAME),
            holder=_reference(entry.get("assignee")),
        )
        for entry in _mappings(value)
        if isinstance(role := entry.get("role"), Mapping)
    )[:_MOST_PEOPLE]


def _task(data: Body) -> Task:
    return Task(
        id=_text(data.get("id"), _ID),
        name=_text(data.get("name") or data.get("summary"), _VALUE),
        status=_text(data.get("status"), _STATE) or "todo",
        assignees=_references(data.get("assignees"))[:_MOST_PEOPLE],
    )


def _run(data: Body) -> Run:
    of = _reference(data.get("incident_workflow")) or _reference(data.get("action"))
    name = of.name if of else _text(data.get("summary"), _NAME)
    return Run(id=_text(data.get("id"), _ID), name=name, state=_text(data.get("state"), _STATE))


def _reference(value: Any) -> Reference | None:
    if not isinstance(value, Mapping):
        return None
    identity = _text(value.get("id"), _ID)
    if not identity:
        return None
    name = _text(value.get("summary") or value.get("name"), _NAME)
    return Reference(id=identity, name=name)


def _references(value: Any) -> tuple[Reference, ...]:
    found = (_reference(item) for item in value) if isinstance(value, list) else ()
    return tuple(reference for reference in found if reference is not None)


def _mappings(value: Any) -> Iterable[Body]:
    return (item for item in value if isinstance(item, Mapping)) if isinstance(value, list) else ()


def _identifier(value: Any) -> str | None:
    """An id as it is: one that would have to be clipped names something else."""
    written = _written(value)
    return written if _IDENTIFIER.fullmatch(written) else None


def _text(value: Any, limit: int) -> str:
    """Text of a text or a number, without what no renderer can show, in ``limit`` bytes of JSON at most."""
    text = _UNSHOWABLE.sub("", _written(value)).strip()
    if _size(text) <= limit:
        return text
    kept = text[:limit]
    while (excess := _size(kept) + _size("…") - limit) > 0:
        kept = kept[: -max(1, excess // _WIDEST)]
    return kept + "…"


def _size(text: str) -> int:
    return len(to_json(text)) - len('""')


def _written(value: Any) -> str:
    """A text, or a number as text; Python itself refuses to write one of thousands of digits."""
    match value:
        case str():
            return value
        case bool():
            return ""
        case int() if value.bit_length() < 64:
            return str(value)
        case float():
            return str(value)
        case _:
            return ""


def _url(value: Any) -> str | None:
    text = value.strip() if isinstance(value, str) else ""
    return text if text and _size(text) <= _URL and not _UNSHOWABLE.search(text) else None


def _whole(value: Any) -> int | None:
    written = _written(value)
    return int(written) if _NUMBER.fullmatch(written) else None


def _moment(value: Any, name: str) -> datetime:
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            pass
    raise EventUnusable(f"{name} is no time")
