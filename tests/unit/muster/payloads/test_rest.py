"""What a REST incident says, read from one that has everything PagerDuty's schema describes of it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from muster.payloads.rest import count_of_notes, details_of_incident, latest_note_of
from muster.payloads.values import EventUnusable
from tests.schemas.exchange import Exchange
from tests.schemas.pagerduty import rest_api
from tests.support.bodies import BO_BODY, reference
from workflows.incident.events import Details
from workflows.incident.stamps import Stamp
from workflows.incident.values import Acknowledgement, Bridge, Comment, Field, Reference, Responder, Snapshot

BO_CALL = Reference(id="PUSER02", name="Bo Call")

_INCIDENT = reference("incident", "Q1REST00000001", "[#1234] Checkout does not answer")
_ASKED = {
    "state": "pending",
    "user": reference("user", "PUSER03", "Cy Net"),
    "incident": _INCIDENT,
    "updated_at": "2026-01-02T07:40:48-07:00",
    "message": "Can you look at the network?",
    "requester": reference("user", "PUSER01", "Ada Ops"),
    "requested_at": "2026-01-02T14:40:49Z",
}
EXAMPLE: dict[str, Any] = {
    **_INCIDENT,
    "type": "incident",
    "incident_number": 1234,
    "title": "Checkout does not answer",
    "created_at": "2026-01-02T14:30:42Z",
    "updated_at": "2026-01-02T14:40:23Z",
    "status": "acknowledged",
    "incident_key": "dedup-abc",
    "service": reference("service", "PSVC001", "Checkout"),
    "assignments": [{"at": "2026-01-02T14:31:52Z", "assignee": BO_BODY}],
    "assigned_via": "escalation_policy",
    "last_status_change_at": "2026-01-02T14:38:23Z",
    "resolved_at": None,
    "first_trigger_log_entry": reference("trigger_log_entry", "RLOG01", "Triggered by an alert"),
    "alert_counts": {"all": 2, "triggered": 1, "resolved": 1},
    "is_mergeable": True,
    "incident_type": {"name": "incident_default"},
    "escalation_policy": reference("escalation_policy", "PEP0001", "Default"),
    "teams": [reference("team", "PTEAM01", "Payments")],
    "pending_actions": [
        {"type": "unacknowledge", "at": "2026-01-02T15:02:52Z"},
        {"type": "resolve", "at": "2026-01-02T18:31:52Z"},
    ],
    "acknowledgements": [{"at": "2026-01-02T14:32:52Z", "acknowledger": BO_BODY}],
    "alert_grouping": {
        "grouping_type": "advanced",
        "started_at": "2026-01-02T14:30:42Z",
        "ended_at": None,
        "alert_grouping_active": True,
    },
    "last_status_change_by": BO_BODY,
    "priority": reference("priority", "PPRIO02", "P2"),
    "resolve_reason": None,
    "conference_bridge": {
        "conference_number": "+1 5550100,,1234#",
        "conference_url": "https://example.com/j/1",
    },
    "incidents_responders": [_ASKED],
    "responder_requests": [
        {
            "incident": _INCIDENT,
            "requester": reference("user", "PUSER01", "Ada Ops"),
            "requested_at": "2026-01-02T07:40:49-07:00",
            "message": "Can you look at the network?",
            "responder_request_targets": [
                {
                    "responder_request_target": {
                        "type": "user",
                        "id": "PUSER03",
                        "incidents_responders": [_ASKED],
                    }
                }
            ],
        }
    ],
    "urgency": "high",
    "custom_fields": [
        {
            "id": "PFIELD1",
            "type": "field_value",
            "name": "environment",
            "display_name": "Runtime Environment",
            "description": "Where it happens",
            "data_type": "string",
            "field_type": "single_value_fixed",
            "value": "production",
        }
    ],
}


@pytest.fixture
def example() -> dict[str, Any]:
    return EXAMPLE


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_the_example_is_as_pagerduty_describes_it(example: dict[str, Any]) -> None:
    limits = {"ratelimit-limit": "960", "ratelimit-remaining": "959", "ratelimit-reset": "60"}
    rest_api().check_answer(
        Exchange(
            method="GET",
            path=f"/incidents/{example['id']}",
            query=(),
            headers={},
            body=b"",
            status=200,
            answer_headers={"content-type": "application/json", **limits},
            answer=json.dumps({"incident": example}).encode(),
        )
    )


def test_the_example_is_read_whole(example: dict[str, Any]) -> None:
    assert details_of_incident(example) == Details(
        snapshot=Snapshot(
            number=1234,
            title="Checkout does not answer",
            url="https://acme.pagerduty.com/incidents/Q1REST00000001",
            status="acknowledged",
            urgency="high",
            priority=Reference(id="PPRIO02", name="P2"),
            service=Reference(id="PSVC001", name="Checkout"),
            escalation_policy=Reference(id="PEP0001", name="Default"),
            assignees=(BO_CALL,),
            assignee_count=1,
            teams=(Reference(id="PTEAM01", name="Payments"),),
            bridge=Bridge(url="https://example.com/j/1", number="+1 5550100,,1234#"),
            created_at=at("2026-01-02T14:30:42"),
        ),
        status_changed_at=at("2026-01-02T14:38:23"),
        status_changed_by=BO_CALL,
        acknowledgements=(Acknowledgement(person=BO_CALL, at=at("2026-01-02T14:32:52")),),
        responders=(Responder(person=Reference(id="PUSER03", name="Cy Net"), state="pending"),),
        fields=(Field(id="PFIELD1", name="Runtime Environment", value="production"),),
        read_for=Stamp(at=at("2026-01-02T14:38:23.999999")),
    )


def test_an_answer_includes_the_event_it_was_read_for(example: dict[str, Any]) -> None:
    wanted = Stamp(at=at("2026-01-02T14:39:00"), event_id="01E")
    assert details_of_incident(example, read_for=wanted).read_for == wanted


def test_people_may_be_expanded_instead_of_referenced(example: dict[str, Any]) -> None:
    """``include[]=assignees`` gives whole users, which have a name beside their summary."""
    user = {"id": "PUSER02", "type": "user", "name": "Bo Call", "email": "bo@acme.example"}
    details = details_of_incident(
        example | {"assignments": [{"at": "2026-01-02T14:31:52Z", "assignee": user}]}
    )
    assert details.snapshot.assignees == (BO_CALL,)


@pytest.mark.parametrize("odd", [None, "yesterday", 5, {}, "2026-01-02T14:38:23Z\ud83d"])
@pytest.mark.parametrize(
    ("missing", "status", "expected"),
    [
        ((), "acknowledged", "2026-01-02T14:38:23"),
        (("last_status_change_at",), "acknowledged", "2026-01-02T14:40:23"),
        (("last_status_change_at",), "resolved", "2026-01-02T14:39:00"),
        (("last_status_change_at", "resolved_at"), "resolved", "2026-01-02T14:40:23"),
        (("last_status_change_at", "updated_at"), "acknowledged", "2026-01-02T14:30:42"),
    ],
)
def test_the_nearest_time_stands_in_where_that_of_the_last_change_cannot_be_used(
    example: dict[str, Any], odd: Any, missing: tuple[str, ...], status: str, expected: str
) -> None:
    body = example | {"status": status, "resolved_at": "2026-01-02T14:39:00Z"} | dict.fromkeys(missing, odd)
    details = details_of_incident(body)
    assert details.status_changed_at == at(expected)
    assert details.snapshot.status == status


def test_an_incident_without_any_time_is_so_since_it_was_read(example: dict[str, Any]) -> None:
    began = datetime.now(UTC)
    without = dict.fromkeys(("last_status_change_at", "created_at", "updated_at", "resolved_at"))
    assert began <= details_of_incident(example | without).status_changed_at <= datetime.now(UTC)


@pytest.mark.parametrize("odd", [None, "yesterday", 5, {}])
def test_an_acknowledgement_without_a_time_is_left_out(example: dict[str, Any], odd: Any) -> None:
    entries = [{"at": odd, "acknowledger": reference("user", "PUSER01", "Ada Ops")}]
    details = details_of_incident(example | {"acknowledgements": entries + example["acknowledgements"]})
    assert details == details_of_incident(example)


@pytest.mark.parametrize(
    "missing",
    ["acknowledgements", "incidents_responders", "custom_fields", "last_status_change_by", "assignments"],
)
def test_null_and_absent_are_the_same(example: dict[str, Any], missing: str) -> None:
    without = {key: value for key, value in example.items() if key != missing}
    assert details_of_incident(without) == details_of_incident(example | {missing: None})


@pytest.mark.parametrize("wrong", ["snoozed", None, ["acknowledged"]])
def test_an_incident_without_a_known_status_cannot_be_used(example: dict[str, Any], wrong: Any) -> None:
    with pytest.raises(EventUnusable, match="no known status"):
        details_of_incident(example | {"status": wrong})


TELLS = {
    "acknowledgements": {"acknowledgements"},
    "assignments": {"assignees", "assignee_count"},
    "conference_bridge": {"bridge"},
    "custom_fields": {"fields"},
    "escalation_policy": {"escalation_policy"},
    "html_url": {"url"},
    "incident_number": {"number"},
    "incident_type": {"incident_type"},
    "incidents_responders": {"responders"},
    "last_status_change_at": {"status_changed_at", "read_for"},
    "last_status_change_by": {"status_changed_by"},
    "priority": {"priority"},
    "service": {"service"},
    "teams": {"teams"},
    "title": {"title"},
    "urgency": {"urgency"},
    "created_at": {"created_at"},
}
"""What each field of a REST incident tells; the others tell nothing."""


def told(body: dict[str, Any]) -> dict[str, Any]:
    details = details_of_incident(body)
    return {**dict(details.snapshot), **{name: value for name, value in details if name != "snapshot"}}


@pytest.mark.parametrize("odd", [None, True, -7, "odd \ud83d", [[None]], {"id": {}}, float("nan")])
@pytest.mark.parametrize("field", sorted(EXAMPLE.keys() - {"status"}))
def test_an_odd_field_costs_its_own_fact_alone(field: str, odd: Any) -> None:
    before, after = told(EXAMPLE), told(EXAMPLE | {field: odd})
    assert {name for name in before if before[name] != after[name]} <= TELLS.get(field, set())


# Notes

NOTE: dict[str, Any] = {
    "id": "PNOTE01",
    "user": BO_BODY,
    "channel": {"summary": "The PagerDuty website or APIs"},
    "content": "Rolled back",
    "created_at": "2026-01-02T14:41:00Z",
    "updated_at": "2026-01-02T14:41:00Z",
}
EARLIER = NOTE | {"id": "PNOTE02", "content": "Looking", "created_at": "2026-01-02T14:40:00-00:00"}


def test_the_newest_note_counts_whatever_the_order() -> None:
    newest = Comment(
        id="PNOTE01", text="Rolled back", author="Bo Call", at=datetime(2026, 1, 2, 14, 41, tzinfo=UTC)
    )
    assert latest_note_of([NOTE, EARLIER]) == latest_note_of([EARLIER, NOTE]) == newest


def test_a_note_that_says_nothing_or_has_no_time_does_not_count() -> None:
    silent = NOTE | {"id": "PNOTE03", "content": "\u200b", "created_at": "2026-01-02T15:00:00Z"}
    undated = NOTE | {"id": "PNOTE04", "content": "When?", "created_at": "soon"}
    told = latest_note_of([silent, undated, EARLIER, "a text", None])
    assert told is not None
    assert told.text == "Looking"
    assert latest_note_of([silent]) is None
    assert latest_note_of([]) is None


CHAT, MEETING = (
    NOTE | {"id": f"PNOTE{kind}", "content": f"Microsoft Teams {kind}: https://teams.example/{kind}{more}"}
    for kind, more in (("chat", ""), ("meeting", ", +1 555 0100,,42#"))
)
ABOUT_CHAT = NOTE | {"id": "PNOTE05", "content": "Microsoft Teams chat: https://teams.example/chat is full"}


def test_what_people_wrote_last_counts_and_not_musters_own_notes() -> None:
    told = latest_note_of([MEETING, CHAT, EARLIER])
    assert told is not None
    assert told.text == "Looking"
    assert latest_note_of([CHAT]) is None
    told = latest_note_of([ABOUT_CHAT, EARLIER])
    assert told is not None
    assert told.text == ABOUT_CHAT["content"], "somebody said more than the address"


def test_what_people_wrote_is_counted() -> None:
    silent, odd = NOTE | {"content": "\u200b"}, NOTE | {"content": {"text": "?"}}
    undated = NOTE | {"created_at": "soon"}
    assert count_of_notes([NOTE, EARLIER, undated, ABOUT_CHAT]) == 4
    assert count_of_notes([CHAT, MEETING, silent, odd, "a text", None]) == 0


def test_a_note_of_nobody_has_no_author() -> None:
    told = latest_note_of([NOTE | {"user": None}])
    assert told is not None
    assert told.author is None
