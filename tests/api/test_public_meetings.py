"""PagerDuty's own call for an incident's meeting: it is made once, in the tenant of a team."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from muster.cards.access_policy import policy_commands
from muster.cards.rooms.programs import NO_TEAM, OTHER_HOME
from sandbox.up.servers.postgres import EmbeddedPostgres
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.api.public import EMAIL, SOON, error_of
from tests.api.room_programs import APP, OTHER_ACCOUNT, OTHER_TENANT, RoomProgram, RoomStack, room_stack
from tests.support.company import GROUP, OPS, TEAM, TENANT
from tests.workflows.incident_room.outside import FakeActivities
from workflows.incident.values import Bridge
from workflows.incident_meeting.activities import CREATE_MEETING
from workflows.incident_room.activities import OPEN_ROOM
from workflows.meeting import Hindrance, WhyNot
from workflows.verbs.outcomes import Outcome

pytestmark = pytest.mark.anyio

FIRST = "https://teams.example/meet/1"
"""Address of the first meeting that the fakes make."""
NEW: dict[str, Any] = {"mst_team_id": TEAM}


@pytest.fixture(scope="module")
async def stack(
    postgres: EmbeddedPostgres,
    migrated: str,
    temporal: EmbeddedTemporal,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[RoomStack]:
    async with room_stack(postgres, migrated, temporal, tmp_path_factory.mktemp("meetings")) as stack:
        yield stack


@pytest.fixture
async def program(stack: RoomStack) -> AsyncIterator[RoomProgram]:
    """A program for whose incident nobody has asked for a meeting."""
    async with stack.program() as program:
        yield program


@pytest.fixture
async def unheard(stack: RoomStack) -> AsyncIterator[RoomProgram]:
    """A program for which no worker works."""
    async with stack.calling() as program:
        yield program


async def created(program: RoomProgram, *, key: str | None = None, **more: Any) -> httpx.Response:
    return await program.post(program.path("meeting"), NEW | more, key=key)


async def test_a_meeting_is_made_and_told_as_pagerduty_does(program: RoomProgram) -> None:
    await program.has_meeting(FIRST, "Incident #42 Checkout is slow")
    answer = await created(program)
    assert [one.url for one in program.outside.meetings] == [FIRST]
    assert answer.status_code == 201
    assert answer.json() == {"meeting": {"name": "Incident #42 Checkout is slow", "url": FIRST}}


async def test_it_is_called_as_the_program_says_and_asked_for_in_its_name(program: RoomProgram) -> None:
    await created(program, meeting={"name": "Server room: fire"})
    (asked,) = program.outside.of(OPEN_ROOM)
    assert (asked.what, asked.name, asked.owner) == ("meeting", "Server room: fire", None)
    assert (asked.by, asked.by_email, asked.tenant) == ("PUSER01", EMAIL, TENANT)


async def test_the_meeting_that_is_there_is_told_again(program: RoomProgram) -> None:
    first, again = [await created(program) for _ in range(2)]
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert program.outside.count(CREATE_MEETING) == 1


async def test_somebody_elses_bridge_is_told_without_a_name(stack: RoomStack) -> None:
    outside = FakeActivities()
    outside.bridge = Bridge(url="https://zoom.example/1")
    async with stack.program(outside) as program:
        answer = await created(program)
        assert answer.json() == {"meeting": {"name": "", "url": "https://zoom.example/1"}}
        assert outside.meetings == []


async def test_the_same_key_gets_it_again(program: RoomProgram) -> None:
    first, again = [await created(program, key="once") for _ in range(2)]
    assert again.content == first.content
    assert error_of(await created(program, key="once", meeting={"name": "Other"}))[0] == 422


async def test_what_takes_longer_is_told_by_its_operation(stack: RoomStack) -> None:
    async with stack.program(answer_within=SOON) as program:
        goes_on = program.outside.holds(CREATE_MEETING)
        answer = await created(program)
        goes_on.set()
        told = await program.ended(answer)
    assert (told["state"], told["result_summary"], told["url"]) == ("done", "The meeting is there.", FIRST)


async def test_a_missing_policy_is_told_as_on_the_card(stack: RoomStack) -> None:
    """The calendar takes no meetings, and without a calendar it takes an access policy."""
    outside = FakeActivities()
    for who in ("PUSER01", "PUSER02", "PUSER03"):
        outside.hindered["calendar", who] = Hindrance(who="Ada Ops", why="no_mailbox")
        outside.hindered["meeting", who] = Hindrance(who="Ada Ops", why="no_policy")
    async with stack.program(outside) as program:
        status, sentence = error_of(await created(program))
    assert status == 403
    assert "no application access policy allows Muster to make meetings for Ada Ops" in sentence
    name = stack.settings.teams[TENANT].name
    assert policy_commands(name=name, app_id=APP) in sentence


@pytest.mark.parametrize("why", ["no_licence", "no_policy"])
async def test_who_hinders_it_is_told_also_where_nobody_waited(stack: RoomStack, why: WhyNot) -> None:
    """The answer of the room is in the row: its run need not be there any more."""
    outside = FakeActivities()
    for who in ("PUSER01", "PUSER02", "PUSER03"):
        for way in ("calendar", "meeting"):
            outside.hindered[way, who] = Hindrance(who="Ada Ops", why=why)
    goes_on = outside.holds(CREATE_MEETING)
    async with stack.calling(outside) as program:
        async with program.working():
            answer = await created(program, key="once")
            goes_on.set()
            told = await program.ended(answer)
        assert (told["state"], told["result"]) == ("failed", "Failed")
        assert "Ada Ops" in told["error"]
        assert error_of(await created(program, key="once")) == (403, told["error"])


async def test_a_missing_permission_is_named(stack: RoomStack) -> None:
    outside = FakeActivities()
    for who in ("PUSER01", "PUSER02", "PUSER03"):
        lacks = Hindrance(who="Ada Ops", why="not_granted", permission="Calendars.ReadWrite")
        outside.hindered["calendar", who] = lacks
        outside.hindered["meeting", who] = lacks
    async with stack.program(outside) as program:
        assert error_of(await created(program)) == (
            403,
            "The meeting cannot be made: Calendars.ReadWrite is not granted. "
            "A Microsoft admin grants it with appconnect.",
        )


async def test_an_incident_that_pagerduty_does_not_know_is_not_found(stack: RoomStack) -> None:
    outside = FakeActivities()
    outside.refused = Outcome(kind="failed", reason="not_found")
    async with stack.program(outside) as program:
        assert error_of(await created(program)) == (
            404,
            "The meeting cannot be made: PagerDuty does not know this incident.",
        )


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({}, 400, "mst_team_id: it is missing"),
        ({"mst_team_id": None}, 400, "mst_team_id: it must be a text"),
        (NEW | {"meeting": []}, 400, "meeting: it must be an object"),
        ({"mst_team_id": ""}, 404, NO_TEAM),
        ({"mst_team_id": "19:nowhere@thread.tacv2"}, 404, NO_TEAM),
        ({"mst_team_id": OPS}, 404, NO_TEAM),
        ({"mst_team_id": GROUP}, 404, NO_TEAM),
    ],
)
async def test_a_bad_body_is_refused_by_name(
    unheard: RoomProgram, body: Any, status: int, message: str
) -> None:
    assert error_of(await unheard.post(unheard.path("meeting"), body)) == (status, message)


async def test_another_accounts_team_is_not_found(stack: RoomStack) -> None:
    async with stack.calling(account=OTHER_ACCOUNT) as other:
        assert error_of(await created(other)) == (404, NO_TEAM)


async def test_a_team_that_the_app_has_left_is_not_found(unheard: RoomProgram) -> None:
    await unheard.pool.execute("UPDATE team SET removed_at = now()")
    try:
        assert error_of(await created(unheard)) == (404, NO_TEAM)
    finally:
        await unheard.pool.execute("UPDATE team SET removed_at = NULL")


async def test_a_meeting_is_made_where_the_incidents_chat_is(unheard: RoomProgram) -> None:
    await unheard.has_chat(tenant=OTHER_TENANT)
    assert error_of(await created(unheard)) == (404, OTHER_HOME)


async def test_somebody_elses_bridge_is_the_answer_in_any_tenant(stack: RoomStack) -> None:
    outside = FakeActivities()
    outside.bridge = Bridge(url="https://zoom.example/j/1")
    async with stack.program(outside) as program:
        await program.has_chat(tenant=OTHER_TENANT)
        answer = await created(program)
    assert (answer.status_code, answer.json()["meeting"]["url"]) == (201, "https://zoom.example/j/1")


async def test_a_meeting_in_another_tenant_is_the_answer_all_the_same(program: RoomProgram) -> None:
    assert (await created(program)).status_code == 201
    await program.has_meeting(FIRST, "Incident #42", tenant=OTHER_TENANT)
    answer = await created(program)
    assert (answer.status_code, answer.json()["meeting"]["url"]) == (201, FIRST)


async def test_nothing_is_half_done_without_temporal(stack: RoomStack) -> None:
    async with stack.without_temporal() as program:
        answer = await created(program)
        assert error_of(answer) == (503, "Muster cannot do this now, call again")
        assert int(answer.headers["retry-after"]) >= 1
