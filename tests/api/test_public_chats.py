"""PagerDuty's own calls for an incident's chat: what each does, what it gets, and once."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from api.public.bodies import LARGEST
from muster.cards.rooms.programs import CHAT_EXISTS, NO_CHAT, NO_TENANT, OTHER_HOME
from muster.cards.rooms.sentences import NOBODY, room_sentence, unknown_sentence
from muster.store import operations
from sandbox.up.servers.postgres import EmbeddedPostgres
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.api.public import EMAIL, SOON, error_of
from tests.api.room_programs import OTHER_ACCOUNT, OTHER_TENANT, RoomProgram, RoomStack, room_stack
from tests.support.company import ACCOUNT, TENANT
from tests.support.life import ADA, CY
from tests.workflows.incident_room.orders import DELETES
from tests.workflows.incident_room.outside import FakeActivities
from workflows.errors import ConsentMissing, Forbidden, RequestInvalid
from workflows.incident_room.activities import CREATE_CHAT, DELETE_CHAT, OPEN_ROOM
from workflows.incident_room.state import Plan
from workflows.operation.state import Ended, OperationKey
from workflows.verbs.outcomes import Outcome

pytestmark = pytest.mark.anyio

CHAT = "dedicated_chat"
NEW: dict[str, Any] = {"mst_tenant_id": TENANT, "owner_pd_user_id": ADA.id}
"""Ada, and the incident's assignee."""


@pytest.fixture(scope="module")
async def stack(
    postgres: EmbeddedPostgres,
    migrated: str,
    temporal: EmbeddedTemporal,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[RoomStack]:
    async with room_stack(postgres, migrated, temporal, tmp_path_factory.mktemp("chats")) as stack:
        yield stack


@pytest.fixture
async def program(stack: RoomStack) -> AsyncIterator[RoomProgram]:
    """A program for whose incident nobody has asked for a chat."""
    async with stack.program() as program:
        yield program


@pytest.fixture
async def impatient(stack: RoomStack) -> AsyncIterator[RoomProgram]:
    """The same at an API that answers soon that it takes longer."""
    async with stack.program(answer_within=SOON) as program:
        yield program


@pytest.fixture
async def unheard(stack: RoomStack) -> AsyncIterator[RoomProgram]:
    """A program for which no worker works."""
    async with stack.calling() as program:
        yield program


async def created(program: RoomProgram, *, key: str | None = None, **more: Any) -> httpx.Response:
    return await program.post(program.path(CHAT), NEW | more, key=key)


# Create


async def test_a_chat_is_made_and_told_as_pagerduty_does(program: RoomProgram) -> None:
    answer = await created(program)
    (chat,) = program.outside.chats
    assert answer.status_code == 201
    assert answer.json() == {"chat": {"name": chat.topic, "url": chat.url}}


async def test_it_is_as_the_program_wants_it(program: RoomProgram) -> None:
    answer = await created(program, chat={"name": "Server room"}, events="status_updates_only")
    assert answer.json()["chat"]["name"] == "Server room"
    (asked,) = program.outside.of(OPEN_ROOM)
    assert (asked.owner, asked.by, asked.by_email, asked.tenant) == (ADA.id, "PUSER01", EMAIL, TENANT)
    await program.outside.until(lambda: program.outside.presets == ["status_updates_only"])


async def test_nulls_and_what_nobody_knows_are_as_if_they_were_not_there(program: RoomProgram) -> None:
    wish = {"owner_pd_user_id": None, "chat": None, "events": None, "color": "red"}
    assert error_of(await created(program, **wish)) == (400, NOBODY), "its assignee is alone"
    (asked,), (making,) = program.outside.of(OPEN_ROOM), program.outside.of(CREATE_CHAT)
    assert (asked.owner, asked.name) == (None, None)
    assert making.plan == Plan(program="PUSER01")


async def test_a_second_chat_is_refused_in_pagerdutys_words(program: RoomProgram) -> None:
    await created(program)
    assert error_of(await created(program)) == (409, CHAT_EXISTS)
    assert len(program.outside.chats) == 1


async def test_of_two_at_once_one_makes_the_chat(program: RoomProgram) -> None:
    answers = await asyncio.gather(created(program), created(program))
    assert sorted(one.status_code for one in answers) == [201, 409]
    assert len(program.outside.chats) == 1


async def test_the_same_key_gets_the_chat_again(program: RoomProgram) -> None:
    first, again = [await created(program, key="once") for _ in range(2)]
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert error_of(await created(program, key="once", events="no_updates"))[0] == 422


async def test_the_same_key_gets_it_also_where_the_api_ended_before_it_answered(program: RoomProgram) -> None:
    first = await created(program, key="once")
    await program.pool.execute("UPDATE operation SET status = NULL, answer = NULL")
    again = await created(program, key="once")
    assert (again.status_code, again.json()) == (201, first.json())
    assert program.outside.count(OPEN_ROOM) == 1


async def test_what_takes_longer_is_told_by_its_operation(impatient: RoomProgram) -> None:
    goes_on = impatient.outside.holds(CREATE_CHAT)
    answer = await created(impatient)
    goes_on.set()
    told = await impatient.ended(answer)
    assert (told["state"], told["result"], told["error"]) == ("done", "Success", None)
    assert (told["result_summary"], told["url"]) == ("The chat is there.", impatient.outside.chats[0].url)


async def test_how_what_took_longer_failed_is_told_too(impatient: RoomProgram) -> None:
    goes_on = impatient.outside.holds(CREATE_CHAT)
    impatient.outside.breaks(CREATE_CHAT, ConsentMissing("no consent", code="Chat.Create"))
    answer = await created(impatient)
    goes_on.set()
    told = await impatient.ended(answer)
    assert (told["state"], told["result"], told["url"]) == ("failed", "Failed", None)
    missing = Outcome(kind="refused", reason="not_granted", says="Chat.Create")
    assert told["error"] == room_sentence(missing, account="acme")


@pytest.mark.parametrize(
    ("outcome", "status", "sentence"),
    [
        (
            Outcome(kind="failed", reason="not_found"),
            404,
            "The chat cannot be made: PagerDuty does not know this incident.",
        ),
        (
            Outcome(kind="failed", reason="owner_unknown"),
            404,
            "The chat cannot be made: PagerDuty does not know who is to own it.",
        ),
        (
            Outcome(kind="refused", reason="empty_name"),
            400,
            "The chat cannot be made: nothing that people can read is left of the name.",
        ),
        (
            Outcome(kind="failed", reason="forbidden"),
            403,
            "The chat cannot be made: PagerDuty does not let Muster's app read this incident.",
        ),
    ],
)
async def test_what_pagerduty_or_the_name_speaks_against_is_refused(
    stack: RoomStack, outcome: Outcome, status: int, sentence: str
) -> None:
    outside = FakeActivities()
    outside.refused = outcome
    async with stack.program(outside) as program:
        assert error_of(await created(program, owner_pd_user_id=CY.id)) == (status, sentence)
        assert outside.chats == []


async def test_an_owner_without_an_account_here_is_refused_with_the_reason(program: RoomProgram) -> None:
    program.outside.absent = {CY.id: "no_account"}
    assert error_of(await created(program, owner_pd_user_id=CY.id)) == (
        400,
        "The chat cannot be made: who is to own it is not linked, and has no account in this organization.",
    )


@pytest.mark.parametrize("owner", ["", "no id", "P/../users", "P" * 65])
async def test_an_owner_that_is_no_id_is_unknown(unheard: RoomProgram, owner: str) -> None:
    assert error_of(await created(unheard, owner_pd_user_id=owner)) == (
        404,
        "The chat cannot be made: PagerDuty does not know who is to own it.",
    )


async def test_a_missing_consent_is_told_as_on_the_card(program: RoomProgram) -> None:
    program.outside.breaks(CREATE_CHAT, ConsentMissing("no consent", code="Chat.Create"))
    missing = Outcome(kind="refused", reason="not_granted", says="Chat.Create")
    assert error_of(await created(program)) == (403, room_sentence(missing, account="acme"))


async def test_what_microsoft_refuses_for_good_is_not_to_be_asked_again(program: RoomProgram) -> None:
    program.outside.breaks(CREATE_CHAT, Forbidden("no"))
    status, sentence = error_of(await created(program))
    assert (status, "retry-after" in sentence) == (502, False)


async def test_a_chat_that_nobody_knows_of_is_told_as_such(program: RoomProgram) -> None:
    """Microsoft's answer was lost, and the room has looked for the chat for half a minute."""
    goes_on = program.outside.holds(CREATE_CHAT)
    operation = (await created(program, key="once")).json()["operation"]["id"]
    lost = Ended(outcome="unknown", reason="chat_unknown", says="Incident #42")
    await operations.end(program.pool, OperationKey(account=ACCOUNT, key=operation), lost)
    assert error_of(await created(program, key="once")) == (504, unknown_sentence("Incident #42"))
    goes_on.set()


async def test_nothing_is_half_done_without_temporal(stack: RoomStack) -> None:
    async with stack.without_temporal() as program:
        answer = await created(program)
        assert error_of(answer) == (503, "Muster cannot do this now, call again")
        assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({}, 400, "mst_tenant_id: it is missing"),
        ({"mst_tenant_id": 7}, 400, "mst_tenant_id: it must be a text"),
        (NEW | {"chat": "Server room"}, 400, "chat: it must be an object"),
        (NEW | {"chat": {"name": 7}}, 400, "chat.name: it must be a text"),
        ({"mst_tenant_id": ""}, 404, NO_TENANT),
        ({"mst_tenant_id": "nowhere"}, 404, NO_TENANT),
        ({"mst_tenant_id": OTHER_TENANT}, 404, NO_TENANT),
    ],
)
async def test_a_bad_body_is_refused_by_name(
    unheard: RoomProgram, body: Any, status: int, message: str
) -> None:
    assert error_of(await unheard.post(unheard.path(CHAT), body)) == (status, message)


@pytest.mark.parametrize("stage", ["unknown", "gone", "archived"])
async def test_a_chat_is_made_where_an_earlier_one_was(unheard: RoomProgram, stage: str) -> None:
    await unheard.has_chat(stage=stage, tenant=OTHER_TENANT)
    assert error_of(await created(unheard)) == (404, OTHER_HOME)


async def test_a_chat_is_made_where_the_incidents_meeting_is(unheard: RoomProgram) -> None:
    await unheard.has_meeting("https://teams.example/meet/1", "Incident #42", tenant=OTHER_TENANT)
    assert error_of(await created(unheard)) == (404, OTHER_HOME)


async def test_what_was_refused_in_one_tenant_is_made_in_another(program: RoomProgram) -> None:
    await program.has_chat(stage="none", tenant=OTHER_TENANT)
    assert (await created(program)).status_code == 201


async def test_a_chat_in_another_tenant_is_there_all_the_same(program: RoomProgram) -> None:
    assert (await created(program)).status_code == 201
    await program.has_chat(tenant=OTHER_TENANT)
    assert error_of(await created(program)) == (409, CHAT_EXISTS)


async def test_an_unknown_preset_is_refused_with_those_there_are(unheard: RoomProgram) -> None:
    status, message = error_of(await created(unheard, events="everything"))
    assert status == 400
    for name in ("events", "highlights_only", "status_updates_only", "all_updates", "no_updates"):
        assert name in message


async def test_what_is_no_id_is_no_incident(unheard: RoomProgram) -> None:
    path = f"/integration-ms-teams/incidents/Q%201/{CHAT}"
    for method in ("POST", "GET", "DELETE"):
        answer = await unheard.http.request(method, path, json=NEW)
        assert answer.status_code == 404


# Get


@pytest.mark.parametrize("stage", ["made", "archived"])
async def test_the_chat_is_told_with_its_tenant(unheard: RoomProgram, stage: str) -> None:
    url = await unheard.has_chat(stage=stage, topic="✓ Incident #42")
    answer = await unheard.http.get(unheard.path(CHAT))
    assert answer.status_code == 200
    assert answer.json() == {"chat": {"name": "✓ Incident #42", "url": url}, "tenant_id": TENANT}


@pytest.mark.parametrize("stage", ["none", "making", "unknown", "gone"])
async def test_a_chat_that_is_not_there_is_not_found(unheard: RoomProgram, stage: str) -> None:
    await unheard.has_chat(stage=stage)
    assert error_of(await unheard.http.get(unheard.path(CHAT))) == (404, NO_CHAT)


async def test_the_chat_of_another_accounts_incident_is_not_found(stack: RoomStack) -> None:
    outside = FakeActivities()
    async with stack.calling(outside) as program, stack.calling(outside, account=OTHER_ACCOUNT) as other:
        await program.has_chat()
        for method in ("GET", "DELETE"):
            answer = await other.http.request(method, other.path(CHAT))
            assert error_of(answer) == (404, NO_CHAT)


# Delete


async def test_a_chat_is_deleted_and_nothing_is_said(program: RoomProgram) -> None:
    await created(program)
    await program.has_chat()
    answer = await program.http.delete(program.path(CHAT))
    assert (answer.status_code, answer.content) == (204, b"")
    assert "content-type" not in answer.headers
    assert program.outside.deleted == [program.outside.chats[0].id]


async def test_the_same_key_deletes_it_once(program: RoomProgram) -> None:
    await created(program)
    await program.has_chat()
    headers = {"Idempotency-Key": "clean up"}
    answers = [await program.http.delete(program.path(CHAT), headers=headers) for _ in range(2)]
    assert [(one.status_code, one.content) for one in answers] == [(204, b"")] * 2
    assert program.outside.count(DELETE_CHAT) == 1


async def test_a_missing_permission_is_named_and_nothing_changed(program: RoomProgram) -> None:
    await created(program)
    await program.has_chat()
    program.outside.may_delete = False
    assert error_of(await program.http.delete(program.path(CHAT))) == (
        403,
        f"The chat cannot be deleted: {DELETES} is not granted. A Microsoft admin grants it with appconnect.",
    )
    assert (program.outside.deleted, program.outside.detached) == ([], [])


@pytest.mark.parametrize(
    ("body", "status"),
    [("x", 400), ("[]", 400), ("{" + " " * LARGEST + "}", 413)],
    ids=["text", "list", "large"],
)
async def test_a_body_that_nobody_needs_is_checked_all_the_same(
    unheard: RoomProgram, body: str, status: int
) -> None:
    await unheard.has_chat()
    answer = await unheard.http.request("DELETE", unheard.path(CHAT), content=body)
    assert error_of(answer)[0] == status


async def test_there_is_nothing_to_delete(unheard: RoomProgram) -> None:
    assert error_of(await unheard.http.delete(unheard.path(CHAT))) == (404, NO_CHAT)


async def test_a_chat_that_somebody_deleted_meanwhile_is_not_there(program: RoomProgram) -> None:
    await program.has_chat()
    assert error_of(await program.http.delete(program.path(CHAT))) == (404, NO_CHAT)


async def test_a_chat_that_microsoft_refuses_to_delete_stays(program: RoomProgram) -> None:
    await created(program)
    await program.has_chat()
    program.outside.breaks(DELETE_CHAT, RequestInvalid("no"))
    assert error_of(await program.http.delete(program.path(CHAT))) == (
        502,
        "The chat cannot be deleted: Microsoft refused it. Whoever runs Muster finds why in its log.",
    )
