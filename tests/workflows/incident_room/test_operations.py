"""How a program's request ended, as the row of its operation tells it."""

import pytest
from temporalio.client import Client

from tests.support.life import ADA
from tests.workflows.incident_room.calls import LOST
from tests.workflows.incident_room.orders import DELETES
from tests.workflows.incident_room.outside import FakeActivities
from tests.workflows.incident_room.running import PATIENT, made, running
from workflows.errors import OutsideError, RequestInvalid
from workflows.incident_room.activities import CREATE_CHAT
from workflows.incident_room.messages import ArchiveChat, DeleteChat
from workflows.incident_room.workflow_type import OPEN_MEETING
from workflows.operation.activities import RECORD_OPERATION, RecordOperation
from workflows.operation.state import Ended, OperationKey

pytestmark = pytest.mark.anyio


def recorded(key: str, ended: Ended) -> RecordOperation:
    return RecordOperation(operation=OperationKey(account="acme", key=key), ended=ended)


async def test_a_chat_and_a_meeting_are_done_with_their_addresses(client: Client) -> None:
    outside = FakeActivities()
    async with running(client, outside, timing=PATIENT) as run:
        await run.ask(run.program(owner=ADA.id, operation="one"))
        await run.ask(run.program(owner=ADA.id, operation="two"), update=OPEN_MEETING.name)
    chat, meeting = outside.chats[0].url, outside.meetings[0].url
    assert outside.operations == [
        recorded("one", Ended(outcome="done", url=chat)),
        recorded("two", Ended(outcome="done", url=meeting)),
    ]


async def test_what_is_refused_has_failed_with_the_reason(client: Client) -> None:
    outside = FakeActivities()
    outside.may_delete = False
    async with made(client, outside, timing=PATIENT) as run:
        await run.ask(run.order(DeleteChat, operation="one"))
    ended = Ended(outcome="failed", reason="not_granted", says=DELETES)
    assert outside.operations == [recorded("one", ended)]


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
