"""A meeting is made for an incident, whatever goes wrong: one meeting, one bridge, one note."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest

from tests.chaos.company import TEAMS_PATIENCE, Company, Incident
from tests.chaos.invariants import in_sync
from tests.chaos.meeting import Meeting
from tests.support.waiting import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.usefixtures("room_beside")]

MAKING, THERE = "Muster is making the meeting", "There is a meeting for this incident: https://"
SLOW = 2.5
"""Seconds in which the worker is killed while somebody answers."""
NO_MAILBOX = {"error": {"code": "MailboxNotEnabledForRESTAPI", "message": "The mailbox is inactive."}}
POST = {"method": "POST"}


@pytest.mark.parametrize(
    ("on", "ending"),
    [("event", "/events"), ("meeting", "/onlineMeetings/createOrGet")],
    ids=["in a calendar", "alone"],
)
async def test_a_worker_that_is_killed_while_a_meeting_is_made_leaves_one(
    company: Company, on: str, ending: str
) -> None:
    incident = await shown(company)
    meeting = Meeting(incident)
    if on == "meeting":
        await in_no_calendar(company)
    await company.teams.fault(on, "slow", seconds=SLOW, match=POST)
    before = await graph_calls(company, ending)
    asked = asyncio.create_task(meeting.ask())
    await eventually(partial(_are_more, before, company, ending))
    company.product.kill("worker")
    assert (await asked).startswith((MAKING, THERE))
    await _is_one(meeting, way="meeting" if on == "meeting" else "calendar")


@pytest.mark.parametrize(
    ("method", "ending"), [("PUT", ""), ("POST", "/notes")], ids=["the bridge", "the note"]
)
async def test_a_worker_that_is_killed_while_pagerduty_is_told_leaves_one_bridge_and_one_note(
    company: Company, method: str, ending: str
) -> None:
    """It is written, and the answer finds nobody; whoever takes over finds it written."""
    incident = await shown(company)
    meeting = Meeting(incident)
    path = f"/incidents/{incident.id}{ending}"
    await company.pagerduty.fault("rest", "late_answer", seconds=SLOW, match={"method": method, "path": path})
    asked = asyncio.create_task(meeting.ask())
    await eventually(partial(_is_written, company, method, path))
    company.product.kill("worker")
    assert (await asked).startswith((MAKING, THERE))
    await _is_one(meeting)


@pytest.mark.parametrize(
    "fault", [{"do": "lose_answer"}, {"do": "status", "status": 503}], ids=["lost", "refused"]
)
@pytest.mark.parametrize(
    ("method", "ending"), [("PUT", ""), ("POST", "/notes")], ids=["the bridge", "the note"]
)
async def test_whatever_goes_wrong_at_pagerduty_there_is_one_bridge_and_one_note(
    company: Company, method: str, ending: str, fault: Mapping[str, Any]
) -> None:
    incident = await shown(company)
    meeting = Meeting(incident)
    match = {"method": method, "path": f"/incidents/{incident.id}{ending}"}
    await company.pagerduty.fault("rest", match=match, **fault)
    assert (await meeting.ask()).startswith((MAKING, THERE))
    await _is_one(meeting)


FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("event", {"do": "lose_answer"}),
    ("event", {"do": "status", "status": 503}),
    ("event", {"do": "status_after", "status": 503}),
    ("event", {"do": "join_later", "seconds": 1.5}),
    ("event", {"do": "no_provider"}),
    ("meeting", {"do": "lose_answer"}),
    ("meeting", {"do": "status", "status": 503}),
    ("meeting", {"do": "status_after", "status": 503}),
]


@pytest.mark.parametrize(("on", "fault"), FAULTS, ids=[f"{on} {fault['do']}" for on, fault in FAULTS])
async def test_whatever_goes_wrong_at_microsoft_there_is_one_meeting(
    company: Company, on: str, fault: Mapping[str, Any]
) -> None:
    incident = await shown(company)
    meeting = Meeting(incident)
    is_alone = on == "meeting" or fault["do"] == "no_provider"
    if is_alone:
        await company.teams.allow_meetings()
    if on == "meeting":
        await in_no_calendar(company)
    await company.teams.fault(on, match=POST, **fault)
    assert (await meeting.ask()).startswith((MAKING, THERE))
    await _is_one(meeting, way="meeting" if is_alone else "calendar")


async def test_while_pagerduty_is_away_the_meeting_is_made_and_told_when_it_is_back(company: Company) -> None:
    incident = await shown(company)
    meeting = Meeting(incident)
    await company.teams.fault("event", "slow", seconds=1, match=POST)
    before = await graph_calls(company, "/events")
    asked = asyncio.create_task(meeting.ask())
    await eventually(partial(_are_more, before, company, "/events"))
    await company.product.stop("pagerduty", seconds=5)
    assert (await asked).startswith(THERE)
    assert await meeting.is_made()
    await company.product.expect_back("pagerduty")
    await _is_one(meeting)


async def test_clicks_of_many_and_a_killed_worker_make_one_meeting_for_all_of_them(company: Company) -> None:
    incident = await shown(company)
    meeting = Meeting(incident)
    card = await incident.card()
    asked = [
        asyncio.create_task(
            incident.click("create_meeting", by=f"person{number:03}@acme.example", message=card)
        )
        for number in range(3)
    ]
    await company.teams.fault("event", "slow", seconds=1, match=POST)
    before = await graph_calls(company, "/events")
    await meeting.ask()
    await eventually(partial(_are_more, before, company, "/events"))
    company.product.kill("worker")
    answers = [one for answered in await asyncio.gather(*asked) for one in answered]
    assert all(one["ms"] < TEAMS_PATIENCE for one in answers)
    await meeting.is_complete()
    await eventually(partial(_has_outcomes, incident, 4), within=60)
    assert Counter(await incident.outcomes()) == {"done": 1, "already": 3}
    await _is_one(meeting)


async def shown(company: Company) -> Incident:
    """An incident whose card is there."""
    incident = await company.incident()
    await incident.shown_and_recorded()
    return incident


async def in_no_calendar(company: Company) -> None:
    """Whoever asks next has no mailbox, and a Teams admin lets Muster make meetings."""
    await company.teams.allow_meetings()
    await company.teams.fault("event", "status", status=404, body=NO_MAILBOX, match=POST)


async def graph_calls(company: Company, ending: str) -> int:
    """Those so far that make something at such a path."""
    calls = (await company.teams.records())["graph_calls"]
    return len([one for one in calls if one["method"] == "POST" and one["path"].endswith(ending)])


async def _is_one(meeting: Meeting, *, way: str = "calendar") -> None:
    """One meeting, one bridge, one note; then the incident ends."""
    await meeting.is_complete()
    row = await meeting.row()
    assert row is not None
    assert (row["way"], row["attempt"]) == (way, 1)
    await in_sync(meeting.incident)
    assert await meeting.violations() == []


async def _are_more(before: int, company: Company, ending: str) -> bool:
    return await graph_calls(company, ending) > before


async def _is_written(company: Company, method: str, path: str) -> bool:
    writes = (await company.pagerduty.records())["writes"]
    return any((one["method"], one["path"]) == (method, path) for one in writes)


async def _has_outcomes(incident: Incident, count: int) -> bool:
    return len(await incident.outcomes()) == count
