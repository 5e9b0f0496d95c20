"""A chat that is deleted, and one that the bot is removed from."""

import pytest
from temporalio.client import Client

from tests.support.life import ADA, BO
from tests.workflows.incident_room.calls import Row
from tests.workflows.incident_room.outside import FakeActivities
from tests.workflows.incident_room.running import PATIENT, QUICK, made, running
from workflows.errors import NotFound
from workflows.incident_room.activities import ADD_PEOPLE, CREATE_CHAT, REMOVE_PEOPLE, RENAME_CHAT, SUM_UP
from workflows.incident_room.messages import Policy

pytestmark = pytest.mark.anyio

GONE = NotFound("404")


async def test_a_bot_that_is_removed_is_said_on_the_cards_until_it_is_back(client: Client) -> None:
    async with made(client, timing=PATIENT) as run:
        outside = run.outside
        assert await run.hears_of_bot(is_away=True)
        await outside.until(lambda: outside.announced[-1].bot_removed)
        await run.is_idle()
        assert outside.announced[-1].stage == "made"
        assert await run.hears_of_bot(is_away=False)
        await outside.until(lambda: not outside.announced[-1].bot_removed)
        await run.is_idle()
        assert await run.hears_of_bot(is_away=False), "a second time it is no news"
        await run.is_idle()
    assert [one.bot_removed for one in outside.announced] == [False, True, False]


async def test_a_chat_without_the_bot_is_not_summed_up_and_its_run_ends(client: Client) -> None:
    async with made(client, timing=QUICK) as run:
        await run.hears_of_bot(is_away=True)
        await run.hears(run.life.is_resolved(by=BO))
        await run.ends()
    assert run.outside.count(SUM_UP) == 0


async def test_a_run_that_begins_later_asks_the_rows_whether_the_bot_is_there(client: Client) -> None:
    async with made(client, timing=QUICK) as run:
        await run.hears(run.life.is_resolved(by=BO))
        await run.ends()
        assert not await run.hears_of_bot(is_away=True)
        run.outside.store.bot_removed = True
        await run.hears(run.life.reopens())
        await run.outside.until(lambda: run.outside.announced[-1].bot_removed)


async def test_a_deleted_chat_is_gone_as_soon_as_the_bot_is_missed(client: Client) -> None:
    outside = FakeActivities()
    async with made(client, outside, timing=PATIENT) as run:
        outside.fails(ADD_PEOPLE, GONE)
        outside.delete_chat()
        await run.hears_of_bot(is_away=True)
        assert (await run.ends()).chat == "gone"
        assert outside.announced[-1].stage == "gone"
        answer = await run.ask()
        assert answer.outcome.kind == "done"
        await run.is_idle()
    assert outside.count(CREATE_CHAT) == 2
    assert outside.announced[-1].chat == outside.chats[1].id


@pytest.mark.parametrize("row", [RENAME_CHAT, REMOVE_PEOPLE], ids=lambda row: row.name)
async def test_whoever_finds_it_deleted_says_so(client: Client, row: Row) -> None:
    outside = FakeActivities()
    outside.fails(row, GONE)
    leave = Policy(leave_after=0) if row is REMOVE_PEOPLE else Policy()
    async with made(client, outside, timing=QUICK, policy=leave) as run:
        await run.hears(run.life.is_resolved(by=BO))
        assert (await run.ends()).chat == "gone"
    assert outside.announced[-1].stage == "gone"


async def test_the_click_that_came_to_nobody_knows_what_begins_nothing_when_it_comes_again(
    client: Client,
) -> None:
    """Teams may deliver it after the run has ended; a new click begins anew."""
    outside = FakeActivities()
    outside.can_search = False
    outside.loses(CREATE_CHAT)
    async with running(client, outside, timing=QUICK) as run:
        click = run.click("Ada Ops")
        first = await run.ask(click)
        await run.hears(run.life.is_resolved(by=BO))
        await run.ends()
        assert await run.ask(click) == first
        assert outside.count(CREATE_CHAT) == 1
        await run.ends()
        assert (await run.ask()).outcome.kind == "done"
        await run.is_idle()
    assert ADA.id in outside.members
