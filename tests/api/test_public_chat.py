"""Programs rename and archive an incident's chat: what is done, what is refused, and what takes longer."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from sandbox.up.servers.postgres import EmbeddedPostgres
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.api.outage import cut_known, line_to
from tests.api.public import SOON, error_of
from tests.api.public_chats import TOPIC, ProgramsChat, made_chat, programs_chat
from tests.api.public_stack import Stack, public_stack
from workflows.errors import ConsentMissing, Forbidden
from workflows.incident_room.activities import (
    ARCHIVED,
    MARK_ARCHIVED,
    REMOVE_PEOPLE,
    SET_TOPIC,
)

pytestmark = pytest.mark.anyio

RENAMES = ConsentMissing("no consent", code="Chat.ReadWrite.All")
NOT_GRANTED = "Chat.ReadWrite.All is not granted. A Microsoft admin grants it with appconnect."
NO_CHAT = (404, "The incident has no chat.")
CALLS: list[tuple[str, str, Any]] = [
    ("PATCH", "", {"topic": "War room"}),
    ("POST", "/archive", None),
    ("GET", "/members", None),
    ("POST", "/members", {"members": ["PUSER02"]}),
    ("DELETE", "/members", {"members": ["PUSER02"]}),
]


@pytest.fixture(scope="module")
async def stack(
    postgres: EmbeddedPostgres,
    migrated: str,
    temporal: EmbeddedTemporal,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Stack]:
    folder = tmp_path_factory.mktemp("chat")
    async with public_stack("program_chat", postgres, migrated, temporal, folder) as stack:
        yield stack


@pytest.fixture
async def made(stack: Stack) -> AsyncIterator[ProgramsChat]:
    async with made_chat(stack) as chat:
        yield chat


# Renamed


async def test_it_is_called_as_the_program_says(made: ProgramsChat) -> None:
    answer = await made.calls("PATCH", body={"topic": "War: room"})
    assert answer.status_code == 200
    told = answer.json()
    assert (told["result"], told["result_summary"]) == ("Success", "The chat was renamed.")
    assert (told["topic"], told["url"]) == (made.chat.topic, made.chat.url)
    assert made.chat.topic == "War room"
    assert await made.program.operation(told["id"]) == {k: v for k, v in told.items() if k != "topic"}


async def test_the_same_key_gets_the_same_answer_and_it_is_done_once(made: ProgramsChat) -> None:
    first = await made.calls("PATCH", body={"topic": "War room"}, key="k")
    again = await made.calls("PATCH", body={"topic": "War room"}, key="k")
    assert (again.status_code, again.content) == (200, first.content)
    assert made.outside.count(SET_TOPIC) == 1


async def test_without_the_permission_it_says_which(made: ProgramsChat) -> None:
    made.outside.breaks(SET_TOPIC, RENAMES)
    answer = await made.calls("PATCH", body={"topic": "War room"})
    assert error_of(answer) == (403, f"The chat cannot be renamed: {NOT_GRANTED}")
    assert made.chat.topic == TOPIC


async def test_what_microsoft_refuses_is_refused(made: ProgramsChat) -> None:
    made.outside.breaks(SET_TOPIC, Forbidden("403"))
    assert error_of(await made.calls("PATCH", body={"topic": "War room"})) == (
        502,
        "The chat cannot be renamed: Microsoft refused it. Whoever runs Muster finds why in its log.",
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "topic: it is missing"),
        ({"topic": 7}, "topic: it must be a text"),
        ({"topic": "  "}, "topic: nothing of it can be seen"),
        ({"topic": ":\n\u202e"}, "topic: nothing of it can be seen"),
        ({"topic": "a", "mood": "b"}, "mood: there is no such field"),
        ({"topic": "a" * 1001}, "topic: String should have at most 1000 characters"),
    ],
)
async def test_a_topic_that_is_none_is_refused_by_name(stack: Stack, body: Any, message: str) -> None:
    async with programs_chat(stack) as chat:
        assert error_of(await chat.calls("PATCH", body=body)) == (400, message)


# Archived


async def test_archived_it_shows_its_last_state_and_keeps_its_people(made: ProgramsChat) -> None:
    people = set(made.chat.members)
    answer = await made.calls("POST", "/archive")
    assert answer.status_code == 200
    told = answer.json()
    assert (told["result_summary"], told["left_out"]) == ("The chat was archived.", [])
    assert made.outside.ended_cards == [made.chat.id]
    assert made.chat.topic == f"{ARCHIVED}{TOPIC}"
    assert made.chat.members == people


async def test_its_people_are_taken_out_if_asked(made: ProgramsChat) -> None:
    assert (await made.calls("POST", "/archive", {"remove_people": True})).status_code == 200
    assert made.chat.members == set()


async def test_what_a_permission_is_missing_for_is_left_out(made: ProgramsChat) -> None:
    made.outside.breaks(MARK_ARCHIVED, RENAMES)
    made.outside.breaks(REMOVE_PEOPLE, Forbidden("403"))
    answer = await made.calls("POST", "/archive", {"remove_people": True})
    assert (answer.status_code, answer.json()["left_out"]) == (
        200,
        [
            f"The topic has no mark: {NOT_GRANTED}",
            "People were not taken out: Microsoft refused it.",
        ],
    )


async def test_archived_again_it_is_archived_still(made: ProgramsChat) -> None:
    await made.calls("POST", "/archive")
    assert (await made.calls("POST", "/archive")).status_code == 200
    assert made.outside.count(MARK_ARCHIVED) == 1
    assert error_of(await made.calls("PATCH", body={"topic": "War room"})) == NO_CHAT


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"remove_people": "yes"}, "remove_people: it must be true or false"),
        ({"remove_poeple": True}, "remove_poeple: there is no such field"),
    ],
)
async def test_a_bad_body_is_refused_by_name(stack: Stack, body: Any, message: str) -> None:
    async with programs_chat(stack) as chat:
        assert error_of(await chat.calls("POST", "/archive", body)) == (400, message)


# Without a chat


@pytest.mark.parametrize(("method", "below", "body"), CALLS)
async def test_without_a_chat_nothing_is_begun(stack: Stack, method: str, below: str, body: Any) -> None:
    async with programs_chat(stack) as chat:
        assert error_of(await chat.calls(method, below, body)) == NO_CHAT
        await chat.has_row()
        await is_another_accounts(chat)
        assert error_of(await chat.calls(method, below, body)) == NO_CHAT
        assert await chat.stack.signals(chat.run.id) is None


async def is_another_accounts(chat: ProgramsChat) -> None:
    """The chat is another account's."""
    pool = chat.stack.pool
    await pool.execute(
        "INSERT INTO pagerduty_account (key, subdomain, region) VALUES ('globex', 'g', 'us') "
        "ON CONFLICT DO NOTHING"
    )
    await pool.execute(
        "UPDATE incident_room SET account = 'globex' WHERE incident_id = $1", chat.room.incident_id
    )


@pytest.mark.parametrize(("method", "below", "body"), CALLS)
async def test_an_incident_that_pagerduty_does_not_know_is_not_found(
    stack: Stack, method: str, below: str, body: Any
) -> None:
    async with stack.program() as program:
        answer = await program.calls(method, f"/v1/incidents/QNOSUCH/chat{below}", body)
        assert error_of(answer) == (404, "there is no such incident")


# What takes longer, and what ends between two steps


async def test_what_takes_longer_is_answered_with_its_operation(made: ProgramsChat) -> None:
    held = made.outside.holds(SET_TOPIC)
    async with made.impatient() as impatient:
        first = await impatient.calls("PATCH", body={"topic": "War room"}, key="k")
    assert first.status_code == 202
    id = first.json()["operation"]["id"]
    assert (await made.program.operation(id))["state"] == "working"
    held.set()
    await made.run.is_idle()
    assert (await made.program.operation(id))["result"] == "Success"
    again = (await made.calls("PATCH", body={"topic": "War room"}, key="k")).json()
    assert (again["id"], again["topic"]) == (id, "War room")
    assert made.outside.count(SET_TOPIC) == 1


async def test_what_is_refused_when_nobody_waits_is_told_to_the_next_call(made: ProgramsChat) -> None:
    made.outside.breaks(SET_TOPIC, RENAMES)
    held = made.outside.holds(SET_TOPIC)
    async with made.impatient() as impatient:
        first = await impatient.calls("PATCH", body={"topic": "War room"}, key="k")
    id = first.json()["operation"]["id"]
    held.set()
    await made.run.is_idle()
    told = await made.program.operation(id)
    assert (told["result"], told["error"]) == ("Failed", f"The chat cannot be renamed: {NOT_GRANTED}")
    assert error_of(await made.calls("PATCH", body={"topic": "War room"}, key="k")) == (403, told["error"])


async def test_a_call_whose_api_ends_is_answered_by_another(made: ProgramsChat) -> None:
    held = made.outside.holds(SET_TOPIC)
    async with made.impatient() as first:  # which ends soon
        calling = asyncio.create_task(first.calls("PATCH", body={"topic": "War room"}, key="k"))
        await made.outside.until(lambda: made.outside.count(SET_TOPIC) == 1)
        calling.cancel()
    held.set()
    assert (await made.calls("PATCH", body={"topic": "War room"}, key="k")).json()["topic"] == "War room"
    assert made.outside.count(SET_TOPIC) == 1


@pytest.mark.parametrize(("method", "below", "body"), [one for one in CALLS if one[0] != "GET"])
async def test_nothing_is_done_while_temporal_is_away(
    made: ProgramsChat, method: str, below: str, body: Any
) -> None:
    stack = made.stack
    async with (
        line_to(stack.temporal.address) as line,
        stack.another(temporal_address=line.address, task_queue=made.run.queue) as api,
        stack.program(replace(api, answer_within=SOON)) as program,
    ):
        calls, operations = len(made.outside.calls), await operations_of(made)
        await cut_known(line, api.gateway)
        answer = await program.calls(method, made.path + below, body)
        assert error_of(answer) == (503, "Muster cannot do this now, call again")
        assert int(answer.headers["retry-after"]) > 0
    assert (len(made.outside.calls), await operations_of(made)) == (calls, operations)


async def operations_of(chat: ProgramsChat) -> int:
    """How many operations have a row."""
    counted: int = await chat.stack.pool.fetchval("SELECT count(*) FROM operation")
    return counted
