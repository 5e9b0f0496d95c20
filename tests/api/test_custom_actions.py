"""Custom incident actions of PagerDuty: taken at once in either version, once, in the name of who clicked."""

import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from sandbox.up.servers.postgres import EmbeddedPostgres
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.api.outage import cut_known, line_to
from tests.api.public import PATIENT, error_of
from tests.api.room_programs import OTHER_TENANT, RoomProgram, RoomStack, room_stack
from tests.support.company import ACCOUNT, TENANT
from tests.support.life import ADA, BO, CY
from tests.workflows.incident_room.outside import FakeActivities
from workflows.incident_room.activities import CREATE_CHAT, OPEN_ROOM
from workflows.verbs.outcomes import Outcome

pytestmark = pytest.mark.anyio

CHAT, MEETING = "/v1/custom-actions/chat", "/v1/custom-actions/meeting"
NEITHER = "the body: it has neither an event nor messages, as PagerDuty's webhooks have"


@pytest.fixture(scope="module")
async def stack(
    postgres: EmbeddedPostgres,
    migrated: str,
    temporal: EmbeddedTemporal,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[RoomStack]:
    async with room_stack(postgres, migrated, temporal, tmp_path_factory.mktemp("actions")) as stack:
        yield stack


@pytest.fixture
async def program(stack: RoomStack) -> AsyncIterator[RoomProgram]:
    """PagerDuty, with an action on an incident of its own."""
    async with stack.program() as program:
        yield program


@pytest.fixture
async def unheard(stack: RoomStack) -> AsyncIterator[RoomProgram]:
    """The same without a worker."""
    async with stack.calling() as program:
        yield program


def v3(incident: str, user: str | None = ADA.id) -> dict[str, Any]:
    """A webhook of version 3, as PagerDuty's documentation shows one."""
    agent = None if user is None else {"id": user, "type": "user_reference", "summary": "Ada", "self": "…"}
    service = {"id": "PSVC001", "type": "service_reference", "summary": "Checkout", "html_url": None}
    event = {
        "id": "01D",
        "event_type": "incident.custom",
        "resource_type": "incident",
        "occurred_at": "2026-11-30T09:00:00.000Z",
        "agent": agent,
        "client": None,
        "data": {"id": incident, "type": "incident", "number": 42, "service": service, "priority": None},
    }
    return {"event": event}


def v2(incident: str, user: str = ADA.id) -> dict[str, Any]:
    """The older form, with messages."""
    shown = {"id": incident, "type": "incident", "incident_number": 42, "service": {"summary": "Checkout"}}
    entry = {"type": "custom_log_entry", "agent": {"id": user, "type": "user_reference"}, "contexts": []}
    message = {"id": "m", "event": "incident.custom", "incident": shown, "log_entries": [entry]}
    return {"messages": [message]}


async def clicked(program: RoomProgram, body: Any, *, path: str = CHAT, webhook: str = "") -> httpx.Response:
    headers = {"X-Webhook-Id": webhook} if webhook else {}
    return await program.http.post(path, json=body, headers=headers)


@pytest.mark.parametrize("payload", [v3, v2])
async def test_either_version_opens_the_chat_of_whoever_clicked(program: RoomProgram, payload: Any) -> None:
    told = await program.ended(await clicked(program, payload(program.incident)))
    assert (told["state"], told["url"]) == ("done", program.outside.chats[0].url)
    (asked,) = program.outside.of(OPEN_ROOM)
    assert (asked.owner, asked.by, asked.tenant) == (ADA.id, "PUSER01", TENANT)


async def test_the_other_action_opens_the_meeting(program: RoomProgram) -> None:
    told = await program.ended(await clicked(program, v3(program.incident), path=MEETING))
    assert (told["state"], told["url"]) == ("done", program.outside.meetings[0].url)
    (asked,) = program.outside.of(OPEN_ROOM)
    assert (asked.what, asked.owner) == ("meeting", ADA.id)


@pytest.mark.parametrize("user", [CY.id, None, "not an id"])
async def test_whoever_is_not_linked_owns_nothing(unheard: RoomProgram, user: str | None) -> None:
    """The first assignee who is known does, else the user of the token."""
    assert (await clicked(unheard, v3(unheard.incident, user))).status_code == 202
    async with unheard.working():
        await unheard.outside.until(lambda: unheard.outside.count(OPEN_ROOM) == 1)
    (asked,) = unheard.outside.of(OPEN_ROOM)
    assert (asked.owner, asked.by) == (None, "PUSER01")


async def test_whoever_is_linked_in_a_tenant_of_another_account_owns_nothing(program: RoomProgram) -> None:
    await program.pool.execute(
        "INSERT INTO user_link (tenant, aad_object_id, account, pagerduty_user, pagerduty_name, "
        "pagerduty_email, access_token) VALUES ($1, 'a-9', $2, 'PUSER09', 'Di', 'di@acme.example', '')",
        *(OTHER_TENANT, ACCOUNT),
    )
    await clicked(program, v3(program.incident, "PUSER09"))
    await program.outside.until(lambda: program.outside.count(OPEN_ROOM) == 1)
    (asked,) = program.outside.of(OPEN_ROOM)
    assert (asked.owner, asked.tenant) == (None, TENANT)


async def test_whoever_is_linked_in_another_tenant_too_owns_it(unheard: RoomProgram) -> None:
    await unheard.pool.execute(
        "INSERT INTO user_link (tenant, aad_object_id, account, pagerduty_user, pagerduty_name, "
        "pagerduty_email, access_token) VALUES ($1, 'a-1', $2, $3, 'Ada', 'ada@acme.example', '')",
        *(OTHER_TENANT, ACCOUNT, ADA.id),
    )
    await clicked(unheard, v3(unheard.incident))
    async with unheard.working():
        await unheard.outside.until(lambda: unheard.outside.count(OPEN_ROOM) == 1)
    (asked,) = unheard.outside.of(OPEN_ROOM)
    assert (asked.owner, asked.tenant) == (ADA.id, TENANT)


async def test_an_agent_that_is_no_user_owns_nothing(program: RoomProgram) -> None:
    body = v3(program.incident)
    body["event"]["agent"]["type"] = "service_reference"
    await clicked(program, body)
    await program.outside.until(lambda: program.outside.count(OPEN_ROOM) == 1)
    assert program.outside.of(OPEN_ROOM)[0].owner is None


async def test_it_is_taken_at_once_whatever_takes_long(stack: RoomStack) -> None:
    async with stack.calling(answer_within=PATIENT) as unheard:
        began = time.monotonic()
        answer = await clicked(unheard, v3(unheard.incident))
        assert (answer.status_code, time.monotonic() - began < PATIENT / 2) == (202, True)
        told = (await unheard.http.get(f"/v1/operations/{answer.json()['operation']['id']}")).json()
    assert told["state"] == "working"


async def test_another_attempt_of_the_same_click_is_the_same_operation(program: RoomProgram) -> None:
    first = await clicked(program, v3(program.incident), webhook="one")
    await program.ended(first)
    again = await clicked(program, v3(program.incident), webhook="one")
    assert (again.status_code, again.json()) == (202, first.json())


async def test_a_second_click_finds_the_chat_there(program: RoomProgram) -> None:
    first = await program.ended(await clicked(program, v3(program.incident, ADA.id), webhook="a"))
    again = await program.ended(await clicked(program, v3(program.incident, BO.id), webhook="b"))
    assert (again["state"], again["url"], again["id"] == first["id"]) == ("done", first["url"], False)
    assert program.outside.count(CREATE_CHAT) == 1


async def test_why_there_is_none_is_told_by_the_operation(stack: RoomStack) -> None:
    outside = FakeActivities()
    outside.refused = Outcome(kind="failed", reason="not_found")
    async with stack.program(outside) as program:
        told = await program.ended(await clicked(program, v3(program.incident), path=MEETING))
    assert (told["state"], told["error"]) == (
        "failed",
        "The meeting cannot be made: PagerDuty does not know this incident.",
    )


async def test_pagerduty_comes_again_while_temporal_is_away(stack: RoomStack) -> None:
    async with line_to(stack.settings.temporal_address) as line:
        settings = stack.settings.model_copy(update={"temporal_address": line.address})
        async with stack.calling(settings=settings) as program:
            await cut_known(line, program.gateway)
            answer = await clicked(program, v3(program.incident), webhook="later")
            assert error_of(answer) == (503, "Muster cannot do this now, call again")
            await line.mend()
            assert (await clicked(program, v3(program.incident), webhook="later")).status_code == 202


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, NEITHER),
        ({"messages": []}, NEITHER),
        ({"event": None}, NEITHER),
        ({"event": {}}, "event.data: it is missing"),
        ({"event": {"data": {"type": "incident"}}}, "event.data.id: it is missing"),
        ({"event": {"data": {"id": "Q 1"}}}, "event.data.id: it is no id"),
        ({"event": {"data": {"id": "42"}}}, "event.data.id: it is no id"),
        ({"event": {"data": {"id": "Q1", "type": "service"}}}, "event.data: it is no incident"),
        ({"messages": [{"event": "incident.custom"}]}, "messages.0.incident: it is missing"),
        ({"messages": "many"}, "messages: it must be a list"),
    ],
)
async def test_what_is_no_click_is_refused_by_name(unheard: RoomProgram, body: Any, message: str) -> None:
    assert error_of(await clicked(unheard, body)) == (400, message)
