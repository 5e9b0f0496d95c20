"""A run has ended or continued as new, and something still comes: nothing goes back or is said again."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.chaos.buttons import on_screen
from tests.chaos.company import BO_EMAIL, DI_EMAIL, SOON, Company, Incident
from tests.chaos.invariants import in_sync
from tests.chaos.room import made_for
from tests.support import bodies
from tests.support.waiting import eventually

pytestmark = pytest.mark.anyio


async def test_late_and_repeated_events_change_nothing(company: Company) -> None:
    incident = await company.incident()
    await incident.shown_and_recorded()
    room = await made_for(incident)
    await incident.becomes("acknowledged")
    await incident.agrees("Acknowledged by Ada Ops")
    await in_sync(incident)
    before, replies = await incident.card(), await incident.said()
    in_chat = await incident.said(incident.chats[0])
    now = await company.pagerduty.incident(incident.id)
    began, over = (datetime.fromisoformat(now[name]) for name in ("created_at", "last_status_change_at"))
    acknowledged = began + timedelta(milliseconds=1)  # never in the same as it was triggered
    data = await snapshot(incident)
    for event in (
        event_at(over, "incident.resolved", data | {"status": "resolved", "assignees": []}),
        event_at(acknowledged, "incident.acknowledged", data | {"status": "acknowledged"}),
        event_at(began, "incident.triggered", data),
        event_at(began, "incident.escalated", data),
    ):
        for _ in range(2):
            assert await company.pagerduty.send_webhook(event) == 202
    await incident.ends()
    after = await incident.card()
    assert shows(after) == shows(before)
    assert "Resolved by Ada Ops" in shows(after)
    assert await incident.said() == replies
    assert await incident.said(incident.chats[0]) == in_chat, "it is summed up once"
    await in_sync(incident)
    assert await room.violations() == []


async def test_a_click_on_the_card_of_an_ended_run_changes_nothing_and_says_so(company: Company) -> None:
    """Somebody's Teams still shows the card as it was."""
    incident = await company.incident()
    await incident.shown_and_recorded()
    stale = on_screen(await incident.card(), "acknowledge")
    await in_sync(incident)
    (answer,) = await incident.click("acknowledge", message=stale)
    assert "Already resolved by Ada Ops; nothing was changed." in str(answer["body"])
    assert await incident.outcomes() == ["stale"]
    assert await incident.changes_by_buttons() == []
    await in_sync(incident)
    assert len(await incident.said()) == 1


async def test_a_reopening_opens_the_same_card_and_is_said_once(company: Company) -> None:
    incident = await ended(company)
    await incident.becomes("triggered")
    await incident.shows("reopened")

    async def is_said() -> bool:  # a resolve makes news that still waits pointless
        return [text.split()[1] for text in await incident.said()] == ["Resolved", "Reopened"]

    await eventually(is_said)
    (answer,) = await incident.click("acknowledge", by=DI_EMAIL)
    assert "Acknowledged by Di Pager" in str(answer["body"])
    await incident.click("resolve", by=BO_EMAIL)
    await incident.shows("Resolved by Bo Call")
    await in_sync(incident)
    assert len(await incident.messages()) == 1
    words = [text.split()[1] for text in await incident.said()]
    assert words == ["Resolved", "Reopened"], "what a click on the card did is not said beside it"


@pytest.mark.slow
async def test_a_run_that_continued_as_new_forgets_nothing(impatient: Company) -> None:
    incident = await impatient.incident()
    await incident.shown_and_recorded()
    button = on_screen(await incident.card(), "acknowledge")
    (first,) = await incident.runs()
    await incident.click("acknowledge", message=button)
    notes = 0
    # How many events a note costs depends on how many arrive while a task of the run is under way.
    while notes < SOON // 2 or not await _continued(incident, first.run_id):
        await incident.note(f"Note {notes}")
        notes += 1

    (answer,) = await incident.click("acknowledge", message=button)
    incident.expected_outcomes -= 1  # Teams delivered it again
    assert "Acknowledged by Bo Call" in str(answer["body"])
    at = datetime.fromisoformat((await impatient.pagerduty.incident(incident.id))["created_at"])
    late = event_at(at, "incident.escalated", await snapshot(incident))
    assert await impatient.pagerduty.send_webhook(late) == 202
    await incident.shows("Acknowledged by Bo Call", f"Note {notes - 1}")
    assert await incident.changes_by_buttons() == ["acknowledged"]
    await in_sync(incident)
    assert [word.split()[1] for word in await incident.said()] == ["Resolved"]


async def ended(company: Company) -> Incident:
    """An incident that was acknowledged and resolved, and whose run is over."""
    incident = await company.incident()
    await incident.shown_and_recorded()
    await incident.becomes("acknowledged")
    await incident.shows("Acknowledged by Ada Ops")
    await in_sync(incident)
    return incident


async def snapshot(incident: Incident) -> dict[str, Any]:
    """The incident as a webhook would carry it, triggered."""
    now = await incident.company.pagerduty.incident(incident.id)
    return bodies.incident(
        id=incident.id, number=now["incident_number"], title=now["title"], created_at=now["created_at"]
    )


def event_at(at: datetime, event_type: str, data: dict[str, Any]) -> dict[str, Any]:
    """An event under an id of its own."""
    return bodies.event(event_type, data, occurred_at=at.isoformat().replace("+00:00", "Z"))


def shows(message: dict[str, Any]) -> str:
    """The latest version's card."""
    return str(message["versions"][-1]["activity"])


async def _continued(incident: Incident, first: str) -> bool:
    return all(run.run_id != first for run in await incident.runs())
