"""Programs that ask for the chat: as a click does, and more carefully."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio.client import Client

from tests.support.life import ADA, BO, CY, Life
from tests.workflows.incident_room.outside import OVER, FakeActivities
from tests.workflows.incident_room.running import PATIENT, made, running
from workflows.channel_incident.activities import RECORD_CLICKS, TELL_PERSON
from workflows.errors import NotFound
from workflows.incident.values import Snapshot, Status
from workflows.incident_meeting.activities import CHOOSE_ORGANISER
from workflows.incident_room.activities import ADD_PEOPLE, ADMIT, BEGIN_ANEW, CREATE_CHAT, OPEN_ROOM
from workflows.incident_room.messages import AskedByProgram
from workflows.incident_room.workflow_type import OPEN_MEETING
from workflows.verbs.outcomes import Outcome

pytestmark = pytest.mark.anyio


class AssignedToTwo(Life):
    """The life of an incident that Bo and Ada have."""

    def snapshot(self, status: Status, **more: Any) -> Snapshot:
        return super().snapshot(status, **{"assignees": (BO, ADA), "assignee_count": 2, **more})


async def test_a_chat_is_made_for_whoever_is_to_own_it(client: Client) -> None:
    outside = FakeActivities()
    async with running(client, outside, timing=PATIENT) as run:
        answer = await run.ask(run.program(owner=ADA.id))
        await run.is_idle()
        assert "PagerDuty workflows as PUSER03" in await run.details()
    assert (answer.outcome.kind, answer.url) == ("done", outside.chats[0].url)
    assert outside.members == {ADA.id, BO.id}, "not the user in whose name the program asks"
    assert outside.of(OPEN_ROOM)[0].owner == ADA.id
    assert [outside.count(row) for row in (ADMIT, RECORD_CLICKS)] == [0, 0]


async def test_a_click_and_a_program_at_once_make_one_chat(client: Client) -> None:
    outside = FakeActivities()
    held = outside.holds(CREATE_CHAT)
    async with running(client, outside, timing=PATIENT) as run:
        asked = asyncio.gather(run.ask(), run.ask(run.program(owner=CY.id)))
        await outside.until(lambda: outside.count(CREATE_CHAT) == 1)
        held.set()
        answers = await asked
        await run.is_idle()
    assert sorted(answer.outcome.kind for answer in answers) == ["already", "done"]
    assert {answer.url for answer in answers} == {outside.chats[0].url}
    assert outside.members == {ADA.id, BO.id, CY.id}


async def test_one_request_that_arrives_twice_is_one(client: Client) -> None:
    outside = FakeActivities()
    async with made(client, outside, timing=PATIENT) as run:
        first, second = [await run.ask(run.program(key="the same")) for _ in range(2)]
    assert first == second
    assert (first.outcome.kind, outside.count(OPEN_ROOM)) == ("already", 1)


async def test_why_it_is_refused_is_answered_and_nothing_is_made(client: Client) -> None:
    outside = FakeActivities()
    outside.refused = Outcome(kind="failed", reason="owner_unknown")
    async with running(client, outside) as run:
        answer = await run.ask(run.program(owner="PNOBODY"))
        assert (await run.ends()).chat == "none"
    assert (answer.outcome, outside.chats) == (outside.refused, [])


async def test_a_program_makes_no_second_chat_beside_one_that_nobody_knows_of(client: Client) -> None:
    """It may try again by itself; a person has looked in Teams."""
    outside = FakeActivities()
    outside.can_search = False
    outside.loses(CREATE_CHAT)
    async with running(client, outside, timing=PATIENT) as run:
        answers = [await run.ask(run.program(owner=ADA.id)) for _ in range(2)]
        assert {answer.outcome.reason for answer in answers} == {"chat_unknown"}
        assert (outside.count(CREATE_CHAT), outside.count(BEGIN_ANEW)) == (1, 0)
        assert (await run.ask()).outcome.kind == "done"
    assert outside.count(CREATE_CHAT) == 2


# What it wants of the chat


async def test_a_chat_has_the_name_and_the_preset_that_a_program_gives_it(client: Client) -> None:
    outside = FakeActivities()
    async with running(client, outside) as run:
        asked = run.program(owner=ADA.id, name="Server room on fire", preset="status_updates_only")
        assert (await run.ask(asked)).outcome.kind == "done"
        await run.is_idle()
        assert outside.chats[0].topic == "Server room on fire"
        assert outside.presets == ["status_updates_only"]
        await run.hears(run.life.is_resolved())
        await run.ends()
        assert outside.chats[0].topic == f"{OVER}Server room on fire"
        await run.hears(run.life.reopens())
        await outside.until(lambda: outside.chats[0].topic == "Server room on fire")


async def test_without_either_it_is_called_as_the_incident_and_told_all(client: Client) -> None:
    outside = FakeActivities()
    async with running(client, outside, timing=PATIENT) as run:
        await run.ask(run.program(owner=ADA.id))
        await run.is_idle()
    assert (outside.chats[0].topic, outside.presets) == ("Incident #42 Checkout latency", ["all_updates"])


async def test_a_click_on_the_next_chat_asks_for_no_name(client: Client) -> None:
    outside = FakeActivities()
    async with running(client, outside, timing=PATIENT) as run:
        await run.ask(run.program(owner=ADA.id, name="Server room on fire"))
        await run.is_idle()
        outside.delete_chat()
        outside.fails(ADD_PEOPLE, NotFound("no such chat"))
        await run.hears(run.life.asks_for_help(CY))
        await run.ends()
        assert (await run.ask()).outcome.kind == "done"
        await run.is_idle()
        assert [one.topic for one in outside.chats] == [
            "Server room on fire",
            "Incident #42 Checkout latency",
        ]


@pytest.mark.parametrize("lacks", [(), ("User.ReadBasic.All",)])
async def test_an_owner_who_is_not_here_is_refused_before_anything_is_made(
    client: Client, lacks: tuple[str, ...]
) -> None:
    outside = FakeActivities()
    outside.absent, outside.lacks = {CY.id: "no_account"}, lacks
    async with running(client, outside) as run:
        answer = await run.ask(run.program(owner=CY.id))
        assert (await run.ends()).chat == "none"
    says = lacks[0] if lacks else None
    assert answer.outcome == Outcome(kind="refused", reason="owner_absent", says=says)
    assert (outside.chats, outside.notes) == ([], [])


async def test_who_is_to_organise_a_meeting_and_is_not_here_is_refused(client: Client) -> None:
    outside = FakeActivities()
    outside.absent = {CY.id: "no_account"}
    async with running(client, outside) as run:
        answer = await run.ask(run.program(owner=CY.id), update=OPEN_MEETING.name)
        assert (await run.ends()).meeting == "none"
    assert (answer.outcome.reason, outside.meetings) == ("owner_absent", [])


async def test_a_meeting_has_the_name_that_a_program_gives_it(client: Client) -> None:
    outside = FakeActivities()
    async with running(client, outside, timing=PATIENT) as run:
        asked = run.program(owner=ADA.id, name="Server room: fire")
        assert (await run.ask(asked, update=OPEN_MEETING.name)).outcome.kind == "done"
        await run.is_idle()
    assert outside.of(CHOOSE_ORGANISER)[0].plan.name == "Server room: fire"


async def test_where_a_program_names_nobody_any_assignee_organises_a_meeting(client: Client) -> None:
    outside = FakeActivities(AssignedToTwo(began=datetime.now(UTC)))
    outside.passed_over = {BO.id: "guest"}
    async with running(client, outside, timing=PATIENT) as run:
        answer = await run.ask(run.program(), update=OPEN_MEETING.name)
        await run.is_idle()
    assert answer.outcome.kind == "done"
    assert outside.meetings[0].organiser == ADA.id


# What goes wrong


async def test_a_program_whose_answer_is_late_is_told_nothing_privately(client: Client) -> None:
    outside = FakeActivities()
    outside.refused = Outcome(kind="failed", reason="not_found")
    async with running(client, outside) as run:
        message: AskedByProgram = run.program(owner=ADA.id)
        await run.hand_over(message)
        await run.ends()
    assert (outside.count(OPEN_ROOM), outside.count(TELL_PERSON)) == (1, 0)
