"""What a REST incident says, read from the example of PagerDuty's own schema."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from muster.payloads.rest import details_of_incident
from muster.payloads.values import EventUnusable
from workflows.incident.events import Details
from workflows.incident.stamps import Stamp
from workflows.incident.values import Acknowledgement, Bridge, Field, Reference, Responder, Snapshot

SCHEMA = Path(__file__).parents[3] / "shared" / "reference" / "pagerduty" / "rest.openapi.json"
EARLINE = Reference(id="PXPGF42", name="Earline Greenholt")


@pytest.fixture(scope="module")
def example() -> dict[str, Any]:
    answers = json.loads(SCHEMA.read_text())["paths"]["/incidents/{id}"]["get"]["responses"]
    incident: dict[str, Any] = answers["200"]["content"]["application/json"]["examples"]["response"]["value"][
        "incident"
    ]
    return incident


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_the_schemas_example(example: dict[str, Any]) -> None:
    assert details_of_incident(example) == Details(
        snapshot=Snapshot(
            number=1234,
            title="The server is on fire.",
            url="https://subdomain.pagerduty.com/incidents/PT4KHLK",
            status="acknowledged",
            urgency="high",
            priority=Reference(id="P53ZZH5", name="P2"),
            service=Reference(id="PIJ90N7", name="My Mail Service"),
            escalation_policy=Reference(id="PT20YPA", name="Another Escalation Policy"),
            assignees=(EARLINE,),
            assignee_count=1,
            teams=(Reference(id="PQ9K7I8", name="Engineering"),),
            bridge=Bridge(url="https://example.com/acb-123", number="+1-415-555-1212,,,,1234#"),
            created_at=at("2015-10-06T21:30:42"),
        ),
        status_changed_at=at("2015-10-06T21:38:23"),
        status_changed_by=EARLINE,
        acknowledgements=(Acknowledgement(person=EARLINE, at=at("2015-11-10T00:32:52")),),
        responders=(Responder(person=Reference(id="PL7A2O4", name="Lee Turner"), state="pending"),),
        fields=(Field(id="PT4KHEE", name="Runtime Environment", value="production"),),
        read_for=Stamp(at=at("2015-10-06T21:38:23.999999")),
    )


def test_an_answer_includes_the_event_it_was_read_for(example: dict[str, Any]) -> None:
    wanted = Stamp(at=at("2015-10-06T21:39:00"), event_id="01E")
    assert details_of_incident(example, read_for=wanted).read_for == wanted


def test_people_may_be_expanded_instead_of_referenced(example: dict[str, Any]) -> None:
    """``include[]=assignees`` gives whole users, which have a name beside their summary."""
    user = {"id": "PXPGF42", "type": "user", "name": "Earline Greenholt", "email": "e@example.com"}
    details = details_of_incident(
        example | {"assignments": [{"at": "2015-11-10T00:31:52Z", "assignee": user}]}
    )
    assert details.snapshot.assignees == (EARLINE,)


def test_a_new_incident_changed_last_when_it_was_made(example: dict[str, Any]) -> None:
    details = details_of_incident(example | {"last_status_change_at": None})
    assert details.status_changed_at == at("2015-10-06T21:30:42")


@pytest.mark.parametrize(
    "missing",
    ["acknowledgements", "incidents_responders", "custom_fields", "last_status_change_by", "assignments"],
)
def test_null_and_absent_are_the_same(example: dict[str, Any], missing: str) -> None:
    without = {key: value for key, value in example.items() if key != missing}
    assert details_of_incident(without) == details_of_incident(example | {missing: None})


@pytest.mark.parametrize("wrong", [{"status": "snoozed"}, {"last_status_change_at": "yesterday"}])
def test_an_incident_without_what_it_needs(example: dict[str, Any], wrong: dict[str, Any]) -> None:
    with pytest.raises(EventUnusable):
        details_of_incident(example | wrong)


def test_an_incident_without_any_time(example: dict[str, Any]) -> None:
    with pytest.raises(EventUnusable, match="status change is no time"):
        details_of_incident(example | {"last_status_change_at": None, "created_at": None})
