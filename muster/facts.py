"""From PagerDuty's webhook or REST bodies to facts: the one place that knows both shapes.

Tolerant in what it reads (fields that are missing, null where samples show objects, numbers where
samples show strings, fields nobody knows) and strict in what it hands on: every text is clipped, so
that an event's facts stay below 8 KB.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, get_args

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
_TITLE, _NAME, _TEXT, _URL = 500, 80, 1_500, 300
_MOST_PEOPLE, _MOST_TEAMS, _MOST_FIELDS, _MOST_RESPONDERS = 15, 3, 8, 15

Body = Mapping[str, Any]


class EventUnusable(Exception):
    """A signed event whose body lacks what its type needs; the text says what."""


def event_type_of(event: Body) -> str:
    """The event's type; raises ``EventUnusable`` without one."""
    found = event.get("event_type")
    if not isinstance(found, str) or not found:
        raise EventUnusable("the event has no event_type")
    return found


def facts_of_event(account: str, event: Body) -> Facts:
    """The facts of an incident's event (a row of ``EFFECTS`` that is not ``nothing``)."""
    event_type = event_type_of(event)
    data = event.get("data")
    if not isinstance(data, Mapping):
        raise EventUnusable("the event has no data")
    event_id = _text(event.get("id"), 100)
    if not event_id:
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
            Responder(person=person, state=_text(entry.get("state"), 30) or "pending")
            for entry in _mappings(incident.get("incidents_responders"))
            if (person := _reference(entry.get("user"))) is not None
        )[-_MOST_RESPONDERS:],
        fields=_fields(incident["custom_fields"]) if "custom_fields" in incident else None,
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
            return {"responder": Responder(person=person, state=_text(data.get("state"), 30) or "pending")}
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
    incident_id = _text(found, 64)
    if not incident_id or "/" in incident_id:
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
    return Word(id=_text(data.get("id"), 64) or at.isoformat(), text=_text(text, _TEXT), author=author, at=at)


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
            id=_text(entry.get("id"), 64),
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
            return _text(", ".join(filter(None, map(_field_value, value))), 200)
        case Mapping():
            return _text(value.get("summary") or value.get("name") or value.get("id"), 200)
        case _:
            return _text(value, 200)


def _roles(value: Any) -> tuple[Role, ...]:
    return tuple(
        Role(
            id=_text(role.get("id"), 64),
            name=_text(role.get("summary"), _NAME),
            holder=_reference(entry.get("assignee")),
        )
        for entry in _mappings(value)
        if isinstance(role := entry.get("role"), Mapping)
    )[:_MOST_PEOPLE]


def _task(data: Body) -> Task:
    return Task(
        id=_text(data.get("id"), 64),
        name=_text(data.get("name") or data.get("summary"), 200),
        status=_text(data.get("status"), 30) or "todo",
        assignees=_references(data.get("assignees"))[:_MOST_PEOPLE],
    )


def _run(data: Body) -> Run:
    of = _reference(data.get("incident_workflow")) or _reference(data.get("action"))
    name = of.name if of else _text(data.get("summary"), _NAME)
    return Run(id=_text(data.get("id"), 64), name=name, state=_text(data.get("state"), 30))


def _reference(value: Any) -> Reference | None:
    if not isinstance(value, Mapping):
        return None
    identity = _text(value.get("id"), 64)
    if not identity:
        return None
    name = _text(value.get("summary") or value.get("name"), _NAME)
    return Reference(id=identity, name=name, url=_url(value.get("html_url")))


def _references(value: Any) -> tuple[Reference, ...]:
    found = (_reference(item) for item in value) if isinstance(value, list) else ()
    return tuple(reference for reference in found if reference is not None)


def _mappings(value: Any) -> Iterable[Body]:
    return (item for item in value if isinstance(item, Mapping)) if isinstance(value, list) else ()


def _text(value: Any, limit: int) -> str:
    """Text of a text or a number, without the characters no renderer can show, clipped."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    text = str(value).replace("\x00", "").encode(errors="replace").decode().strip()
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _url(value: Any) -> str | None:
    text = value.strip() if isinstance(value, str) else ""
    return text if 0 < len(text) <= _URL else None


def _whole(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else None


def _moment(value: Any, name: str) -> datetime:
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            pass
        else:
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    raise EventUnusable(f"{name} is no time")
