"""How a program's request ended, as the row of its operation tells it."""

import pytest
from temporalio.client import Client

from tests.support.life import ADA
from tests.workflows.incident_room.calls import LOST
from tests.workflows.incident_room.orders import DELETES
from tests.workflows.incident_room.outside import FakeActivities
from tests.workflows.incident_room.running import PATIENT, made, running
from workflows.errors import OutsideError, RequestInvalid
from workflows.incident.values import Bridge
from workflows.incident_room.activities import CREATE_CHAT
from workflows.incident_room.messages import ArchiveChat, DeleteChat, answer_of
from workflows.incident_room.workflow_type import OPEN_MEETING
from workflows.operation.activities import RECORD_OPERATION

pytestmark = pytest.mark.anyio


async def test_a_chat_and_a_meeting_are_done_with_their_addresses(client: Client) -> None:
    outside = FakeActivities()
    async with running(client, outside, timing=PATIENT) as run:
        answers = [
            await run.ask(run.program(owner=ADA.id, operation="one")),
            await run.ask(run.program(owner=ADA.id, operation="two"), update=OPEN_MEETING.name),
        ]
    told = [(one.operation.key, one.ended.outcome, one.ended.url) for one in outside.operations]
    assert told == [("one", "done", outside.chats[0].url), ("two", "done", outside.meetings[0].url)]
    assert [answer_of(one.ended) for one in outside.operations] == answers, "all that was answered is kept"


async def test_a_bridge_that_is_there_is_done_with_its_address(client: Client) -> None:
    outside = FakeActivities()
    outside.bridge = Bridge(url="https://zoom.example/1")
    async with running(client, outside, timing=PATIENT) as run:
        await run.ask(run.program(owner=ADA.id, operation="one"), update=OPEN_MEETING.name)
    (only,) = outside.operations
    assert (only.ended.outcome, only.ended.url) == ("done", "https://zoom.example/1")


async def test_what_is_refused_has_failed_with_the_reason(client: Client) -> None:
    outside = FakeActivities()
    outside.may_delete = False
    async with made(client, outside, timing=PATIENT) as run:
        await run.ask(run.order(DeleteChat, operation="one"))
    (only,) = outside.operations
    assert (only.ended.outcome, only.ended.reason, only.ended.says) == ("failed", "not_granted", DELETES)


async def test_what_nobody_knows_is_unknown(client: Client) -> None:
    outside = FakeActivities()
    outside.can_search = False
    outside.loses(CREATE_CHAT)
    async with running(client, outside, timing=PATIENT) as run:
        await run.ask(run.program(owner=ADA.id, operation="one"))
    (only,) = outside.operations
    assert (only.ended.outcome, only.ended.reason) == ("unknown", "chat_unknown")


async def test_the_row_tells_also_where_the_api_waits_no_longer(client: Client) -> None:
    async with made(client, timing=PATIENT) as run:
        await run.hand_over(run.order(ArchiveChat, operation="one"))
        await run.ends()
    assert [one.ended.outcome for one in run.outside.operations] == ["done"]


async def test_a_request_without_an_operation_and_a_click_write_none(client: Client) -> None:
    async with made(client, timing=PATIENT) as run:
        await run.ask(run.program(owner=ADA.id))
        await run.ask(run.order(DeleteChat))
    assert run.outside.count(RECORD_OPERATION) == 0


@pytest.mark.parametrize("error", [LOST, RequestInvalid("no such row")])
async def test_a_row_that_cannot_be_written_keeps_nobody_waiting(client: Client, error: OutsideError) -> None:
    async with made(client, timing=PATIENT) as run:
        run.outside.fails(RECORD_OPERATION, error)
        answer = await run.ask(run.order(DeleteChat, operation="one"))
    assert answer.outcome.kind == "done"
