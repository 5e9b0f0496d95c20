"""Open incidents: offered by one message, brought in for whoever sees the service, and said once."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import Client

from tests.workflows.connect_channel.outside import CHECKOUT, MANAGER, FakeActivities
from tests.workflows.connect_channel.running import ADA, BEN, Run, running
from workflows.bringing_in.activities import BRING_IN, COUNT_OPEN, OpenIncidents
from workflows.connect_channel.activities import SHOW_CONNECTION, RightsRead
from workflows.connect_channel.state import Offer
from workflows.connect_channel.view import ConnectionView
from workflows.errors import CardGone, Forbidden, OutcomeUnknown, OutsideError, ProviderUnavailable
from workflows.rights import Rights
from workflows.subscription.activities import CONVERGE_SUBSCRIPTION, Converged

pytestmark = pytest.mark.anyio

THREE = OpenIncidents(count=3)
WELCOME, CARD = "welcome/7", "connection/7"


def with_open(found: OpenIncidents = THREE, *, channel_is_new: bool = True) -> FakeActivities:
    """A service of which so many incidents are open, and a channel that is to be connected."""
    outside = FakeActivities()
    outside.open = found
    if not channel_is_new:
        other = outside.is_connected("Grace")
        outside.connections[0] = other.model_copy(update={"ended_at": datetime.now(UTC)})
    return outside


def last(run: Run, name: str) -> ConnectionView:
    return run.outside.of(name)[-1]


async def connected(run: Run) -> None:
    await run.connects(message="17")
    assert await run.ends() == "connected"


# The offer


async def test_the_welcome_offers_what_is_open_and_the_card_does_not(client: Client) -> None:
    async with running(client, with_open()) as run:
        await connected(run)
    assert [view.offer for view in run.outside.of(WELCOME)] == [Offer(count=3)]
    assert [view.offer for view in run.outside.of(CARD)] == [None]


async def test_where_nobody_is_welcomed_the_card_offers_it(client: Client) -> None:
    async with running(client, with_open(OpenIncidents(count=50, more=True), channel_is_new=False)) as run:
        await connected(run)
    assert [view.offer for view in run.outside.of("connection/8")] == [Offer(count=50, more=True)]


async def test_where_the_welcome_may_not_be_there_the_card_offers_it(client: Client) -> None:
    outside = with_open()
    outside.lost.add(WELCOME)
    async with running(client, outside) as run:
        await connected(run)
        assert last(run, CARD).offer == Offer(count=3)
        sent = len(outside.sent)
        await run.connects(BEN)
        await run.ends()
        assert len(outside.sent) == sent, "a later run leaves it as it is"
        await run.brings_in(BEN)
        await run.ends()
    assert last(run, CARD).brought is not None


async def test_nothing_is_offered_where_nothing_is_open(client: Client) -> None:
    async with running(client, with_open(OpenIncidents(count=0))) as run:
        await connected(run)
    assert [view.offer for view in run.outside.of(WELCOME)] == [None]


@pytest.mark.parametrize(
    "error", [ProviderUnavailable("503"), Forbidden("incidents.read"), OutcomeUnknown("…")]
)
async def test_what_cannot_be_counted_is_offered_without_a_number(
    client: Client, error: OutsideError
) -> None:
    outside = with_open()
    outside.breaks(COUNT_OPEN, error)
    async with running(client, outside) as run:
        await connected(run)
    assert [view.offer for view in outside.of(WELCOME)] == [Offer(count=None)]


async def test_the_subscription_is_there_before_anything_is_offered(client: Client) -> None:
    async with running(client, with_open()) as run:
        await connected(run)
        order = run.outside.order
    assert order.index(CONVERGE_SUBSCRIPTION.name) < order.index(COUNT_OPEN.name)


async def test_a_later_run_leaves_the_offer_as_it_is(client: Client) -> None:
    async with running(client, with_open()) as run:
        await connected(run)
        sent = len(run.outside.sent)
        run.outside.open = OpenIncidents(count=9)
        assert (await run.connects(BEN)).reply == "already_connected"
        await run.ends()
    assert len(run.outside.sent) == sent


# Bringing in


async def test_whoever_clicks_gets_them_and_the_message_says_who_did(client: Client) -> None:
    async with running(client, with_open(OpenIncidents(count=12, more=True))) as run:
        await connected(run)
        answer = await run.brings_in(BEN)
        assert (answer.reply, answer.by, answer.count, answer.more) == ("brought_in", "Ben Ops", 12, True)
        assert answer.service_name == "Checkout"
        assert await run.ends() == "connected"
    assert len(run.runs) == 2, "days later"
    (asked,) = run.outside.brought
    assert (asked.connection.account, asked.connection.service) == ("acme", "PSVC001")
    assert (asked.connection.conversation, asked.by) == (run.start.conversation, "Ben Ops")
    assert run.outside.asked_as == [101, 102], "as the person"
    brought = last(run, WELCOME).brought
    assert brought is not None
    assert (brought.by, brought.count, brought.more, brought.page) == ("Ben Ops", 12, True, "https://p/1")
    assert last(run, WELCOME).offer is None, "nothing is left to press"
    assert len(run.outside.of(CARD)) == 1


async def test_the_card_says_it_where_it_offered_them(client: Client) -> None:
    async with running(client, with_open(channel_is_new=False)) as run:
        await connected(run)
        await run.brings_in()
        await run.ends()
    assert last(run, "connection/8").brought is not None


async def test_where_nothing_is_open_any_more_nothing_comes(client: Client) -> None:
    async with running(client, with_open()) as run:
        await connected(run)
        run.outside.open = OpenIncidents(count=0)
        assert (await run.brings_in()).reply == "nothing_open"
        await run.ends()
    brought = last(run, WELCOME).brought
    assert brought is not None
    assert brought.count == 0


async def test_two_people_at_once_bring_them_in_once(client: Client) -> None:
    async with running(client, with_open()) as run:
        await connected(run)
        bringing = run.outside.holds(BRING_IN)
        first = asyncio.create_task(run.brings_in(ADA))
        await run.outside.until(lambda: run.outside.waits(BRING_IN))
        assert (await run.brings_in(BEN)).reply == "bringing_in", "nobody waits for another's"
        bringing.set()
        assert (await first).reply == "brought_in"
        await run.ends()
    assert [one.by for one in run.outside.brought] == ["Ada Ops"]


async def test_the_same_click_again_is_answered_the_same(client: Client) -> None:
    async with running(client, with_open()) as run:
        await connected(run)
        showing = run.outside.holds(SHOW_CONNECTION)
        click = run.asked()
        first = await run.ask("bring_in", click)
        assert await run.ask("bring_in", click) == first
        await run.hand_over("bring_in", click)
        showing.set()
        await run.ends()
    assert len(run.outside.brought) == 1


async def test_a_click_that_was_handed_over_is_done(client: Client) -> None:
    async with running(client, with_open()) as run:
        await connected(run)
        await run.hand_over("bring_in", run.asked())
        await run.outside.until(lambda: last(run, WELCOME).brought is not None)
        await run.ends()


async def test_a_click_in_a_run_that_is_still_connecting_waits_until_events_arrive(client: Client) -> None:
    async with running(client, with_open()) as run:
        subscribing = run.outside.holds(CONVERGE_SUBSCRIPTION)
        await run.connects(message="17")
        await run.hand_over("bring_in", run.asked())
        await run.outside.until(lambda: run.outside.waits(CONVERGE_SUBSCRIPTION))
        subscribing.set()
        await run.ends()
        order = run.outside.order
    assert order.index(CONVERGE_SUBSCRIPTION.name) < order.index(BRING_IN.name)
    assert last(run, WELCOME).brought is not None


# Who may, and what stands against it


@pytest.mark.parametrize("role", ["observer", "read_only_user", "limited_user"])
async def test_whoever_sees_the_service_may(client: Client, role: str) -> None:
    async with running(client, with_open()) as run:
        await connected(run)
        run.outside.read = RightsRead(rights=MANAGER.model_copy(update={"role": role, "service": CHECKOUT}))
        assert (await run.brings_in(BEN)).reply == "brought_in"
        await run.ends()


@pytest.mark.parametrize("role", ["owner", "observer"])
async def test_whoever_does_not_see_the_service_may_not(client: Client, role: str) -> None:
    rights: Rights = MANAGER.model_copy(update={"role": role, "service": None})
    async with running(client, with_open()) as run:
        await connected(run)
        run.outside.read = RightsRead(rights=rights)
        assert (await run.brings_in(BEN)).reply == "unknown_service"
        await run.ends()
    assert run.outside.brought == []


async def test_an_unlinked_or_late_click_does_nothing(client: Client) -> None:
    async with running(client, with_open()) as run:
        await connected(run)
        late = datetime.now(UTC) - timedelta(minutes=6)
        assert (await run.brings_in(received_at=late)).reply == "too_late"
        run.outside.read = RightsRead(unread="link_removed")
        assert (await run.brings_in()).reply == "link_removed"
        await run.ends()
    assert run.outside.brought == []


async def test_where_nothing_is_connected_nothing_comes(client: Client) -> None:
    async with running(client, with_open()) as run:
        assert (await run.brings_in()).reply == "not_connected"
        assert await run.ends() == "disconnected"
    assert run.outside.order.count(BRING_IN.name) == 0


async def test_a_connection_that_ends_meanwhile_brings_in_nothing(client: Client) -> None:
    async with running(client, with_open()) as run:
        await connected(run)
        bringing = run.outside.holds(BRING_IN)
        click = asyncio.create_task(run.brings_in())
        await run.outside.until(lambda: run.outside.waits(BRING_IN))
        run.outside.connections[0] = run.outside.connections[0].model_copy(
            update={"ended_at": datetime.now(UTC)}
        )
        bringing.set()
        assert (await click).reply == "not_connected"
        await run.ends()
    assert last(run, WELCOME).brought is None


async def test_into_a_channel_that_is_away_nothing_comes(client: Client) -> None:
    async with running(client, with_open()) as run:
        await connected(run)
        run.outside.gone = True
        assert (await run.brings_in()).reply == "channel_suspended"
        await run.ends()
    assert last(run, WELCOME).brought is None


# What fails


async def test_what_takes_longer_is_said_to_be_under_way_and_is_done_later(client: Client) -> None:
    async with running(client, with_open()) as run:
        await connected(run)
        run.outside.breaks(BRING_IN, ProviderUnavailable("503"))
        assert (await run.brings_in()).reply == "bringing_in"
        assert "| open incidents | asked for by Ada Ops |" in await run.details()
        assert (await run.brings_in(BEN)).reply == "bringing_in"
        run.outside.recovers(BRING_IN)
        assert await run.ends() == "connected"
    brought = last(run, WELCOME).brought
    assert brought is not None
    assert brought.by == "Ada Ops"
    assert len(run.outside.brought) == 1


async def test_a_worker_that_died_is_no_reason_to_stop(client: Client) -> None:
    async with running(client, with_open()) as run:
        await connected(run)
        run.outside.fails(BRING_IN, OutcomeUnknown("the worker died"))
        assert (await run.brings_in()).reply == "bringing_in"
        assert await run.ends() == "connected"
    assert last(run, WELCOME).brought is not None


async def test_what_only_people_can_mend_is_told_and_may_be_asked_for_again_at_once(client: Client) -> None:
    outside = with_open()
    outside.left.append(lambda state: Converged(state=state, again_in=600, waits_for="first_event"))
    async with running(client, outside) as run:
        await run.connects(message="17")  # the run goes on, for the first event
        await run.shows(WELCOME, "welcome")
        outside.fails(BRING_IN, Forbidden("incidents.read"))
        assert (await run.brings_in()).reply == "pagerduty_refused"
        assert (await run.brings_in()).reply == "brought_in"
        await run.outside.until(lambda: last(run, WELCOME).brought is not None)
        await run.disconnects()  # hurries what the run waits for
        await run.ends()
    assert len(run.runs) == 1


async def test_a_disconnect_does_not_wait_for_what_cannot_be_brought_in_now(client: Client) -> None:
    async with running(client, with_open()) as run:
        await connected(run)
        run.outside.breaks(BRING_IN, ProviderUnavailable("503"))
        assert (await run.brings_in()).reply == "bringing_in"
        assert (await run.disconnects(BEN)).reply == "disconnected"
        run.outside.recovers(BRING_IN)
        assert await run.ends() == "disconnected"
    assert run.outside.brought == []
    assert last(run, CARD).showing == "disconnected"


async def test_nobody_waits_for_what_is_asked_for_before_events_arrive(client: Client) -> None:
    async with running(client, with_open()) as run:
        await connected(run)
        await run.disconnects()
        await run.ends()
        run.outside.breaks(CONVERGE_SUBSCRIPTION, ProviderUnavailable("503"))
        await run.connects()  # the welcome of the first connection still has its button
        async with asyncio.timeout(30):
            assert (await run.brings_in(BEN)).reply == "bringing_in"
            assert (await run.connects(BEN)).reply == "already_connected"
            assert (await run.disconnects()).reply == "disconnected"
        run.outside.recovers(CONVERGE_SUBSCRIPTION)
        assert await run.ends() == "disconnected"
    assert run.outside.brought == []


async def test_a_disconnect_does_not_wait_for_an_attempt_to_bring_in(client: Client) -> None:
    async with running(client, with_open()) as run:
        await connected(run)
        bringing = run.outside.holds(BRING_IN)
        click = asyncio.create_task(run.brings_in(BEN))
        await run.outside.until(lambda: run.outside.waits(BRING_IN))
        async with asyncio.timeout(30):
            assert (await run.disconnects()).reply == "disconnected"
        bringing.set()
        assert (await click).reply == "not_connected"
        assert await run.ends() == "disconnected"


async def test_the_same_click_twice_at_once_is_answered_the_same(client: Client) -> None:
    async with running(client, with_open()) as run:
        await connected(run)
        bringing = run.outside.holds(BRING_IN)
        click = run.asked()
        first = asyncio.create_task(run.ask("bring_in", click))
        await run.outside.until(lambda: run.outside.waits(BRING_IN))
        again = asyncio.create_task(run.ask("bring_in", click))
        bringing.set()
        answers = await asyncio.gather(first, again)
        await run.ends()
    assert [answer.reply for answer in answers] == ["brought_in", "brought_in"]
    assert len(run.outside.brought) == 1


async def test_a_message_that_was_deleted_is_posted_once_more_to_say_it(client: Client) -> None:
    async with running(client, with_open()) as run:
        await connected(run)
        run.outside.fails(SHOW_CONNECTION, CardGone("deleted"))
        await run.brings_in()
        await run.ends()
    assert last(run, WELCOME).brought is not None
