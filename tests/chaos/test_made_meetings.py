"""What must hold of an incident's meeting can fail, and is read right from the records."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.chaos.made_meetings import MadeMeeting, bridges_written, entries_of, made_alone, violations_of

BEGIN = datetime(2026, 11, 30, tzinfo=UTC)
MEETING, ANOTHER = "19:meeting_1@thread.v2", "19:meeting_2@thread.v2"
URL = "https://teams.microsoft.com/l/meetup-join/19%3ameeting_1%40thread.v2/0"
NOTE = f"Microsoft Teams meeting: {URL}, +1 206 555 0100,,123456789#"


def entry(subject: str, meeting: str | None = MEETING) -> dict[str, Any]:
    return {"subject": subject, "meeting": meeting}


OVER = entry("✓ Incident #1 Checkout is slow")
IN_CALENDAR = MadeMeeting(
    row={"stage": "made", "way": "calendar", "url": URL},
    entries=[OVER],
    made_alone=0,
    is_there=True,
    bridge=URL,
    written=[URL],
    notes=[NOTE, "Restarted it"],
)
ALONE = replace(IN_CALENDAR, row={"stage": "made", "way": "meeting", "url": URL}, entries=[], made_alone=1)


@pytest.mark.parametrize("made", [IN_CALENDAR, ALONE], ids=["in a calendar", "alone"])
def test_one_meeting_one_bridge_and_one_note_violate_nothing(made: MadeMeeting) -> None:
    assert list(violations_of(made)) == []


@pytest.mark.parametrize(
    "broken",
    [
        replace(IN_CALENDAR, row=None),
        replace(IN_CALENDAR, row={"stage": "making"}),
        replace(IN_CALENDAR, is_there=False),
        replace(IN_CALENDAR, entries=[]),
        replace(IN_CALENDAR, entries=[OVER, OVER]),
        replace(IN_CALENDAR, made_alone=1),
        replace(IN_CALENDAR, entries=[entry(OVER["subject"], ANOTHER)]),
        replace(IN_CALENDAR, entries=[entry(OVER["subject"], None)]),
        replace(IN_CALENDAR, entries=[entry("Incident #1 Checkout is slow")]),
        replace(ALONE, made_alone=2),
        replace(ALONE, made_alone=0),
        replace(ALONE, entries=[OVER]),
        replace(IN_CALENDAR, bridge=None, written=[]),
        replace(IN_CALENDAR, bridge="https://zoom.example/j/1"),
        replace(IN_CALENDAR, written=[URL, URL]),
        replace(IN_CALENDAR, notes=[]),
        replace(IN_CALENDAR, notes=[NOTE, NOTE]),
        replace(IN_CALENDAR, notes=["Microsoft Teams meeting: https://teams.microsoft.com/l/meetup-join/2"]),
    ],
    ids=[
        "nothing is known",
        "it is being made",
        "nothing is behind the address",
        "no entry",
        "two entries",
        "both ways",
        "an entry about another meeting",
        "an entry without a meeting",
        "an entry without a mark",
        "two meetings alone",
        "no meeting alone",
        "an entry that was left",
        "no bridge",
        "another bridge",
        "a bridge that was written twice",
        "no note",
        "two notes",
        "a note about another meeting",
    ],
)
def test_anything_else_is_a_violation(broken: MadeMeeting) -> None:
    (told,) = violations_of(broken)
    assert told


def test_entries_are_told_by_the_incidents_number_with_and_without_their_mark() -> None:
    plain, other = entry("Incident #1 Checkout is slow"), entry("Incident #12 Checkout is slow")
    assert entries_of([plain, other, OVER], 1) == [plain, OVER]


def test_a_meeting_alone_counts_where_it_was_new_whatever_was_heard_of_it() -> None:
    calls = [
        call(-1, status=201),
        call(1, status=403),
        call(2, status=503, fault="status"),
        call(3, status=503, fault="status_after"),
        call(4, status=201, fault="lose_answer"),
        call(5, status=200),
    ]
    assert made_alone({"graph_calls": calls}, since=BEGIN) == 2


def test_a_bridge_counts_where_pagerduty_took_it() -> None:
    writes = [
        change({"conference_bridge": {"conference_url": "1"}}),
        change({"conference_bridge": {"conference_url": "2"}}, status=403),
        change({"conference_bridge": {"conference_url": "3"}}, incident="Q2"),
        change({"status": "resolved"}),
    ]
    assert bridges_written({"writes": writes}, "Q1") == ["1"]


def call(seconds: float, *, status: int, fault: str | None = None) -> dict[str, Any]:
    at = (BEGIN + timedelta(seconds=seconds)).isoformat()
    path = "/users/di/onlineMeetings/createOrGet"
    return {"at": at, "method": "POST", "path": path, "status": status, "fault": fault}


def change(incident_body: dict[str, Any], *, incident: str = "Q1", status: int = 200) -> dict[str, Any]:
    body = {"incident": incident_body}
    return {"method": "PUT", "path": f"/incidents/{incident}", "status": status, "body": body}
