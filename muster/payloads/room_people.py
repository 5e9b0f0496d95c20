"""From an incident of PagerDuty's REST API to everybody who works on it: for its chat, and unbounded."""

from collections.abc import Iterator

from muster.payloads.values import Body, first_text, mappings, reference_to
from muster.values import NAME
from workflows.incident.values import Reference
from workflows.wanted import ASSIGNEE, WantedPerson, rank_of_responder


def people_of(incident: Body) -> tuple[WantedPerson, ...]:
    """Assignees and responders who did not decline, each once."""
    found: dict[str, WantedPerson] = {}
    for rank, person in _ranked(incident):
        found.setdefault(person.id, WantedPerson(user=person.id, rank=rank, name=person.name))
    return tuple(found.values())


def _ranked(incident: Body) -> Iterator[tuple[int, Reference]]:
    for entry in mappings(incident.get("assignments")):
        if (person := reference_to(entry.get("assignee"))) is not None:
            yield ASSIGNEE, person
    for entry in mappings(incident.get("incidents_responders")):
        rank = rank_of_responder(first_text(entry, "state", limit=NAME))
        person = reference_to(entry.get("user"))
        if rank is not None and person is not None:
            yield rank, person
