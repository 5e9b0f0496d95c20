"""One run sends one message and ends: whoever asks again gets what came of it."""

import asyncio
from functools import partial

import pytest
from temporalio.client import Client

from tests.support.waiting import eventually
from tests.workflows.operation.lives import NOTHING, UNKNOWN
from tests.workflows.operation.outside import SENT
from tests.workflows.operation.running import SAY, Run, running
from workflows.operation.activities import SendMessage
from workflows.operation.state import Ended, OperationKey

pytestmark = pytest.mark.anyio


async def test_a_message_is_sent_by_one_activity_and_the_run_ends(client: Client) -> None:
    async with running(client) as run:
        assert await run.does() == SENT
        assert await run.ends() == SENT
        (request,) = run.outside.sent
        assert request == SendMessage(
            operation=OperationKey(account="acme", key=run.start.key),
            place=run.start.place,
            text=SAY.text,
            by="Ada Ops",
            through="PagerDuty workflows",
            longest_send=30,
            correlation="f:1",
        )
        timeline = await run.timeline()
        assert timeline.in_task == [("teams.send_message", "Payments/#ops")]
        assert timeline.activities == []
        assert timeline.updates == ["do"]


async def test_whoever_asks_again_while_it_is_sent_gets_the_same_answer(client: Client) -> None:
    async with running(client) as run:
        run.outside.goes_on.clear()
        asked = [asyncio.create_task(run.does()) for _ in range(2)]
        await run.outside.sending.wait()
        await run.hand_over()
        run.outside.goes_on.set()
        assert await asyncio.gather(*asked) == [SENT, SENT]
        assert await run.ends() == SENT
        assert len(run.outside.sent) == 1, "the row tells whoever asks again"


async def test_what_is_handed_over_is_sent_though_nobody_waits(client: Client) -> None:
    async with running(client) as run:
        await run.hand_over()
        assert await run.ends() == SENT
        assert (await run.timeline()).signals == ["do"]


async def test_an_update_that_was_answered_gets_its_answer_again_without_a_run(client: Client) -> None:
    async with running(client) as run:
        await run.does()
        await run.ends()
        assert await run.does() == SENT
        assert len(run.runs) == len(run.outside.sent) == 1


async def test_a_later_run_asks_the_row(client: Client) -> None:
    """The activity tells what stands there; that it sends nothing is its own test."""
    async with running(client) as run:
        await run.does()
        await run.ends()
        run.outside.ends(UNKNOWN)
        await run.hand_over()
        assert await run.ends() == UNKNOWN
        assert len(run.runs) == 2


async def test_where_the_activity_tells_nothing_the_row_does(client: Client) -> None:
    async with running(client) as run:
        run.outside.ends(*NOTHING)
        run.outside.records(SENT)
        assert await run.does() == SENT
        (record,) = run.outside.recorded
        assert record.is_sent
        assert record.ended == Ended(outcome="unknown", reason="RequestInvalid", says="Payments/#ops")


async def test_a_message_that_takes_long_keeps_no_place_for_workflow_tasks(client: Client) -> None:
    """It goes on as an activity of its own, which finds what was begun."""
    async with running(client) as run:
        run.outside.goes_on.clear()
        asked = asyncio.create_task(run.does())
        await run.outside.sending.wait()
        await eventually(partial(_is_an_activity, run))
        run.outside.goes_on.set()
        assert await asked == SENT
        assert await run.ends() == SENT
        assert (await run.timeline()).activities == [("teams.send_message", "Payments/#ops")]


async def _is_an_activity(run: Run) -> bool:
    return (await run.timeline()).count("teams.send_message") == 1


async def test_operators_find_a_message_of_which_nobody_knows(client: Client) -> None:
    async with running(client) as run:
        run.outside.goes_on.clear()
        await run.hand_over()
        await run.outside.sending.wait()
        title = "message · Payments/#ops · Q1"
        by = "by Ada Ops through PagerDuty workflows"
        assert await run.details() == f"### {title}\n\n**working**\n\n{by}"
        assert await run.attribute("Attention") == "ok"
        run.outside.ends(UNKNOWN)
        run.outside.goes_on.set()
        await run.ends()
        assert await run.details() == f"### {title}\n\n**unknown: OutcomeUnknown**\n\n{by}"
        assert await run.attribute("Attention") == "degraded"
        described = await client.get_workflow_handle(run.id).describe()
        assert await described.static_summary() == title
        for name, value in {"PdAccount": "acme", "PdIncident": "Q1", "TeamsTenant": "tenant"}.items():
            assert await run.attribute(name) == value
