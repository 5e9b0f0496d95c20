"""What each event and each REST answer does to an incident's state."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.life import ADA, BO, Life, under_another_id
from workflows.channel_incident.announcements import announcement_of
from workflows.channel_incident.state import CardState, State
from workflows.channel_incident.view import build_view
from workflows.incident.event_types import EVENT_TYPES
from workflows.incident.events import Details, IncidentEvent
from workflows.incident.reduce import fold_details, fold_event, transition_of
from workflows.incident.stamps import Stamp, end_of_second
from workflows.incident.state import IncidentState
from workflows.incident.values import (
    Acknowledgement,
    ActionRun,
    Alert,
    Alerts,
    Bridge,
    Comment,
    Escalation,
    Field,
    Responder,
    Role,
    Task,
    TypeName,
)

EMPTY = IncidentState()


@pytest.fixture
def life() -> Life:
    return Life("Q1")


def folded(*items: IncidentEvent | Details, state: IncidentState = EMPTY) -> IncidentState:
    for item in items:
        state = fold_event(state, item) if isinstance(item, IncidentEvent) else fold_details(state, item)
    return state


def status_of(state: IncidentState) -> str:
    assert state.snapshot is not None
    return state.snapshot.status


# Events


@pytest.mark.parametrize("kind", sorted(EVENT_TYPES))
def test_every_type_changes_what_its_row_names_and_nothing_else(life: Life, kind: str) -> None:
    parts: dict[str, Any] = {
        "snapshot": life.snapshot("triggered"),
        "note": Comment(id="N1", text="note", at=life.now),
        "status_update": Comment(id="U1", text="update", at=life.now),
        "responder": Responder(person=BO, state="pending"),
        "bridge": Bridge(url="https://meet.example/1"),
        "fields": (Field(id="F1", name="Region", value="eu"),),
        "roles": (Role(id="R1", name="Commander", holder=ADA),),
        "task": Task(id="T1", name="call", status="todo"),
        "run": ActionRun(id="X1", name="Runbook", state="started"),
    }
    lists = {
        "note": "notes",
        "status_update": "status_updates",
        "responder": "responders",
        "task": "tasks",
        "run": "runs",
    }
    state = folded(life.tells(kind, **parts))
    content = EVENT_TYPES[kind].content
    changed = {name for name in (lists.get(name, name) for name in parts) if getattr(state, name)}
    assert changed == (set() if content == "nothing" else {lists.get(content, content)})


def test_a_type_that_nobody_knows_changes_nothing(life: Life) -> None:
    assert folded(life.tells("incident.abducted")) == EMPTY


@pytest.mark.parametrize(
    "kind", sorted(kind for kind, row in EVENT_TYPES.items() if row.content != "nothing")
)
def test_an_event_without_its_content_changes_nothing_but_the_time(life: Life, kind: str) -> None:
    state = folded(life.tells(kind))
    assert state.model_copy(update={"newest": None, "details_wanted": None}) == EMPTY


def test_an_older_snapshot_never_replaces_a_newer_one(life: Life) -> None:
    triggered, resolved = life.triggers(), life.is_resolved()
    assert folded(resolved, triggered) == folded(triggered, resolved)
    assert status_of(folded(resolved, triggered)) == "resolved"


def test_a_newer_comment_of_the_same_key_replaces_the_older(life: Life) -> None:
    first = life.tells("incident.annotated", note=Comment(id="N1", text="first", at=life.now))
    second = life.tells("incident.annotated", note=Comment(id="N1", text="second", at=life.now))
    state = folded(second, first)
    assert [entry.value.text for entry in state.notes] == ["second"]


def test_automation_acknowledges_nothing_in_anybodys_name(life: Life) -> None:
    state = folded(life.becomes("acknowledged", "acknowledged", agent=None))
    assert status_of(state) == "acknowledged"
    assert state.acknowledgements == ()


# REST answers


def test_a_rest_status_counts_from_the_end_of_its_second(life: Life) -> None:
    triggered = life.triggers()
    state = folded(triggered, life.details())
    assert state.snapshot_stamp == Stamp(at=end_of_second(triggered.occurred_at))
    assert state.snapshot_from_rest


def test_an_event_that_came_while_an_answer_of_its_second_was_on_its_way_stays(life: Life) -> None:
    triggered = at(life.triggers(), 100)
    answer = life.details(read_for=triggered.stamp, status_changed_at=triggered.occurred_at)
    escalated = at(life.escalates(), 600)
    state = folded(triggered, escalated, answer)
    assert state.snapshot_stamp == escalated.stamp
    assert not state.snapshot_from_rest


def at(event: IncidentEvent, milliseconds: int) -> IncidentEvent:
    """The event at this moment of the first second of the life."""
    moment = event.occurred_at.replace(second=0, microsecond=milliseconds * 1000)
    return event.model_copy(update={"occurred_at": moment})


@pytest.mark.parametrize("answer_first", [False, True])
def test_an_acknowledgement_of_an_answers_second_ends_when_its_event_says(
    life: Life, answer_first: bool
) -> None:
    triggered = at(life.triggers(), 0)
    acknowledged = at(life.is_acknowledged(by=ADA), 100)
    second = acknowledged.occurred_at.replace(microsecond=0)
    answer = life.details(
        status_changed_at=second, acknowledgements=(Acknowledgement(person=ADA, at=second),)
    )
    told: list[IncidentEvent | Details] = [acknowledged, answer]
    state = folded(triggered, *(reversed(told) if answer_first else told))
    state = folded(at(life.becomes("unacknowledged", "triggered"), 600), state=state)
    state = folded(life.is_acknowledged(by=BO), state=state)
    shown = State(incident=state, card=CardState(marker="marker", nonce="nonce"))
    view = build_view(shown, account="acme", incident_id="Q1")
    assert view is not None
    assert [who.person for who in view.acknowledgements] == [BO]


def test_who_resolved_last_within_an_answers_second_resolved_it(life: Life) -> None:
    resolved = at(life.is_resolved(by=ADA), 100)
    answer = life.details(status_changed_at=resolved.occurred_at.replace(microsecond=0))
    state = folded(resolved, answer, at(life.reopens(), 400), at(life.is_resolved(by=BO), 800))
    assert state.resolution is not None
    assert state.resolution.value == BO


def test_an_old_rest_answer_does_not_replace_a_newer_event(life: Life) -> None:
    triggered = life.triggers()
    details = life.details()
    assert status_of(folded(triggered, life.is_resolved(), details)) == "resolved"


def test_an_answer_that_contradicts_an_event_of_its_second_is_read_again(life: Life) -> None:
    triggered = life.triggers()
    contradiction = life.details(snapshot=life.snapshot("acknowledged"))
    once = folded(triggered, contradiction)
    assert (once.reread_wanted, status_of(once)) == (True, "triggered")
    twice = folded(contradiction.model_copy(update={"reread": True}), state=once)
    assert (twice.reread_wanted, status_of(twice)) == (False, "acknowledged")


def test_a_second_reading_counts_also_against_a_reading_of_the_same_second(life: Life) -> None:
    life.set_status("acknowledged")
    first = life.details()
    life.status = "resolved"
    second = life.details(reread=True)
    assert status_of(folded(first, second)) == "resolved"


def test_an_event_inside_the_second_of_a_rest_status_is_taken(life: Life) -> None:
    triggered = life.triggers()
    details = life.details()
    acknowledged = life.is_acknowledged()
    acknowledged = acknowledged.model_copy(
        update={"occurred_at": triggered.occurred_at + timedelta(milliseconds=500)}
    )
    assert status_of(folded(triggered, details, acknowledged)) == "acknowledged"


def test_an_event_delivered_again_inside_the_second_of_a_rest_status_is_not(life: Life) -> None:
    triggered = life.triggers()
    acknowledged = life.is_acknowledged()
    acknowledged = acknowledged.model_copy(
        update={"occurred_at": triggered.occurred_at + timedelta(milliseconds=500)}
    )
    details = life.details(status_changed_at=triggered.occurred_at.replace(microsecond=0))
    assert status_of(folded(triggered, acknowledged, details, triggered)) == "acknowledged"


def test_the_answer_to_a_put_neither_holds_fields_nor_counts_as_a_first_read(life: Life) -> None:
    region = (Field(id="F1", name="Region", value="eu"),)
    before = folded(life.triggers())
    after = fold_details(before, life.details(), whole=False)
    assert after.details_read is None
    read = folded(life.details(fields=region), state=before)
    life.set_status("acknowledged")
    after = fold_details(read, life.details(), whole=False)
    assert after.fields == region
    assert after.details_read == life.details().read_for


def test_details_are_wanted_for_what_events_do_not_tell_and_until_they_are_read(life: Life) -> None:
    triggered = life.triggers()
    state = folded(triggered, life.is_noted("a note tells everything"))
    assert state.details_wanted == triggered.stamp
    state = folded(life.details(read_for=triggered.stamp), state=state)
    assert folded(triggered, state=state).details_wanted == state.details_read == triggered.stamp


# News


def test_only_a_transition_to_the_newest_state_is_news(life: Life) -> None:
    before = folded(life.triggers())
    escalated, resolved = life.escalates(), life.is_resolved()
    after = folded(escalated, state=before)
    assert transition_of(before, after, escalated) == "escalated"
    assert transition_of(after, folded(escalated, state=after), escalated) is None
    late = folded(resolved, state=before)
    assert transition_of(late, folded(escalated, state=late), escalated) is None


def test_one_transition_under_two_event_ids_has_one_key(life: Life) -> None:
    before = folded(life.triggers())
    once = life.escalates()
    again = under_another_id(once)
    after = folded(once, state=before)
    first, second = (
        transition_of(before, after, once),
        transition_of(after, folded(again, state=after), again),
    )
    assert first is not None
    assert second is not None
    assert announcement_of(once, first).key == announcement_of(again, second).key
    assert announcement_of(once, first).by == "Ada Ops"


# What REST alone tells


def told(life: Life, event: IncidentEvent, **more: Any) -> Details:
    """REST's answer to the question that this event gave cause for."""
    return life.details(read_for=event.stamp, **more)


ESCALATION = Escalation(level=1, at=datetime(2026, 1, 1, 10, 15, tzinfo=UTC), next_level=2)


def test_an_escalation_holds_until_an_event_that_may_have_moved_it(life: Life) -> None:
    triggered = life.triggers()
    state = folded(triggered, told(life, triggered, escalation=ESCALATION))
    assert state.escalation_now == ESCALATION
    assert folded(life.is_noted("a note"), state=state).escalation_now == ESCALATION
    assert folded(life.is_acknowledged(), state=state).escalation_now == Escalation(level=1)
    escalated = life.escalates()
    state = folded(escalated, state=state)
    assert state.escalation_now is None
    assert folded(told(life, escalated, escalation=ESCALATION), state=state).escalation_now == ESCALATION


def test_an_escalation_that_was_read_before_a_late_event_holds_in_any_order(life: Life) -> None:
    triggered, escalated = life.triggers(), life.escalates()
    items: list[IncidentEvent | Details] = [triggered, escalated]
    items.append(told(life, escalated, escalation=ESCALATION))
    for order in itertools.permutations(items):
        assert folded(*order).escalation_now == ESCALATION


def test_an_answer_without_alerts_and_description_keeps_those_that_were_read(life: Life) -> None:
    triggered = life.triggers()
    alerts = Alerts(first=(Alert(summary="p99"),), count=1)
    name = TypeName(name="sec", shown="Security")
    first = told(life, triggered, alerts=alerts, description="Carts time out.", type_name=name)
    state = folded(triggered, first, told(life, life.is_acknowledged()))
    assert (state.alerts, state.description, state.type_name) == (alerts, "Carts time out.", name)


@pytest.mark.parametrize("kind", ["escalated", "delegated", "reassigned", "unacknowledged"])
def test_a_move_within_the_policy_is_read_up_on(life: Life, kind: str) -> None:
    event = life.becomes(kind, "triggered")
    assert folded(event).details_wanted == event.stamp
