"""What each type of event says of its incident."""

from datetime import UTC, datetime
from typing import Any

import pytest

from muster.payloads.events import event_type_of, incident_event_of
from muster.payloads.values import EventUnusable
from tests.support.bodies import BO_BODY, DATA, INCIDENT_ID, about, event, incident, note, role
from workflows.incident.event_types import EVENT_TYPES, INCIDENT_EVENTS
from workflows.incident.events import IncidentEvent
from workflows.incident.values import (
    ActionRun,
    Bridge,
    Comment,
    Field,
    Reference,
    Responder,
    Role,
    Snapshot,
    Task,
)

AT = datetime(2026, 1, 1, 10, 0, 0, 123_000, tzinfo=UTC)
OF_ADA, OF_BO = Reference(id="PUSER01", name="Ada Ops"), Reference(id="PUSER02", name="Bo Call")
OF_CHECKOUT = Reference(id="PSVC001", name="Checkout")
SNAPSHOT = Snapshot(
    number=42,
    title="Checkout latency",
    url="https://acme.pagerduty.com/incidents/Q1INCIDENT0001",
    status="triggered",
    urgency="high",
    priority=Reference(id="PPRIO01", name="P1"),
    service=OF_CHECKOUT,
    escalation_policy=Reference(id="PEP0001", name="Default"),
    assignees=(OF_BO,),
    assignee_count=1,
    teams=(Reference(id="PTEAM01", name="Payments"),),
    bridge=Bridge(url="https://example.com/j/1", number="+1 5550100,,1234#"),
    created_at=datetime(2026, 1, 1, 10, tzinfo=UTC),
)


def showing(**changes: Any) -> dict[str, Snapshot]:
    return {"snapshot": SNAPSHOT.model_copy(update=changes)}


def task(status: str) -> dict[str, Task]:
    return {"task": Task(id="PTASK01", name="Check the cache", status=status, assignees=(OF_BO,))}


def action(state: str) -> dict[str, ActionRun]:
    return {"run": ActionRun(id="PINVOC1", name="Restart checkout", state=state)}


RUN = {"run": ActionRun(id="PRUN001", name="Major incident", state="")}

CONTENTS: dict[str, dict[str, Any]] = {
    "incident.triggered": showing(),
    "incident.acknowledged": showing(status="acknowledged"),
    "incident.unacknowledged": showing(),
    "incident.resolved": showing(status="resolved", assignees=(), assignee_count=0),
    "incident.reopened": showing(),
    "incident.escalated": showing(assignees=(OF_ADA,)),
    "incident.delegated": showing(escalation_policy=Reference(id="PEP0002", name="Second line")),
    "incident.reassigned": showing(assignees=(OF_ADA, OF_BO), assignee_count=2),
    "incident.priority_updated": showing(priority=Reference(id="PPRIO02", name="P2")),
    "incident.service_updated": showing(service=Reference(id="PSVC002", name="Ledger")),
    "incident.incident_type.changed": showing(incident_type="Major incident"),
    "incident.annotated": {"note": Comment(id="PNOTE01", text="Rolling back", author="Ada Ops", at=AT)},
    "incident.status_update_published": {
        "status_update": Comment(id="PUPDATE", text="We are on it", author="Ada Ops", at=AT)
    },
    "incident.responder.added": {"responder": Responder(person=OF_BO, state="pending")},
    "incident.responder.replied": {"responder": Responder(person=OF_BO, state="joined")},
    "incident.conference_bridge.updated": {
        "bridge": Bridge(url="https://example.com/j/2", number="+1 5550100")
    },
    "incident.custom_field_values.updated": {
        "fields": (Field(id="PFIELD1", name="environment", value="production"),)
    },
    "incident.role.assigned": {"roles": (Role(id="PROLE01", name="Incident Commander", holder=OF_ADA),)},
    "incident.task.created": task("todo"),
    "incident.task.updated": task("in_progress"),
    "incident.task.completed": task("complete"),
    "incident.action_invocation.created": action("queued"),
    "incident.action_invocation.updated": action("running"),
    "incident.action_invocation.terminated": action("completed"),
    "incident.workflow.started": RUN,
    "incident.workflow.completed": RUN,
}


def parsed(event_type: str, data: Any = None, **more: Any) -> IncidentEvent:
    return incident_event_of("acme", event(event_type, DATA[event_type] if data is None else data, **more))


def snapshot(**changes: Any) -> Snapshot:
    """What the product makes of an incident that differs so from the sample."""
    found = parsed("incident.triggered", incident(**changes)).snapshot
    assert found is not None
    return found


def test_every_type_is_known() -> None:
    assert set(DATA) == set(EVENT_TYPES)
    assert len(DATA) == 31
    assert set(CONTENTS) == set(INCIDENT_EVENTS)


@pytest.mark.parametrize("event_type", INCIDENT_EVENTS)
def test_an_event_gives_what_it_is_about_and_nothing_else(event_type: str) -> None:
    expected = IncidentEvent(
        event_id="01E",
        event_type=event_type,
        occurred_at=AT,
        account="acme",
        incident_id=INCIDENT_ID,
        agent=OF_ADA,
        **CONTENTS[event_type],
    )
    assert parsed(event_type, id="01E") == expected


@pytest.mark.parametrize(
    "missing",
    [
        "assignees",
        "conference_bridge",
        "created_at",
        "escalation_policy",
        "html_url",
        "incident_type",
        "number",
        "priority",
        "service",
        "teams",
        "title",
        "urgency",
    ],
)
def test_null_and_absent_are_the_same_where_samples_show_a_value(missing: str) -> None:
    without = incident()
    del without[missing]
    absent = parsed("incident.triggered", without)
    assert absent.snapshot == snapshot(**{missing: None})
    assert absent.snapshot != SNAPSHOT or missing == "incident_type"


def test_an_event_of_automation_has_no_agent() -> None:
    found = parsed("incident.annotated", agent=None)
    assert found.agent is None
    assert found.note is not None
    assert found.note.author is None


def test_numbers_stand_for_texts() -> None:
    """``conference_number`` and custom fields hold either."""
    assert snapshot(conference_bridge={"conference_number": 5550100}).bridge == Bridge(number="5550100")
    fields = [{"id": 7, "name": "retries", "value": 3}, {"id": 8, "name": "ratio", "value": 0.5}]
    found = parsed(
        "incident.custom_field_values.updated", about("incident_field_values", custom_fields=fields)
    )
    assert found.fields == (
        Field(id="7", name="retries", value="3"),
        Field(id="8", name="ratio", value="0.5"),
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (True, "yes"),
        (False, "no"),
        (["a", "b"], "a, b"),
        (["a", None, ""], "a"),
        ([{"id": "P1", "summary": "one"}, {"id": "P2"}], "one, P2"),
    ],
)
def test_a_custom_field_is_written_as_people_read_it(value: Any, shown: str) -> None:
    fields = [{"id": "F", "name": "field", "display_name": "Field", "value": value}]
    found = parsed(
        "incident.custom_field_values.updated", about("incident_field_values", custom_fields=fields)
    )
    assert found.fields == (Field(id="F", name="Field", value=shown),)


@pytest.mark.parametrize("value", [None, "", [], {}])
def test_a_custom_field_without_a_value_is_left_out(value: Any) -> None:
    fields = [{"id": "F", "name": "field", "value": value}]
    found = parsed(
        "incident.custom_field_values.updated", about("incident_field_values", custom_fields=fields)
    )
    assert found.fields == ()


def test_a_responder_may_be_an_escalation_policy() -> None:
    policy = {"id": "PEP0001", "type": "escalation_policy_reference", "summary": "Default"}
    asked = about("incident_responder", user=None, escalation_policy=policy, state=None)
    found = parsed("incident.responder.added", asked)
    assert found.responder == Responder(person=Reference(id="PEP0001", name="Default"), state="pending")


def test_a_request_that_names_nobody_is_told_without_a_responder() -> None:
    assert parsed("incident.responder.added", about("incident_responder", user=None)).responder is None


@pytest.mark.parametrize("identity", ["PSVC001\x00", "PSVC001\ud83d", "PSVC 001", "PSVC/001", "P" * 65])
def test_an_id_is_taken_as_it_is_or_not_at_all(identity: str) -> None:
    damaged = {"id": identity, "summary": "Checkout"}
    found = snapshot(service=damaged, assignees=[damaged, BO_BODY])
    assert (found.service, found.assignees, found.assignee_count) == (None, (OF_BO,), 1)


def test_the_incident_of_a_role_is_found_in_any_of_the_assignments() -> None:
    roles = [role(None) | {"incident": None}, role(None)]
    found = parsed("incident.role.assigned", {"incident_role_assignments": roles})
    assert found.incident_id == INCIDENT_ID


def test_a_role_that_nobody_holds_any_more_has_no_holder() -> None:
    found = parsed("incident.role.assigned", {"incident_role_assignments": [role(None)]})
    assert found.roles == (Role(id="PROLE01", name="Incident Commander", holder=None),)
    assert found.incident_id == INCIDENT_ID


def test_a_bridge_that_was_removed_is_empty() -> None:
    gone = about("incident_conference_bridge", conference_numbers=[], conference_url=None)
    assert parsed("incident.conference_bridge.updated", gone).bridge == Bridge()


def test_fields_nobody_knows_change_nothing() -> None:
    more = event(
        "incident.triggered", incident(brand_new={"x": [1]}, service=BO_BODY | {"brand_new": 1}), id="01E"
    )
    assert incident_event_of("acme", more | {"brand_new": 1}) == parsed(
        "incident.triggered", incident(service=BO_BODY), id="01E"
    )


@pytest.mark.parametrize("wrong", ["text", 7, True, [1], [None], {"id": None}, {"id": ""}, {}])
def test_a_reference_of_another_shape_is_no_reference(wrong: Any) -> None:
    assert snapshot(priority=wrong, service=wrong, escalation_policy=wrong) == SNAPSHOT.model_copy(
        update={"priority": None, "service": None, "escalation_policy": None}
    )


@pytest.mark.parametrize("wrong", ["text", 7, {"id": "P1"}, [None, "text", 7, {}]])
def test_a_list_of_another_shape_is_empty(wrong: Any) -> None:
    found = snapshot(assignees=wrong, teams=wrong)
    assert (found.assignees, found.assignee_count, found.teams) == ((), 0, ())


@pytest.mark.parametrize(
    "number",
    [
        True,
        -1,
        1.5,
        "forty-two",
        "٤٢",
        10**15,
        "9" * 5000,
        [42],
        pytest.param(10**5000, id="too-long-to-write"),
    ],
)
def test_a_number_that_is_none_is_left_out(number: Any) -> None:
    assert snapshot(number=number).number is None


def test_a_number_as_text_is_read() -> None:
    assert snapshot(number="42").number == 42


@pytest.mark.parametrize("urgency", [None, "severe", 1, ["high"]])
def test_an_urgency_nobody_knows_is_left_out(urgency: Any) -> None:
    assert snapshot(urgency=urgency).urgency is None


def test_an_incident_without_a_title_still_has_words() -> None:
    assert snapshot(title="").title == "(no title)"


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-01-01T10:00:00Z", datetime(2026, 1, 1, 10, tzinfo=UTC)),
        ("2026-01-01T10:00:00.123456Z", datetime(2026, 1, 1, 10, 0, 0, 123_456, tzinfo=UTC)),
        ("2026-01-01T12:00:00+02:00", datetime(2026, 1, 1, 10, tzinfo=UTC)),
        ("2026-01-01T10:00:00", datetime(2026, 1, 1, 10, tzinfo=UTC)),
    ],
)
def test_times(written: str, moment: datetime) -> None:
    assert parsed("incident.triggered", occurred_at=written).occurred_at == moment


BAD_TIMES = [None, "", "yesterday", 1_767_261_600, "2026-13-01T00:00:00Z", "0001-01-01T00:00:00+14:00"]


@pytest.mark.parametrize("wrong", BAD_TIMES)
def test_an_event_without_a_time_cannot_be_used(wrong: Any) -> None:
    with pytest.raises(EventUnusable, match="occurred_at is no time"):
        parsed("incident.triggered", occurred_at=wrong)


@pytest.mark.parametrize("wrong", [*BAD_TIMES, {}, ["2026-01-01T10:00:00Z"], "2026-01-01T10:00:00Z\ud83d"])
def test_a_new_incident_without_a_usable_time_was_created_when_it_was_triggered(wrong: Any) -> None:
    assert snapshot(created_at=wrong) == SNAPSHOT.model_copy(update={"created_at": AT})


@pytest.mark.parametrize("wrong", BAD_TIMES)
def test_a_later_event_does_not_tell_when_its_incident_was_created(wrong: Any) -> None:
    found = parsed("incident.escalated", incident(created_at=wrong)).snapshot
    assert found == SNAPSHOT.model_copy(update={"created_at": None})


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"data": "text"}, "no data"),
        ({"data": [1]}, "no data"),
        ({"id": None}, "no id"),
        ({"id": ""}, "no id"),
        ({"id": "01\nE"}, "no id"),
        ({"id": "0" * 65}, "no id"),
        ({"data": {}}, "names no incident"),
        ({"data": {"type": "incident"}}, "names no incident"),
        ({"data": incident(id="Q/1")}, "names no incident"),
        ({"data": incident(id="Q 1")}, "names no incident"),
        ({"data": incident(id="Q" * 65)}, "names no incident"),
        ({"data": incident(id=None)}, "names no incident"),
    ],
)
def test_an_event_without_what_it_needs_says_what_is_missing(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(EventUnusable, match=why):
        incident_event_of("acme", event() | changes)


@pytest.mark.parametrize(
    ("event_type", "data", "why"),
    [
        ("incident.annotated", note() | {"incident": None}, "names no incident"),
        ("incident.annotated", note() | {"incident": "Q1"}, "names no incident"),
        ("incident.role.assigned", {"incident_role_assignments": []}, "names no incident"),
        ("incident.role.assigned", {"incident_role_assignments": [{"incident": None}]}, "names no incident"),
    ],
)
def test_an_event_about_one_thing_without_what_it_needs_cannot_be_used(
    event_type: str, data: Any, why: str
) -> None:
    with pytest.raises(EventUnusable, match=why):
        parsed(event_type, data)


@pytest.mark.parametrize("wrong", [None, "", True, "incident.\x00triggered", "x" * 65])
def test_an_event_without_a_type_cannot_be_used(wrong: Any) -> None:
    with pytest.raises(EventUnusable, match="no event_type"):
        event_type_of({"event_type": wrong})


@pytest.mark.parametrize("status", ["snoozed", None, ["resolved"]])
@pytest.mark.parametrize(
    ("event_type", "known"),
    [
        ("incident.triggered", "triggered"),
        ("incident.acknowledged", "acknowledged"),
        ("incident.resolved", "resolved"),
        ("incident.reopened", "triggered"),
        ("incident.unacknowledged", "triggered"),
    ],
)
def test_a_type_that_says_the_status_stands_in_for_it(event_type: str, known: str, status: Any) -> None:
    found = parsed(event_type, incident(status=status))
    assert found.snapshot is not None
    assert found.snapshot.status == known


@pytest.mark.parametrize("status", ["snoozed", None])
def test_a_status_that_nothing_says_makes_the_event_useless(status: Any) -> None:
    with pytest.raises(EventUnusable, match="no known status"):
        parsed("incident.priority_updated", incident(status=status))


@pytest.mark.parametrize("text", ["", "  ", "\u200b", "\u2060 \ufeff", "\u202e"])
def test_a_note_that_nobody_can_see_says_nothing(text: str) -> None:
    found = parsed("incident.annotated", about("incident_note", id="PN1", content=text))
    assert found.note is not None
    assert found.note.text == ""
