"""An incident that is brought in: its details bring the card, and nothing is said of what happened before."""

import asyncio

import pytest
from temporalio.client import Client

from tests.support.life import BO
from tests.workflows.channel_incident.outside import FakeActivities
from tests.workflows.channel_incident.running import Run, running, shown
from workflows.channel_incident.activities import READ_DETAILS, SHOW_CARD, ReadDetails
from workflows.channel_incident.messages import Attached
from workflows.errors import CardGone, NotFound, OutcomeUnknown, ProviderUnavailable
from workflows.incident.events import Details

pytestmark = pytest.mark.anyio

BY_ADA = Attached(by="Ada Ops", correlation="f:7")
REVIVED = Attached()


async def brought_in(run: Run, attached: Attached = BY_ADA) -> None:
    await run.signal("attach", attached)


async def test_the_details_bring_the_card_and_nothing_else_is_said(client: Client) -> None:
    outside = FakeActivities()
    for event in (
        outside.life.is_acknowledged(by=BO),
        outside.life.escalates(),
        outside.life.is_noted("slow"),
    ):
        assert event.occurred_at  # it happened, and nobody here heard of it
    async with running(client, outside) as run:
        await brought_in(run)
        await run.is_idle()
        names = [called.name for called in (await run.timeline()).activities]
        details = await run.details()
    assert names == [READ_DETAILS.name, SHOW_CARD.name]
    (card,) = outside.shown
    assert (card.activity_id, card.view.status, card.correlation) == (None, outside.life.status, "f:7")
    assert outside.replies == []
    assert "brought in | Ada Ops in Teams" in details


@pytest.mark.parametrize("is_there_again", [False, True], ids=["brought in", "there again"])
async def test_the_newest_note_of_before_is_on_the_card_and_is_not_said(
    client: Client, is_there_again: bool
) -> None:
    outside = FakeActivities()

    async def told(request: ReadDetails) -> Details:
        return outside.life.details(read_for=request.wanted, latest_note=written.note, notes_read=True)

    async with running(client, outside) as run:
        if is_there_again:
            await run.hears(run.life.triggers())
            await run.is_idle()
        written = outside.life.is_noted("Rolled back")  # and nobody here heard of it
        outside.answers(READ_DETAILS, told)
        await brought_in(run, REVIVED if is_there_again else BY_ADA)
        await outside.until(
            lambda: outside.shown[-1:] != [] and outside.shown[-1].view.latest_note is not None
        )
        await run.is_idle()
    assert outside.shown[-1].view.latest_note == written.note
    assert outside.replies == []


async def test_it_is_followed_from_then_on(client: Client) -> None:
    async with running(client) as run:
        await brought_in(run)
        await run.is_idle()
        await run.hears(run.life.is_acknowledged(by=BO))
        await run.outside.until(lambda: len(run.outside.shown) == 2)
        await run.is_idle()
        await run.hears(run.life.is_resolved(by=BO))
        assert (await run.ends()).status == "resolved"
    assert [card.view.status for card in run.outside.shown] == ["triggered", "acknowledged", "resolved"]
    assert len(run.outside.posts) == 1


async def test_an_event_of_the_same_moment_makes_no_second_card(client: Client) -> None:
    run = Run(client, FakeActivities())
    await asyncio.gather(brought_in(run), run.hears(run.life.triggers()), brought_in(run))
    async with run.working():
        await run.is_idle()
        await run.hears(run.life.is_resolved())
        await run.ends()
    assert len(run.outside.posts) == 1
    assert run.outside.said == ["resolved"]


async def test_a_card_that_is_there_is_read_again_and_stays(client: Client) -> None:
    async with shown(client) as run:
        reads = len(run.outside.reads)
        await brought_in(run)
        await run.outside.until(lambda: len(run.outside.reads) > reads)
        await run.is_idle()
        assert run.outside.reads[-1].fresh, "nobody knows which events have passed the conversation by"
    assert len(run.outside.shown) == 1


async def test_what_passed_a_conversation_by_is_on_the_card_when_it_is_there_again(client: Client) -> None:
    async with shown(client) as run:
        run.life.is_acknowledged(by=BO)
        await run.signal("attach", REVIVED)
        await run.outside.until(lambda: run.outside.shown[-1].view.status == "acknowledged")
        await run.is_idle()
        assert "its conversation is there again" in await run.details()
    assert len(run.outside.posts) == 1
    assert run.outside.replies == []


async def test_a_run_that_was_let_go_and_has_not_ended_goes_on(client: Client) -> None:
    outside = FakeActivities()
    async with shown(client, outside) as run:
        sent = outside.holds(SHOW_CARD)
        await run.hears(run.life.is_acknowledged(by=BO))
        await outside.until(lambda: len(outside.shown) == 2)
        await run.handle.signal("detach")
        await run.details()
        await run.signal("attach", REVIVED)
        await run.details()
        sent.set()
        await run.hears(run.life.is_resolved(by=BO))
        assert (await run.ends()).status == "resolved"
        assert len(run.runs) == 1
    assert outside.shown[-1].view.status == "resolved"
    assert len(outside.posts) == 1


async def test_a_run_that_was_let_go_is_followed_by_one_whose_card_is_the_same(client: Client) -> None:
    async with shown(client) as run:
        await run.handle.signal("detach")
        await run.is_stored()
        run.life.is_acknowledged(by=BO)
        await run.signal("attach", REVIVED)
        await run.outside.until(lambda: run.outside.shown[-1].view.status == "acknowledged")
        await run.is_idle()
    assert len(run.runs) == 2
    assert len(run.outside.posts) == 1
    assert run.outside.edits[-1].activity_id == run.outside.activity_id
    assert run.outside.replies == []


async def test_a_card_that_went_with_its_conversation_is_posted_anew_though_nothing_has_changed(
    client: Client,
) -> None:
    async with shown(client) as run:
        await run.handle.signal("detach")
        await run.is_stored()
        run.outside.fails(SHOW_CARD, CardGone("no such message"))
        await run.signal("attach", REVIVED)
        await run.outside.until(lambda: len(run.outside.posts) == 2)
        await run.is_idle()
    assert len(run.outside.edits) == 1
    assert run.outside.replies == []


async def test_an_incident_that_was_resolved_meanwhile_gets_no_card(client: Client) -> None:
    outside = FakeActivities()
    outside.life.is_resolved(by=BO)
    async with running(client, outside) as run:
        await brought_in(run)
        end = await run.ends()
    assert (end.status, end.revision) == ("resolved", 0)
    assert outside.shown == []


async def test_a_card_that_is_there_shows_that_its_incident_was_resolved_meanwhile(client: Client) -> None:
    async with shown(client) as run:
        await run.handle.signal("detach")
        await run.is_stored()
        run.life.is_resolved(by=BO)
        await run.signal("attach", REVIVED)
        assert (await run.ends()).status == "resolved"
    assert run.outside.shown[-1].view.status == "resolved"
    assert len(run.outside.posts) == 1


async def test_a_card_whose_post_was_lost_is_shown_even_if_the_incident_is_over_by_then(
    client: Client,
) -> None:
    """The message may be there, with its buttons: the card says how it ended."""
    outside = FakeActivities()
    outside.fails(SHOW_CARD, OutcomeUnknown("lost"))
    async with running(client, outside) as run:
        await brought_in(run)
        await outside.until(lambda: len(outside.shown) == 1)
        await run.hears(run.life.is_resolved(by=BO))
        assert (await run.ends()).status == "resolved"
    assert outside.shown[-1].view.status == "resolved"


async def test_an_incident_that_is_gone_or_cannot_be_read_now(client: Client) -> None:
    outside = FakeActivities()
    outside.fails(READ_DETAILS, ProviderUnavailable("503"), NotFound("2100"))
    async with running(client, outside) as run:
        await brought_in(run)
        assert (await run.ends()).status == "unknown"
    assert outside.shown == []
