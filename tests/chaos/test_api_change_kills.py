"""``kill -9`` of the API or the worker between any two commits of a call that changes what is there.

What it changes it changes once, and whoever calls again with the same ``Idempotency-Key`` hears so.
"""

from functools import partial
from typing import Any

import pytest

from tests.chaos.chat import Chat
from tests.chaos.commits import Commit
from tests.chaos.company import ADA_EMAIL, BO_EMAIL, DI_EMAIL, NO_CHANNEL, Company, Incident
from tests.chaos.invariants import in_sync
from tests.chaos.meeting import Meeting
from tests.chaos.program import ANSWERED, BEGUN, ENDED, Program, program_of, shown
from tests.chaos.room import Room, made_for
from tests.support.waiting import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

MOMENTS = {"begun": BEGUN, "recorded": ENDED, "answered": ANSWERED}
_STOPPED_BY_WORKER = Commit("incident_card", "UPDATE", "OLD.stopped_at IS DISTINCT FROM NEW.stopped_at")
_BETWEEN = {
    "the card is let go of": ("worker", _STOPPED_BY_WORKER),
    "it is archived": ("worker", Commit("incident_room", "UPDATE", "NEW.stage = 'archived'")),
    "it is gone": ("worker", Commit("incident_room", "UPDATE", "NEW.stage = 'gone'")),
}


def at(*between: str) -> pytest.MarkDecorator:
    """Between which commits: those of every call, and these."""
    moments = MOMENTS | {name: _BETWEEN[name] for name in between}
    return pytest.mark.parametrize(("part", "commit"), moments.values(), ids=moments)


moment = at()
committed = pytest.mark.parametrize("committed", [True, False], ids=["committed", "not committed"])


@committed
@moment
async def test_a_chat_is_renamed_once(company: Company, part: str, commit: Commit, committed: bool) -> None:
    room = await made_for(await shown(company))
    topic = f"{await _called(room)} and more"  # the other tests know chats by the incident's number
    program = await _calling(room, "PATCH", "chat", {"topic": topic})
    answer = await program.killed_at(part, commit, committed=committed)
    assert (answer.status_code, answer.json()["topic"]) == (200, topic)
    assert await _called(room) == topic
    await program.is_answered_again(answer)


@committed
@at("the card is let go of", "it is archived")
async def test_a_chat_is_archived_once(company: Company, part: str, commit: Commit, committed: bool) -> None:
    room = await made_for(await shown(company))
    program = await _calling(room, "POST", "chat/archive", {"remove_people": True})
    answer = await program.killed_at(part, commit, committed=committed)
    assert (answer.status_code, answer.json()["left_out"]) == (200, [])
    row = await room.row()
    assert row is not None
    assert row["stage"] == "archived"
    assert await _members(room) == set()
    await program.is_answered_again(answer)


@committed
@moment
async def test_somebody_is_added_to_a_chat_once(
    company: Company, part: str, commit: Commit, committed: bool
) -> None:
    room = await made_for(await shown(company))
    program = await _calling(room, "POST", "chat/members", {"members": [ADA_EMAIL]})
    answer = await program.killed_at(part, commit, committed=committed)
    assert (answer.status_code, answer.json()["added"]) == (200, [ADA_EMAIL])
    assert await _members(room) == {*room.members, ADA_EMAIL}
    await program.is_answered_again(answer)


@committed
@moment
async def test_somebody_is_taken_out_of_a_chat_once(
    company: Company, part: str, commit: Commit, committed: bool
) -> None:
    room = await made_for(await shown(company))
    program = await _calling(room, "DELETE", "chat/members", {"members": [BO_EMAIL]})
    answer = await program.killed_at(part, commit, committed=committed)
    assert (answer.status_code, answer.json()["removed"]) == (200, [BO_EMAIL])
    assert await _members(room) == {room.asker}
    await program.is_answered_again(answer)


@committed
@at("it is gone")
async def test_a_chat_is_deleted_once(company: Company, part: str, commit: Commit, committed: bool) -> None:
    """An admin lets Muster delete chats. Whoever was shown the incident in it is shown it elsewhere alone."""
    await company.microsoft.grant()
    room = await made_for(await shown(company))
    row = await room.row()
    assert row is not None
    path = f"/integration-ms-teams/incidents/{room.incident.id}/dedicated_chat"
    program = await program_of(room.incident, "DELETE", path, None)
    answer = await program.killed_at(part, commit, committed=committed)
    assert answer.status_code == 204, answer.text
    assert row["chat"] not in [one["id"] for one in (await company.teams.records())["conversations"]]
    assert (await room.row() or {})["stage"] == "gone"
    await program.is_answered_again(answer)


_CARD_REGISTERED = ("api", Commit("incident_card", "INSERT"))


@committed
@pytest.mark.parametrize(
    ("part", "commit"), [_CARD_REGISTERED, ANSWERED], ids=["its card is registered", "answered"]
)
async def test_an_incident_is_followed_once(
    company: Company, part: str, commit: Commit, committed: bool
) -> None:
    incident = await company.incident(service=NO_CHANNEL)
    program = await _following("PUT", incident, "payments-ops")
    answer = await program.killed_at(part, commit, committed=committed)
    assert answer.status_code == 200, answer.text
    await incident.shown_and_recorded()
    await program.is_answered_again(answer)


_STOPPED = ("api", Commit("incident_card", "UPDATE", "OLD.stopped_at IS DISTINCT FROM NEW.stopped_at"))


@committed
async def test_an_incident_is_not_followed_any_more(company: Company, committed: bool) -> None:
    incident, chat = await company.incident(service=NO_CHANNEL), await Chat.opened(company)
    await chat.follow(incident)
    await incident.shown_and_recorded()
    (row,) = await company.rows("SELECT key FROM conversation WHERE id = $1", chat.id)
    program = await _following("DELETE", incident, row["key"])
    answer = await program.killed_at(*_STOPPED, committed=committed)
    assert answer.status_code == 200, answer.text
    await eventually(partial(chat.is_over, incident))
    await program.is_answered_again(answer)


@committed
async def test_a_custom_action_opens_one_chat(company: Company, committed: bool) -> None:
    room = Room(await shown(company))
    await _clicked(room.incident, "chat", committed=committed)
    await room.is_complete()
    assert await room.violations() == []


@committed
async def test_a_custom_action_opens_one_meeting(company: Company, committed: bool) -> None:
    meeting = Meeting(await shown(company))
    await _clicked(meeting.incident, "meeting", committed=committed)
    await meeting.is_complete()
    await in_sync(meeting.incident)
    assert await meeting.violations() == []


async def _clicked(incident: Incident, what: str, *, committed: bool) -> None:
    """Di clicks it in PagerDuty, which sends it again where it was not answered."""
    owner = next(one["pagerduty_user"] for one in incident.company.people if one["email"] == DI_EMAIL)
    event = {
        "id": "01D",
        "event_type": "incident.custom",
        "agent": {"id": owner, "type": "user_reference"},
        "data": {"id": incident.id, "type": "incident"},
    }
    program = await program_of(
        incident, "POST", f"/v1/custom-actions/{what}", {"event": event}, once_by="X-Webhook-Id"
    )
    await program.cut_off_at(*BEGUN, committed=committed)
    again = await program.calls()
    assert again is not None
    assert again.status_code == 202, again.text


async def _calling(room: Room, method: str, what: str, body: dict[str, Any]) -> Program:
    return await program_of(room.incident, method, f"/v1/incidents/{room.incident.id}/{what}", body)


async def _following(method: str, incident: Incident, conversation: str) -> Program:
    path = f"/v1/incidents/{incident.id}/conversations/{conversation}"
    return await program_of(incident, method, path, {} if method == "PUT" else None)


async def _chat(room: Room) -> dict[str, Any]:
    """The chat as Microsoft has it."""
    row = await room.row()
    assert row is not None
    conversations = (await room.company.teams.records())["conversations"]
    (chat,) = (one for one in conversations if one["id"] == row["chat"])
    return dict(chat)


async def _called(room: Room) -> str:
    return str((await _chat(room))["name"])


async def _members(room: Room) -> set[str]:
    emails = {one["aad_object_id"]: one["email"] for one in room.company.people}
    return {emails[one] for one in (await _chat(room))["members"]}
