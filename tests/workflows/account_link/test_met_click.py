"""A click that met no link: done once by the link that comes at once, told in the message that offered it."""

from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import Client

from tests.workflows.account_link.outside import DONE, FakeActivities
from tests.workflows.account_link.running import Run, running
from workflows.account_link.activities import DO_MET_CLICK
from workflows.account_link.messages import Linked, OfferLink
from workflows.account_link.state import ClickEnding
from workflows.account_link.view import ClickView
from workflows.errors import OutcomeUnknown, ProviderUnavailable, RequestInvalid
from workflows.verbs.outcomes import Outcome

pytestmark = pytest.mark.anyio

REMOVED = ClickEnding(kind="outcome", outcome=Outcome(kind="refused", reason="link_removed"))


def all_told(run: Run, name: str = "link/1") -> tuple[ClickView, ...]:
    """What the message tells of the clicks now."""
    return run.outside.of(name)[-1].clicks


def told(run: Run, name: str = "link/1") -> ClickView | None:
    """What the message tells of the one click now."""
    clicks = all_told(run, name)
    assert len(clicks) <= 1
    return clicks[0] if clicks else None


def on_cards(run: Run, count: int, *, since: datetime) -> list[OfferLink]:
    """Clicks on as many cards, the oldest first."""
    return [
        run.met(
            received_at=since + timedelta(milliseconds=10 * n), title=f"#{n} Checkout", incident_id=f"Q{n}"
        )
        for n in range(count)
    ]


async def linked(run: Run, *, received_at: datetime | None = None) -> None:
    """Clicked, offered, linked."""
    await run.clicks(run.met(received_at=received_at))
    await run.shows("link/1", "open")
    await run.links()
    assert await run.ends() == "linked"


async def test_a_click_is_done_by_the_link_that_comes_at_once_and_told(client: Client) -> None:
    async with running(client) as run:
        click = run.met()
        await run.clicks(click)
        await run.shows("link/1", "open")
        view = run.outside.of("link/1")[-1]
        assert view.why == "clicked"
        assert view.clicks == (ClickView(verb="acknowledge", title="#42 Checkout latency"),)
        await run.links()
        assert await run.ends() == "linked"
    (done,) = run.outside.done
    assert run.outside.known is not None
    assert (done.met, done.link) == (click.met, run.outside.known.id)
    assert (run.outside.of("link/1")[-1].showing, told(run)) == (
        "linked",
        ClickView(verb="acknowledge", title="#42 Checkout latency", ending=DONE),
    )


async def test_of_ten_clicks_on_one_card_the_newest_is_done_and_there_is_one_message(client: Client) -> None:
    async with running(client) as run:
        at = datetime.now(UTC)
        clicks = [
            run.met(received_at=at - timedelta(milliseconds=10 * n), title=f"#{n} Checkout")
            for n in range(10)
        ]
        newest, *others = clicks
        await run.clicks(*others[:4])
        for click in (newest, *others[4:]):  # one after the other, the newest not the last
            await run.ask("offer", click)
        await run.outside.until(lambda: bool(run.outside.sent) and told(run) is not None)
        await run.is_idle()
        assert told(run) == ClickView(verb="acknowledge", title="#0 Checkout")
        await run.links()
        await run.ends()
    assert run.outside.messages == ["link/1"]
    assert [done.met for done in run.outside.done] == [newest.met]


async def test_of_clicks_on_ten_cards_the_newest_of_each_is_done_once_and_told_by_incident(
    client: Client,
) -> None:
    async with running(client) as run:
        at = datetime.now(UTC)
        older, newer = on_cards(run, 10, since=at - timedelta(seconds=1)), on_cards(run, 10, since=at)
        await run.clicks(*reversed(newer), *older)
        await run.outside.until(lambda: bool(run.outside.sent) and len(all_told(run)) == 10)
        await run.links()
        assert await run.ends() == "linked"
    assert run.outside.messages == ["link/1"]
    assert sorted(done.met.title for done in run.outside.done) == [f"#{n} Checkout" for n in range(10)]
    assert {done.met.click.key for done in run.outside.done} == {click.key for click in newer}
    assert all_told(run) == tuple(
        ClickView(verb="acknowledge", title=f"#{n} Checkout", ending=DONE) for n in range(10)
    )
    assert not run.outside.of("link/1")[-1].left_out


async def test_of_clicks_on_several_cards_those_within_the_minute_are_done_the_older_asked_for_again(
    client: Client,
) -> None:
    async with running(client) as run:
        at = datetime.now(UTC)
        (old,) = on_cards(run, 1, since=at - timedelta(seconds=61))
        _, young, youngest = on_cards(run, 3, since=at - timedelta(seconds=58))
        await run.clicks(old, young, youngest)
        await run.outside.until(lambda: bool(run.outside.sent) and len(all_told(run)) == 3)
        await run.links(at=at)
        await run.ends()
    assert {done.met.click.key for done in run.outside.done} == {young.key, youngest.key}
    later = ClickEnding(kind="later")
    assert [click.ending for click in all_told(run)] == [later, DONE, DONE]


async def test_of_clicks_on_more_than_ten_cards_the_oldest_falls_out_and_the_message_says_so(
    client: Client,
) -> None:
    async with running(client) as run:
        clicks = on_cards(run, 12, since=datetime.now(UTC))
        await run.clicks(*clicks)
        newest = [f"#{n} Checkout" for n in range(2, 12)]
        await run.outside.until(
            lambda: bool(run.outside.sent) and [click.title for click in all_told(run)] == newest
        )
        assert run.outside.of("link/1")[-1].left_out
        assert "| clicks on other cards | left out: too many |" in await run.details()
        await run.links()
        await run.ends()
        assert run.outside.of("link/1")[-1].left_out
    assert {done.met.click.key for done in run.outside.done} == {click.key for click in clicks[2:]}


async def test_a_click_too_many_takes_no_place_of_one_that_is_being_done(client: Client) -> None:
    async with running(client) as run:
        held = run.outside.holds(DO_MET_CLICK)
        *clicks, late = on_cards(run, 11, since=datetime.now(UTC))
        await run.clicks(*clicks)
        await run.outside.until(lambda: bool(run.outside.sent) and len(all_told(run)) == 10)
        await run.links()
        await run.outside.until(lambda: len(run.outside.done) == 10)
        await run.clicks(late)
        await run.outside.until(lambda: run.outside.of("link/1")[-1].left_out)
        held.set()
        await run.ends()
    assert {done.met.click.key for done in run.outside.done} == {click.key for click in clicks}
    assert [click.ending for click in all_told(run)] == [DONE] * 10


async def test_a_card_that_does_not_answer_holds_up_no_click_on_another(client: Client) -> None:
    async with running(client) as run:
        run.outside.fails(DO_MET_CLICK, ProviderUnavailable("no answer"))
        await run.clicks(*on_cards(run, 2, since=datetime.now(UTC)))
        await run.outside.until(lambda: bool(run.outside.sent) and len(all_told(run)) == 2)
        await run.links()
        await run.ends()
    keys = [done.met.click.key for done in run.outside.done]
    assert (len(keys), len(set(keys))) == (3, 2)
    assert len(set(keys[:2])) == 2, "both were asked before either was asked again"
    assert [click.ending for click in all_told(run)] == [DONE, DONE]


async def test_a_link_that_comes_more_than_a_minute_later_asks_for_another_click(client: Client) -> None:
    async with running(client) as run:
        await linked(run, received_at=datetime.now(UTC) - timedelta(seconds=61))
        assert told(run) == ClickView(
            verb="acknowledge", title="#42 Checkout latency", ending=ClickEnding(kind="later")
        )
    assert run.outside.done == []


async def test_the_minute_counts_until_the_link_is_made_by_the_database(client: Client) -> None:
    """Whoever reports it is late, and so is whoever is told."""
    async with running(client) as run:
        received_at = datetime.now(UTC) - timedelta(seconds=90)
        await run.clicks(run.met(received_at=received_at))
        await run.shows("link/1", "open")
        await run.links(at=received_at + timedelta(seconds=59))
        await run.ends()
    assert len(run.outside.done) == 1


@pytest.mark.parametrize("kind", ["already", "refused", "failed", "late"])
async def test_every_outcome_of_the_incidents_run_is_told(client: Client, kind: str) -> None:
    outside = FakeActivities()
    outside.ending = ClickEnding.model_validate({"kind": "outcome", "outcome": {"kind": kind}})
    async with running(client, outside) as run:
        await linked(run)
        assert (click := told(run)) is not None
        assert click.ending == outside.ending


@pytest.mark.parametrize("kind", ["card_gone", "rejected"])
async def test_what_the_incidents_run_could_not_be_asked_is_told(client: Client, kind: str) -> None:
    outside = FakeActivities()
    outside.ending = ClickEnding.model_validate({"kind": kind})
    async with running(client, outside) as run:
        await linked(run)
        assert (click := told(run)) is not None
        assert click.ending == outside.ending


async def test_whoever_was_unlinked_again_meanwhile_is_told_so(client: Client) -> None:
    async with running(client) as run:
        await run.clicks()
        await run.shows("link/1", "open")
        run.outside.spend(1)
        run.outside.unlink()
        await run.signal("linked", Linked(offer=1))
        await run.ends()
        assert run.outside.showing("link/1") == "unlinked"
        assert (click := told(run)) is not None
        assert click.ending == REMOVED
    assert run.outside.done == []


async def test_an_answer_that_is_lost_is_asked_for_again(client: Client) -> None:
    async with running(client) as run:
        run.outside.fails(DO_MET_CLICK, OutcomeUnknown("the worker died"), ProviderUnavailable("no answer"))
        await linked(run)
        assert (click := told(run)) is not None
        assert click.ending == DONE
    assert len({(done.met.click.key, done.link) for done in run.outside.done}) == 1


async def test_a_click_that_cannot_be_asked_for_is_told_and_the_run_ends(client: Client) -> None:
    async with running(client) as run:
        run.outside.fails(DO_MET_CLICK, RequestInvalid("nonsense"))
        await linked(run)
        assert (click := told(run)) is not None
        assert click.ending == ClickEnding(kind="unknown")


async def test_a_run_that_never_answers_holds_up_nobody_for_longer_than_a_click_lives(client: Client) -> None:
    """By now the incident's run would report the click as late."""
    long_ago = datetime.now(UTC) - timedelta(minutes=6, seconds=1)
    async with running(client) as run:
        run.outside.fails(DO_MET_CLICK, ProviderUnavailable("no answer"))
        await run.clicks(run.met(received_at=long_ago))
        await run.shows("link/1", "open")
        await run.links(at=long_ago + timedelta(seconds=30))
        assert await run.ends() == "linked"
        assert (click := told(run)) is not None
        assert click.ending == ClickEnding(kind="unknown")


async def test_the_message_says_that_it_is_being_done(client: Client) -> None:
    async with running(client) as run:
        held = run.outside.holds(DO_MET_CLICK)
        await run.clicks()
        await run.shows("link/1", "open")
        await run.links()
        await run.shows("link/1", "linked")
        assert (click := told(run)) is not None
        assert click.ending is None
        assert "is being done" in await run.details()
        held.set()
        await run.ends()
        assert (click := told(run)) is not None
        assert click.ending == DONE


async def test_a_click_that_found_no_link_and_arrives_after_it_is_done_and_told(client: Client) -> None:
    """The link was made between the two."""
    async with running(client) as run:
        click = run.met()
        run.outside.is_linked()
        await run.clicks(click)
        assert await run.ends() == "linked"
        assert (ended := told(run)) is not None
        assert ended.ending == DONE
    assert [done.met for done in run.outside.done] == [click.met]
    assert run.outside.offers == []


async def test_a_click_delivered_again_after_it_was_done_is_not_done_again(client: Client) -> None:
    async with running(client) as run:
        held = run.outside.holds(DO_MET_CLICK)
        click = run.met()
        await run.clicks(click)
        await run.shows("link/1", "open")
        await run.links()
        await run.outside.until(lambda: run.outside.waits(DO_MET_CLICK))
        await run.clicks(click, click)
        held.set()
        await run.ends()
    assert len(run.outside.done) == 1


async def test_a_worker_that_is_new_at_each_step_does_the_click_once(client: Client) -> None:
    outside = FakeActivities()
    run = Run(client, outside)
    async with run.working():
        await run.clicks()
        await run.shows("link/1", "open")
    async with run.working():
        run.outside.spend(1)
        await run.signal("linked", Linked(offer=1))
        await outside.until(lambda: bool(outside.done))
    async with run.working():
        assert await run.ends() == "linked"
    assert len({(done.met.click.key, done.link) for done in outside.done}) == 1
    assert (click := told(run)) is not None
    assert click.ending == DONE
