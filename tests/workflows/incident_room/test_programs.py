"""Programs that ask for the chat: as a click does, and more carefully."""

import asyncio

import pytest
from temporalio.client import Client

from tests.support.life import ADA, BO, CY
from tests.workflows.incident_room.outside import FakeActivities
from tests.workflows.incident_room.running import PATIENT, made, running
from workflows.channel_incident.activities import RECORD_CLICKS, TELL_PERSON
from workflows.incident_room.activities import ADMIT, BEGIN_ANEW, CREATE_CHAT, OPEN_ROOM
from workflows.incident_room.messages import AskedByProgram
from workflows.verbs.outcomes import Outcome

pytestmark = pytest.mark.anyio


async def test_a_chat_is_made_for_whoever_is_to_own_it(client: Client) -> None:
    outside = FakeActivities()
    async with running(client, outside, timing=PATIENT) as run:
        answer = await run.ask(run.program(owner=ADA.id))
        await run.is_idle()
        assert "a program as PUSER03" in await run.details()
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


async def test_a_program_whose_answer_is_late_is_told_nothing_privately(client: Client) -> None:
    outside = FakeActivities()
    outside.refused = Outcome(kind="failed", reason="not_found")
    async with running(client, outside) as run:
        message: AskedByProgram = run.program(owner=ADA.id)
        await run.hand_over(message)
        await run.ends()
    assert (outside.count(OPEN_ROOM), outside.count(TELL_PERSON)) == (1, 0)
