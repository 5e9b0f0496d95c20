"""A field that is null, absent or of a wrong type costs its own fact alone, in each type of event."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from muster.payloads.events import incident_event_of
from tests.support.bodies import DATA, event
from workflows.incident.event_types import EVENT_TYPES, INCIDENT_EVENTS
from workflows.incident.events import IncidentEvent

ABSENT = object()
ODD = [None, ABSENT, True, -7, 1e30, float("nan"), "odd", "\x00\ud83d", [], [None], {}, {"id": {}}]

Path = tuple[str | int, ...]

NEEDED: set[Path] = {("id",), ("event_type",), ("occurred_at",), ("data",), ("data", "status")}
"""Without these an event is none."""

SNAPSHOTS = [name for name in INCIDENT_EVENTS if EVENT_TYPES[name].content == "snapshot"]
TELLS: dict[str, set[str]] = {
    "assignees": {"assignees", "assignee_count"},
    "conference_bridge": {"bridge"},
    "html_url": {"url"},
    "created_at": {"created_at"},
}
"""Where a field of the incident is called otherwise in the snapshot."""
TELLS_NOTHING = {"self", "type", "incident_key", "reopened_at", "resolve_reason"}


def paths(value: Any, *above: str | int) -> Iterator[Path]:
    """Every field of a body, whatever its depth."""
    found: Any = ()
    if isinstance(value, dict):
        found = value.items()
    elif isinstance(value, list):
        found = enumerate(value)
    for key, item in found:
        yield (*above, key)
        yield from paths(item, *above, key)


def with_odd(body: dict[str, Any], path: Path, odd: Any) -> dict[str, Any]:
    damaged: dict[str, Any] = json.loads(json.dumps(body))  # a copy in which no two fields are one object
    parent: Any = damaged
    for key in path[:-1]:
        parent = parent[key]
    if odd is ABSENT:
        del parent[path[-1]]
    else:
        parent[path[-1]] = odd
    return damaged


def body_of(event_type: str) -> dict[str, Any]:
    return event(event_type, DATA[event_type], id="01E")


def names_the_incident(path: Path) -> bool:
    """Whether the incident's id stands there, or lies below: one of the few things that nothing replaces."""
    if path[-1] == "id":
        return path in {("data", "id"), ("data", "incident", "id")} or path[-2] == "incident"
    return "incident" in path[-1:] or path in {
        ("data", "incident_role_assignments"),
        ("data", "incident_role_assignments", 0),
    }


def optional_paths(event_type: str) -> Iterator[Path]:
    content = EVENT_TYPES[event_type].content
    needed = NEEDED if content == "snapshot" else NEEDED - {("data", "status")}
    for path in paths(body_of(event_type)):
        is_own_id = path == ("data", "id") and content != "snapshot"
        if path not in needed and (is_own_id or not names_the_incident(path)):
            yield path


def told_by(found: IncidentEvent) -> dict[str, Any]:
    """What an event tells, one entry for each fact."""
    whole = {name: value for name, value in found if name != "snapshot"}
    return whole | (dict(found.snapshot) if found.snapshot else {})


@pytest.mark.parametrize("event_type", INCIDENT_EVENTS)
def test_an_odd_field_costs_its_own_fact_alone(event_type: str) -> None:
    whole = body_of(event_type)
    before = told_by(incident_event_of("acme", whole))
    for path, odd in itertools.product(optional_paths(event_type), ODD):
        after = told_by(incident_event_of("acme", with_odd(whole, path, odd)))
        lost = {name for name in before if before[name] != after[name]}
        assert lost <= allowed(event_type, path), (path, odd)


def allowed(event_type: str, path: Path) -> set[str]:
    """The facts that the field is a part of. The author of a comment is the event's agent."""
    content = EVENT_TYPES[event_type].content
    own = {"roles", "note", "status_update", "responder", "bridge", "fields", "task", "run"}
    if path[0] == "agent":
        return {"agent", "note", "status_update"}
    if path[0] != "data":
        return set()
    if content != "snapshot":
        return own
    name = str(path[1])
    return set() if name in TELLS_NOTHING else TELLS.get(name, {name})


@pytest.mark.parametrize("event_type", SNAPSHOTS)
def test_an_event_that_is_all_damage_but_for_what_it_needs_still_tells_the_status(event_type: str) -> None:
    data = DATA[event_type]
    bare = dict.fromkeys(data) | {"id": data["id"], "status": data["status"]}
    found = incident_event_of("acme", body_of(event_type) | {"data": bare, "agent": 5})
    assert found.snapshot is not None
    assert (found.incident_id, found.snapshot.status) == (data["id"], data["status"])
