"""Programs read and change who is in an incident's chat; whoever is not changed is named with the reason."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from muster.store import room_members
from muster.store.room_members import Known
from sandbox.up.servers.postgres import EmbeddedPostgres
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.api.public import error_of
from tests.api.public_chats import ProgramsChat, made_chat, programs_chat
from tests.api.public_stack import Stack, public_stack
from tests.support.life import BO, CY
from tests.workflows.incident_room.outside import FakeActivities
from workflows.errors import Forbidden
from workflows.incident_room.activities import ADD_MEMBERS, ChangeMembersOf, MembersChanged
from workflows.members import MembersChange, NotChanged
from workflows.wanted import ASKER, ASSIGNEE, WantedPerson

pytestmark = pytest.mark.anyio

DI = "PUSER04"
REFUSED = (
    NotChanged(who="sam@other.example", why="other_tenant"),
    NotChanged(who="nobody@acme.example", why="unknown"),
    NotChanged(who="PUSER03", why="full"),
)


class Refusing(FakeActivities):
    """Brings in whoever is named first, and refuses others as Microsoft and the directory do."""

    def _members_changed(self, request: ChangeMembersOf, changed: list[str]) -> MembersChanged:
        change = MembersChange(changed=(request.people[0].name,), refused=REFUSED)
        return MembersChanged(change=change, keys=(BO.id,), present=2)


@pytest.fixture(scope="module")
async def stack(
    postgres: EmbeddedPostgres,
    migrated: str,
    temporal: EmbeddedTemporal,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Stack]:
    folder = tmp_path_factory.mktemp("members")
    async with public_stack("program_members", postgres, migrated, temporal, folder) as stack:
        yield stack


@pytest.fixture
async def made(stack: Stack) -> AsyncIterator[ProgramsChat]:
    async with made_chat(stack) as chat:
        yield chat


def named(*names: str) -> dict[str, Any]:
    return {"members": list(names)}


async def test_people_are_added_by_id_and_by_email(made: ProgramsChat) -> None:
    answer = await made.calls("POST", "/members", named(CY.id, f"{DI}@acme.example", CY.id))
    assert answer.status_code == 200
    told = answer.json()
    assert (told["added"], told["refused"]) == ([CY.id, f"{DI}@acme.example"], [])
    assert (told["result"], told["result_summary"]) == ("Success", "Who could be added is in the chat.")
    assert {CY.id, DI} <= made.chat.members


async def test_whoever_is_refused_is_named_with_the_reason_and_hinders_nobody(stack: Stack) -> None:
    async with made_chat(stack, Refusing()) as made:
        people = named(BO.id, "sam@other.example", "nobody@acme.example", CY.id)
        answer = await made.calls("POST", "/members", people)
    assert (answer.status_code, answer.json()["added"]) == (200, [BO.id])
    assert answer.json()["refused"] == [
        {
            "member": "sam@other.example",
            "reason": "other_tenant",
            "message": "sam@other.example: they belong to another organization",
        },
        {
            "member": "nobody@acme.example",
            "reason": "unknown",
            "message": "nobody@acme.example: neither PagerDuty nor this organization knows them",
        },
        {
            "member": "PUSER03",
            "reason": "full",
            "message": "PUSER03: the chat is full: 250 people are in it",
        },
    ]


async def test_the_same_key_tells_of_the_same_people_when_the_run_has_ended(stack: Stack) -> None:
    async with programs_chat(stack, Refusing()) as chat:
        async with chat.working():
            await chat.is_made()
            held = chat.outside.holds(ADD_MEMBERS)
            async with chat.impatient() as impatient:
                first = await impatient.calls("POST", "/members", named(BO.id), key="k")
            assert first.status_code == 202
            held.set()
            await chat.run.is_idle()
        again = await chat.calls("POST", "/members", named(BO.id), key="k")
    told = again.json()
    assert (again.status_code, told["id"]) == (200, first.json()["operation"]["id"])
    assert (told["added"], [one["member"] for one in told["refused"]]) == ([BO.id], [r.who for r in REFUSED])


async def test_people_are_removed_and_who_was_not_there_is_refused(made: ProgramsChat) -> None:
    await made.calls("POST", "/members", named(CY.id))
    answer = await made.calls("DELETE", "/members", named(CY.id, DI))
    assert answer.status_code == 200
    told = answer.json()
    assert told["removed"] == [CY.id]
    assert told["refused"] == [
        {"member": DI, "reason": "not_there", "message": f"{DI}: they are not in the chat"}
    ]
    assert CY.id not in made.chat.members


async def test_what_ended_when_nobody_waited_tells_them_all_the_same(made: ProgramsChat) -> None:
    held = made.outside.holds(ADD_MEMBERS)
    async with made.impatient() as impatient:
        first = await impatient.calls("POST", "/members", named(CY.id), key="k")
    assert first.status_code == 202
    held.set()
    await made.run.is_idle()
    answer = await made.calls("POST", "/members", named(CY.id), key="k")
    assert (answer.status_code, answer.json()["added"]) == (200, [CY.id])
    assert answer.json()["id"] == first.json()["operation"]["id"]
    assert made.outside.count(ADD_MEMBERS) == 1


async def test_what_microsoft_refuses_for_all_is_refused(made: ProgramsChat) -> None:
    made.outside.breaks(ADD_MEMBERS, Forbidden("403"))
    assert error_of(await made.calls("POST", "/members", named(CY.id))) == (
        502,
        "People cannot be added to the chat: Microsoft refused it. Whoever runs Muster finds why in its log.",
    )


async def test_they_are_listed_with_why_somebody_is_not_there(stack: Stack) -> None:
    async with programs_chat(stack) as chat:
        await chat.has_row()
        pool, room = stack.pool, chat.room
        people = (("PUSER01", ASSIGNEE, "Ada"), ("PUSER02", ASKER, "Bo"), ("PUSER03", ASKER, "Cy"))
        wanted = [WantedPerson(user=user, rank=rank, name=name) for user, rank, name in people]
        await room_members.want(pool, room, wanted)
        await room_members.note_found(pool, room, "PUSER01", known=Known("aad-1", "owner"), absence=None)
        await room_members.note_members(pool, room, {"aad-1"})
        await room_members.note_found(pool, room, "PUSER02", known=Known(None, None), absence="no_account")
        answer = await chat.calls("GET", "/members")
    assert answer.status_code == 200
    nobody: dict[str, Any] = {"role": None, "in_chat": False}
    assert answer.json()["members"] == [
        {"user": "PUSER01", "name": "Ada", "role": "owner", "in_chat": True, "why_not": None},
        {"user": "PUSER02", "name": "Bo", "why_not": "no account in this organization", **nobody},
        {"user": "PUSER03", "name": "Cy", "why_not": None, **nobody},
    ]


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "members: it is missing"),
        ({"members": "PUSER01"}, "members: it must be a list"),
        ({"members": []}, "members: List should have at least 1 item after validation, not 0"),
        (
            {"members": ["PUSER01"] * 501},
            "members: List should have at most 500 items after validation, not 501",
        ),
        ({"members": [7]}, "members.0: it must be a text"),
        ({"members": ["a b"]}, "members.0: it is neither an e-mail nor an id of a PagerDuty user"),
        ({"members": ["PUSER01"], "topic": "a"}, "topic: there is no such field"),
    ],
)
async def test_a_bad_body_is_refused_by_name(stack: Stack, method: str, body: Any, message: str) -> None:
    async with stack.program() as program:
        answer = await program.calls(method, "/v1/incidents/Q1/chat/members", body)
        assert error_of(answer) == (400, message)
