"""Any life of an incident, its events in any order and any number, and REST answers at any point."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from hypothesis import strategies as st

from workflows.incident.event_types import EVENT_TYPES, INCIDENT_EVENTS
from workflows.incident.events import Details, IncidentEvent
from workflows.incident.reduce import fold_details, fold_event
from workflows.incident.stamps import Stamp, end_of_second, whole_second
from workflows.incident.state import IncidentState
from workflows.incident.values import (
    Acknowledgement,
    ActionRun,
    Bridge,
    Comment,
    Field,
    Reference,
    Responder,
    Role,
    Snapshot,
    Status,
    Task,
)

BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)
PEOPLE = tuple(Reference(id=f"P{number}", name=name) for number, name in enumerate(("Cy", "Ada", "Bo")))
EMPTY = IncidentState()

_BECOMES: dict[str, Status] = {
    "incident.triggered": "triggered",
    "incident.acknowledged": "acknowledged",
    "incident.unacknowledged": "triggered",
    "incident.resolved": "resolved",
    "incident.reopened": "triggered",
}


class Truth(NamedTuple):
    """PagerDuty's own state after an event."""

    snapshot: Snapshot
    status_at: datetime
    status_by: Reference | None
    holders: tuple[Acknowledgement, ...] = ()
    responders: tuple[Responder, ...] = ()
    fields: tuple[Field, ...] = ()


class Step(NamedTuple):
    """An event, and what REST says right after it."""

    event: IncidentEvent
    details: Details


class Reading(NamedTuple):
    """A question to REST. Its answer tells the life up to a step; events come while it is on its way."""

    meanwhile: tuple[IncidentEvent, ...]
    answer: Step
    of_a_click: bool = False
    """The answer to a change that a click made."""


def fold(
    delivered: Sequence[IncidentEvent | Details | Reading], state: IncidentState = EMPTY
) -> IncidentState:
    """The state after these, in this order."""
    for item in delivered:
        match item:
            case IncidentEvent():
                state = fold_event(state, item)
            case Details():
                state = fold_details(state, item)
            case Reading():
                _, state = met_and_left(item, state)
    return state


def met_and_left(reading: Reading, asked: IncidentState) -> tuple[IncidentState, IncidentState]:
    """The state that an answer meets, and the one after it, as a run folds it.

    A second reading, or a click's, counts against an event of its second, unless a newer one came while it
    was on its way.
    """
    met = fold(reading.meanwhile, asked)
    undisturbed = met.snapshot_stamp == asked.snapshot_stamp
    told = reading.answer.details
    answer = told.model_copy(
        update={
            "reread": undisturbed and (asked.reread_wanted or reading.of_a_click),
            "read_for": Stamp(at=end_of_second(told.status_changed_at))
            if reading.of_a_click
            else asked.details_wanted or told.read_for,
        }
    )
    return met, fold_details(met, answer, whole=not reading.of_a_click)


@st.composite
def lives(draw: st.DrawFn, *, hurried: bool = False) -> list[Step]:
    """A trigger and then anything. No two events are within one second of PagerDuty's clock, or, in a
    hurried life, several are, each at a millisecond of its own.
    """
    kinds = ["incident.triggered", *draw(st.lists(st.sampled_from(INCIDENT_EVENTS), max_size=14))]
    truth = Truth(Snapshot(status="triggered", created_at=BEGAN), BEGAN, None)
    steps: list[Step] = []
    for number, kind in enumerate(kinds):
        if hurried:
            last = steps[-1].event.occurred_at if steps else BEGAN
            at = last + timedelta(milliseconds=draw(st.integers(1, 700)))
        else:
            at = BEGAN + timedelta(seconds=2 * number, milliseconds=draw(st.integers(0, 999)))
        agent = draw(st.none() | st.sampled_from(PEOPLE))
        truth, parts = _happens(draw, truth, kind, at, agent)
        event = IncidentEvent(
            event_id=f"E{number:03}",
            event_type=kind,
            occurred_at=at,
            account="acme",
            incident_id="Q1",
            agent=agent,
            **parts,
        )
        steps.append(Step(event, _details(truth, event)))
    return steps


@st.composite
def deliveries(draw: st.DrawFn, life: Sequence[Step], *, with_rest: bool) -> list[IncidentEvent | Details]:
    """All events of the life in any order, some of them again; REST answers strewn in."""
    events: list[IncidentEvent | Details] = [step.event for step in life]
    events += draw(st.lists(st.sampled_from(events), max_size=5))
    if with_rest:
        events += [step.details for step in draw(st.lists(st.sampled_from(life), max_size=4))]
    return draw(st.permutations(events))


@st.composite
def readings(draw: st.DrawFn, life: Sequence[Step]) -> list[IncidentEvent | Reading]:
    """All events of the life in any order, some of them again, and questions to REST among them.

    PagerDuty's answer knows at least what it had told before the question.
    """
    number = {step.event.event_id: place for place, step in enumerate(life)}
    events: list[IncidentEvent] = [step.event for step in life]
    events = draw(st.permutations(events + draw(st.lists(st.sampled_from(events), max_size=5))))
    delivered: list[IncidentEvent | Reading] = []
    told = 0
    for _ in range(draw(st.integers(1, 3))):
        before, events = _cut(draw, events)
        meanwhile, events = _cut(draw, events) if draw(st.booleans()) else ([], events)
        told = max([told, *(number[event.event_id] for event in before)])
        answer = draw(st.integers(told, len(life) - 1))
        delivered += [*before, Reading(tuple(meanwhile), life[answer], draw(st.booleans()))]
        told = max([answer, *(number[event.event_id] for event in meanwhile)])
    return [*delivered, *events]


def _cut(draw: st.DrawFn, events: list[IncidentEvent]) -> tuple[list[IncidentEvent], list[IncidentEvent]]:
    place = draw(st.integers(0, len(events)))
    return events[:place], events[place:]


def _happens(
    draw: st.DrawFn, truth: Truth, kind: str, at: datetime, agent: Reference | None
) -> tuple[Truth, dict[str, Any]]:
    """The truth after the event, and the parts the event carries."""
    number, person = draw(st.integers(0, 2)), draw(st.sampled_from(PEOPLE))
    match EVENT_TYPES[kind].content:
        case "snapshot":
            truth = _snapshot_changes(draw, truth, kind, at, agent)
            return truth, {"snapshot": truth.snapshot}
        case "note":
            return truth, {"note": Comment(id=f"N{number}", text=f"note at {at}", at=at)}
        case "status_update":
            return truth, {"status_update": Comment(id=f"U{number}", text=f"update at {at}", at=at)}
        case "responder":
            responder = Responder(person=person, state=draw(st.sampled_from(("pending", "joined"))))
            others = tuple(r for r in truth.responders if r.person != person)
            return truth._replace(responders=(*others, responder)), {"responder": responder}
        case "bridge":
            bridge = Bridge(url=f"https://meet.example/{number}")
            snapshot = truth.snapshot.model_copy(update={"bridge": bridge})
            return truth._replace(snapshot=snapshot), {"bridge": bridge}
        case "fields":
            fields = tuple(Field(id=f"F{n}", name=f"Field {n}", value=str(at)) for n in range(number))
            return truth._replace(fields=fields), {"fields": fields}
        case "roles":
            return truth, {"roles": (Role(id=f"R{number}", name="Commander", holder=agent),)}
        case "task":
            status = draw(st.sampled_from(("todo", "completed")))
            return truth, {"task": Task(id=f"T{number}", name=str(at), status=status)}
        case _:
            return truth, {"run": ActionRun(id=f"X{number}", name="Runbook", state="started")}


def _snapshot_changes(
    draw: st.DrawFn, truth: Truth, kind: str, at: datetime, agent: Reference | None
) -> Truth:
    before = truth.snapshot
    status = _BECOMES.get(kind, before.status)
    assignees = tuple(draw(st.lists(st.sampled_from(PEOPLE), max_size=2, unique=True)))
    priority = draw(st.none() | st.sampled_from([Reference(id=name, name=name) for name in ("P1", "P2")]))
    changes = {"status": status, "assignees": assignees, "priority": priority, "title": f"as of {at}"}
    truth = truth._replace(snapshot=before.model_copy(update=changes))
    if status != before.status or kind == "incident.triggered":
        truth = truth._replace(status_at=at, status_by=agent)
    if kind == "incident.acknowledged" and agent is not None:
        others = tuple(held for held in truth.holders if held.person != agent)
        truth = truth._replace(holders=(*others, Acknowledgement(person=agent, at=whole_second(at))))
    return truth if status == "acknowledged" else truth._replace(holders=())


def _details(truth: Truth, event: IncidentEvent) -> Details:
    return Details(
        snapshot=truth.snapshot,
        status_changed_at=whole_second(truth.status_at),
        status_changed_by=truth.status_by,
        acknowledgements=truth.holders,
        responders=truth.responders,
        fields=truth.fields,
        read_for=event.stamp,
    )
