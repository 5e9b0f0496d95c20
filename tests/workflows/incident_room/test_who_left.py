"""Who left the chat by themselves stays out of it, whoever else comes, until they ask for it again."""

import pytest
from temporalio.client import Client

from tests.support.life import ADA, BO, CY
from tests.workflows.incident_room.outside import FakeActivities
from tests.workflows.incident_room.running import PATIENT, QUICK, Run, made
from workflows.incident.values import Reference
from workflows.incident_room.activities import ADD_PEOPLE, IDENTIFY_PEOPLE
from workflows.incident_room.messages import Policy

pytestmark = pytest.mark.anyio

DI = Reference(id="PUSER04", name="Di")


async def _joins(run: Run, person: Reference) -> None:
    """They are asked for help, and a read back tells who has left meanwhile."""
    await run.hears(run.life.asks_for_help(person))
    await run.outside.until(lambda: person.id in run.outside.members)
    await run.is_idle()


async def _bo_has_left(run: Run) -> None:
    run.outside.members.discard(BO.id)
    await _joins(run, CY)
    assert run.outside.members == {ADA.id, CY.id}


async def test_the_next_who_comes_brings_nobody_back_who_left(client: Client) -> None:
    async with made(client, timing=PATIENT) as run:
        await _bo_has_left(run)
        await _joins(run, DI)
        assert "3 of 4 people in it" in await run.details()
    assert run.outside.members == {ADA.id, CY.id, DI.id}


async def test_who_left_and_is_named_again_stays_out(client: Client) -> None:
    """The assignee, a responder: the incident goes on naming them, and they went all the same."""
    async with made(client, timing=PATIENT) as run:
        await _bo_has_left(run)
        await run.hears(
            run.life.becomes("reassigned", "triggered", assignees=(BO,)), run.life.asks_for_help(BO)
        )
        await _joins(run, DI)
    assert BO.id not in run.outside.members


async def test_who_left_before_everybody_was_taken_out_is_not_brought_back_with_them(client: Client) -> None:
    async with made(client, timing=QUICK, policy=Policy(leave_after=0.2)) as run:
        await _bo_has_left(run)
        await run.hears(run.life.is_resolved())
        await run.ends()
        assert run.outside.members == set()
        await run.hears(run.life.reopens())
        await run.outside.until(lambda: bool(run.outside.members))
        await run.is_idle()
    assert run.outside.members == {ADA.id, CY.id}


@pytest.mark.parametrize("by_program", [False, True], ids=["with a click", "by a program"])
async def test_who_left_and_asks_for_the_chat_is_brought_back(client: Client, by_program: bool) -> None:
    async with made(client, timing=PATIENT) as run:
        await _bo_has_left(run)
        answer = await run.ask(run.program(owner=BO.id) if by_program else run.click("Bo Call"))
        await run.outside.until(lambda: BO.id in run.outside.members)
        await run.is_idle()
        await _joins(run, DI)
    outside = run.outside
    assert answer.outcome.kind == "already"
    assert outside.members == {ADA.id, BO.id, CY.id, DI.id}
    assert outside.chats[0].joined.count(BO.id) == 2
    assert [one.back for one in outside.of(ADD_PEOPLE)] == [(), (), (BO.id,), ()]


async def test_who_left_and_asks_a_later_run_is_brought_back(client: Client) -> None:
    async with made(client, timing=QUICK) as run:
        await _bo_has_left(run)
        await run.hears(run.life.is_resolved())
        await run.ends()
        await run.ask(run.click("Bo Call"))
        end = await run.ends()
    assert (end.people, run.outside.members) == (3, {ADA.id, BO.id, CY.id})


async def test_who_asks_and_has_not_left_costs_a_read_back_and_no_search(client: Client) -> None:
    outside = FakeActivities()
    async with made(client, outside, timing=PATIENT) as run:
        await run.ask(run.click("Bo Call"))
        await outside.until(lambda: outside.count(ADD_PEOPLE) == 2)
        await run.is_idle()
    assert outside.chats[0].joined == [BO.id, ADA.id]
    assert outside.count(IDENTIFY_PEOPLE) == 1
