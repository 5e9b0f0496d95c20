"""``kill -9`` of the API or the worker between any two commits of a program's call.

The program calls again with the same ``Idempotency-Key``: there is one effect, and one answer.
"""

import uuid

import httpx
import pytest

from tests.chaos.commits import Commit
from tests.chaos.company import DI_EMAIL, Company, Incident
from tests.chaos.meeting import Meeting
from tests.chaos.program import ANSWERED, BEGUN, ENDED, INTENDED, Program, program_of, shown
from tests.chaos.room import Room

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

committed = pytest.mark.parametrize("committed", [True, False], ids=["committed", "not committed"])


@committed
@pytest.mark.parametrize(("part", "commit"), [BEGUN, ENDED, ANSWERED], ids=["begun", "sent", "answered"])
async def test_a_message_is_there_once(company: Company, part: str, commit: Commit, committed: bool) -> None:
    """One that was sent and of which no row tells is not sent again, and its program hears so."""
    incident, text = await shown(company), f"Deploy {uuid.uuid4().hex} is out"
    program = await saying(incident, text)
    answer = await program.killed_at(part, commit, committed=committed)
    is_lost = part == "worker" and not committed
    assert answer.status_code == (504 if is_lost else 201), answer.text
    assert await _heard(company, text) == 1
    await program.is_answered_again(answer)


@committed
async def test_a_message_that_was_about_to_be_sent_is_never_there_twice(
    company: Company, committed: bool
) -> None:
    """Whether it left nobody knows, once that it is about to is committed."""
    incident, text = await shown(company), f"Deploy {uuid.uuid4().hex} is out"
    program = await saying(incident, text)
    answer = await program.killed_at(*INTENDED, committed=committed)
    assert answer.status_code == (504 if committed else 201), answer.text
    assert await _heard(company, text) == (0 if committed else 1)
    await program.is_answered_again(answer)


_CHAT_BEGUN = ("worker", Commit("incident_room", "UPDATE", "NEW.stage = 'making' AND OLD.stage = 'none'"))
_CHAT_MADE = ("worker", Commit("incident_room", "UPDATE", "NEW.stage = 'made' AND OLD.stage = 'making'"))


@committed
@pytest.mark.parametrize(
    ("part", "commit"),
    [BEGUN, _CHAT_MADE, ENDED, ANSWERED],
    ids=["begun", "made", "recorded", "answered"],
)
async def test_a_chat_is_there_once(company: Company, part: str, commit: Commit, committed: bool) -> None:
    incident = await shown(company)
    program = await asking_for_a_chat(incident)
    answer = await program.killed_at(part, commit, committed=committed)
    assert answer.status_code == 201, answer.text
    await _is_the_chat_there_is(incident, answer)
    await program.is_answered_again(answer)


async def test_a_chat_that_was_not_begun_is_made_by_the_next_worker(company: Company) -> None:
    incident = await shown(company)
    program = await asking_for_a_chat(incident)
    answer = await program.killed_at(*_CHAT_BEGUN, committed=False)
    assert answer.status_code == 201, answer.text
    await _is_the_chat_there_is(incident, answer)
    await program.is_answered_again(answer)


async def test_of_a_chat_that_was_begun_and_not_found_nobody_makes_another(company: Company) -> None:
    """It was about to be asked for. Whether it was nobody knows, and Microsoft has none of its topic."""
    incident = await shown(company)
    program = await asking_for_a_chat(incident)
    answer = await program.killed_at(*_CHAT_BEGUN, committed=True)
    assert answer.status_code == 504, answer.text
    assert await Room(incident).chats() == []
    await program.is_answered_again(answer)


async def asking_for_a_chat(incident: Incident) -> Program:
    """A program that wants Di to own it, beside Bo, who is on call."""
    company = incident.company
    owner = next(one["pagerduty_user"] for one in company.people if one["email"] == DI_EMAIL)
    body = {"mst_tenant_id": await _tenant(company), "owner_pd_user_id": owner}
    path = f"/integration-ms-teams/incidents/{incident.id}/dedicated_chat"
    return await program_of(incident, "POST", path, body)


async def _is_the_chat_there_is(incident: Incident, answer: httpx.Response) -> None:
    room = Room(incident)
    (chat,) = await room.chats()
    row = await room.row()
    assert row is not None
    assert (row["chat"], row["url"]) == (chat["id"], answer.json()["chat"]["url"])


_MEETING_BEGUN = ("worker", Commit("room_meeting", "INSERT"))
_MEETING_ASKED = ("worker", Commit("room_meeting", "UPDATE", "NEW.asked <> '' AND OLD.asked = ''"))
_MEETING_MADE = ("worker", Commit("room_meeting", "UPDATE", "NEW.stage = 'made' AND OLD.stage = 'making'"))


@committed
@pytest.mark.parametrize(
    ("part", "commit"),
    [BEGUN, _MEETING_BEGUN, _MEETING_ASKED, _MEETING_MADE, ENDED, ANSWERED],
    ids=["begun", "to be made", "asked for", "made", "recorded", "answered"],
)
async def test_a_meeting_is_there_once(company: Company, part: str, commit: Commit, committed: bool) -> None:
    incident = await shown(company)
    meeting = Meeting(incident)
    path = f"/integration-ms-teams/incidents/{incident.id}/meeting"
    program = await program_of(incident, "POST", path, {"mst_team_id": await _team(company)})
    answer = await program.killed_at(part, commit, committed=committed)
    assert answer.status_code == 201, answer.text
    await meeting.is_complete()
    row = await meeting.row()
    assert row is not None
    assert row["url"] == answer.json()["meeting"]["url"]
    await incident.becomes("resolved")
    await incident.ends()
    assert await meeting.violations() == []
    await program.is_answered_again(answer)


async def saying(incident: Incident, text: str) -> Program:
    """A program that has something to say in the incident's channel."""
    body = {"to": {"channel": "payments-ops"}, "text": text}
    return await program_of(incident, "POST", f"/v1/incidents/{incident.id}/messages", body)


async def _heard(company: Company, text: str) -> int:
    """How many messages say so."""
    records = await company.teams.records()
    return sum(text in str(m["versions"][0]) for c in records["conversations"] for m in c["messages"])


async def _tenant(company: Company) -> str:
    (row,) = await company.rows("SELECT id FROM teams_tenant")
    return str(row["id"])


async def _team(company: Company) -> str:
    rows = await company.rows(
        "SELECT t.id FROM team t JOIN conversation c ON c.team = t.id WHERE c.key = 'payments-ops'"
    )
    return str(rows[0]["id"])
