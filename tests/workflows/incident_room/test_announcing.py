"""What the incident's cards are told of its chat: when it changes, and under a number that grows."""

import pytest
from temporalio.client import Client

from tests.support.life import BO, CY
from tests.workflows.incident_room.outside import FakeActivities
from tests.workflows.incident_room.running import PATIENT, made, running
from workflows.errors import ConsentMissing, NotFound, OutcomeUnknown, ProviderUnavailable
from workflows.incident_room.activities import ANNOUNCE, CREATE_CHAT, INSTALL_APP
from workflows.room import Absent, Lack, Room

pytestmark = pytest.mark.anyio


async def test_the_cards_are_told_of_a_chat_that_is_made_and_then_of_nothing_that_they_know(
    client: Client,
) -> None:
    async with made(client, timing=PATIENT) as run:
        life = run.life
        await run.hears(life.is_acknowledged(), life.is_noted("on it"), life.asks_for_help(BO))
        await run.details()
        await run.is_idle()
    chat = run.outside.chats[0]
    assert run.outside.announced == [
        Room(
            number=1,
            stage="made",
            tenant="tenant",
            tenant_name="Acme",
            chat=chat.id,
            url=chat.url,
            topic="Incident #42 Checkout latency",
        )
    ]


async def test_they_are_told_of_every_change_under_a_number_that_grows(client: Client) -> None:
    outside = FakeActivities()
    outside.absent = {CY.id: "no_account"}
    outside.breaks(INSTALL_APP, ConsentMissing("no consent", code="Teams.Install"))
    async with made(client, outside, timing=PATIENT) as run:
        await run.hears(run.life.asks_for_help(CY))
        await outside.until(lambda: bool(outside.announced[-1].absent))
        await run.is_idle()
    told = [(one.number, one.stage, one.lacks, one.absent) for one in outside.announced]
    lacks, absent = (Lack(step="bot", permission="Teams.Install"),), (Absent(name=CY.name, why="no_account"),)
    assert told[-1] == (len(told), "made", lacks, absent)
    assert [number for number, *_ in told] == list(range(1, len(told) + 1))
    assert len({one[1:] for one in told}) == len(told)


async def test_they_are_told_of_an_unknown_chat_of_its_end_and_of_the_next(client: Client) -> None:
    outside = FakeActivities()
    outside.can_search = False
    outside.fails(CREATE_CHAT, OutcomeUnknown("lost"))
    outside.fails(INSTALL_APP, NotFound("no such chat"))
    async with running(client, outside, timing=PATIENT) as run:
        await run.ask()
        await outside.until(lambda: bool(outside.announced))
        held = outside.holds(INSTALL_APP)
        await run.ask()
        await outside.until(lambda: outside.announced[-1].stage == "made")
        outside.delete_chat()
        held.set()
        await run.ends()
        await run.ask()
        await outside.until(lambda: outside.announced[-1].stage == "made")
        await run.is_idle()
    stages = [one.stage for one in outside.announced if one.stage != "none"]
    assert stages == ["unknown", "made", "gone", "made"]
    numbers = [one.number for one in outside.announced]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("error", [ProviderUnavailable("503"), OutcomeUnknown("lost")], ids=str)
async def test_a_telling_that_failed_may_have_arrived_and_its_number_is_not_used_again(
    client: Client, error: ProviderUnavailable | OutcomeUnknown
) -> None:
    outside = FakeActivities()
    outside.absent = {CY.id: "no_account"}
    held = outside.holds(ANNOUNCE)
    async with running(client, outside, timing=PATIENT) as run:
        await run.ask()
        await outside.until(lambda: outside.count(ANNOUNCE) == 1)
        outside.loses(ANNOUNCE)
        await run.hears(run.life.asks_for_help(CY))
        held.set()
        await outside.until(lambda: bool(outside.announced and outside.announced[-1].absent))
        await run.is_idle()
    first, second = outside.announced
    assert (first.absent, second.absent_count) == ((), 1)
    assert second.number > first.number
