"""One service and one channel: the row, then the subscription, then the card, then the welcome."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import Client

from tests.workflows.connect_channel.outside import CHECKOUT, MANAGER, FakeActivities
from tests.workflows.connect_channel.running import ADA, BEN, BRIEF, running
from workflows.bringing_in.activities import COUNT_OPEN, OpenIncidents
from workflows.connect_channel.activities import (
    END_CONNECTION,
    READ_RIGHTS,
    RECORD_CONNECTION,
    RESTORE_CONNECTION,
    SHOW_CONNECTION,
    TELL_ASKER,
    RightsRead,
)
from workflows.connect_channel.state import Request, Unread, Unrecorded
from workflows.errors import (
    BotRemoved,
    CardGone,
    Forbidden,
    OutcomeUnknown,
    OutsideError,
    ProviderUnavailable,
    RequestInvalid,
)
from workflows.rights import Rights
from workflows.subscription.activities import CONVERGE_SUBSCRIPTION, Converged

pytestmark = pytest.mark.anyio


# Connecting


async def test_the_row_comes_first_then_the_subscription_then_the_card_then_the_welcome(
    client: Client,
) -> None:
    async with running(client) as run:
        answer = await run.connects(message="17")
        assert (answer.reply, answer.service_name, answer.by) == ("connected", "Checkout", "Ada Ops")
        assert await run.ends() == "connected"
    outside = run.outside
    assert outside.order == [
        RESTORE_CONNECTION.name,
        READ_RIGHTS.name,
        RECORD_CONNECTION.name,
        CONVERGE_SUBSCRIPTION.name,
        *sorted((SHOW_CONNECTION.name, COUNT_OPEN.name), key=outside.order.index),
        SHOW_CONNECTION.name,
    ]
    assert [one.name for one in outside.sent] == ["connection/7", "welcome/7"]
    assert outside.messages == {"connection/7": "17"}, "the pressed card goes on as the connection's"
    (card,) = outside.of("connection/7")
    assert (card.showing, card.by, card.service_name) == ("connected", "Ada Ops", "Checkout")
    assert outside.asked_as == [101], "as the person"


async def test_a_channel_that_was_connected_before_is_not_greeted(client: Client) -> None:
    outside = FakeActivities()
    old = outside.is_connected("Grace")
    outside.connections[0] = old.model_copy(update={"ended_at": datetime.now(UTC)})
    async with running(client, outside) as run:
        assert (await run.connects()).reply == "connected"
        await run.ends()
    assert [one.name for one in outside.sent] == ["connection/8"]


async def test_what_is_connected_says_by_whom_and_since_when_and_changes_nothing(client: Client) -> None:
    outside = FakeActivities()
    row = outside.is_connected("Grace Admin")
    async with running(client, outside) as run:
        answer = await run.connects(BEN)
        assert (answer.reply, answer.by, answer.since) == ("already_connected", "Grace Admin", row.since)
        assert await run.ends() == "connected"
    assert (outside.connections, outside.sent) == ([row], [])


async def test_a_run_that_died_before_the_subscription_was_there_is_made_up_for_by_the_next(
    client: Client,
) -> None:
    outside = FakeActivities()
    outside.is_connected("Ada Ops")
    outside.messages["connection/7"] = "17"
    outside.breaks(CONVERGE_SUBSCRIPTION, ProviderUnavailable("503"))
    async with running(client, outside) as run:
        assert (await run.connects(BEN)).reply == "already_connected"
        await run.until_attribute("Attention", "waiting")
        assert outside.sent == [], "nothing arrives yet"
        outside.recovers(CONVERGE_SUBSCRIPTION)
        assert await run.ends() == "connected"
    assert outside.standing == ["subscribed"]
    assert outside.showing("connection/7") == "connected"


async def test_a_later_run_converges_the_subscription_once_and_waits_for_nothing_with_it(
    client: Client,
) -> None:
    async with running(client) as run:
        await run.connects(message="17")
        await run.ends()
        sent = len(run.outside.sent)
        run.outside.breaks(CONVERGE_SUBSCRIPTION, ProviderUnavailable("503"))
        assert (await run.brings_in(BEN)).reply == "nothing_open"
        run.outside.recovers(CONVERGE_SUBSCRIPTION)
        await run.ends()
    assert run.outside.standing == ["subscribed", "subscribed"]
    assert {one.view.showing for one in run.outside.sent[sent:]} <= {"welcome", "connected"}


async def test_two_people_at_once_make_one_connection(client: Client) -> None:
    async with running(client) as run:
        reading = run.outside.holds(READ_RIGHTS)
        both = asyncio.gather(run.connects(ADA), run.connects(BEN))
        await run.outside.until(lambda: run.outside.waits(READ_RIGHTS))
        reading.set()
        answers = await both
        await run.ends()
    assert sorted(answer.reply for answer in answers) == ["already_connected", "connected"]
    (row,) = run.outside.connections
    assert {answer.by for answer in answers} == {row.by}
    assert run.outside.standing == ["subscribed"]


async def test_the_same_click_again_gets_the_same_answer_and_does_nothing(client: Client) -> None:
    async with running(client) as run:
        subscribing = run.outside.holds(CONVERGE_SUBSCRIPTION)
        click = run.asked(message="17")
        first = await run.ask("connect", click)
        await run.hand_over("connect", click)
        assert await run.ask("connect", click) == first
        subscribing.set()
        await run.ends()
    assert len(run.outside.asked_as) == 1
    assert len(run.outside.connections) == 1


async def test_a_refused_click_is_refused_again_whatever_has_changed_since(client: Client) -> None:
    async with running(client) as run:
        outside = run.outside
        subscribing = outside.holds(CONVERGE_SUBSCRIPTION)
        await run.connects()  # the run goes on
        outside.may_not("Grace Admin")
        click = run.asked(BEN)
        refused = await run.ask("disconnect", click)
        assert refused.reply == "role_too_low"
        outside.read = RightsRead(rights=MANAGER)
        await run.hand_over("disconnect", click)
        assert await run.ask("disconnect", click) == refused
        subscribing.set()
        assert await run.ends() == "connected"
    assert len(outside.asked_as) == 2
    assert outside.told == [("Ben Ops", "role_too_low")]


# Handed over: the API does not wait for the answer


@pytest.mark.parametrize("kind", ["connect", "disconnect", "bring_in"])
async def test_a_refusal_that_the_api_did_not_wait_for_is_told_privately_and_once(
    client: Client, kind: Request
) -> None:
    outside = FakeActivities()
    outside.is_connected()
    outside.read = RightsRead(unread="link_ended")
    telling = outside.holds(TELL_ASKER)
    async with running(client, outside) as run:
        click = run.asked(BEN)
        await run.hand_over(kind, click)
        await outside.until(lambda: outside.waits(TELL_ASKER))
        await run.hand_over(kind, click)
        telling.set()
        await run.ends()
    assert outside.told == [("Ben Ops", "link_ended")]


async def test_what_the_channel_is_told_is_told_nobody_privately(client: Client) -> None:
    async with running(client) as run:
        await run.hand_over("connect", run.asked(message="17"))
        await run.shows("welcome/7", "welcome")
        await run.ends()
        await run.hand_over("disconnect", run.asked())
        await run.shows("connection/7", "disconnected")
        await run.ends()
        await run.hand_over("disconnect", run.asked())
        await run.outside.until(lambda: bool(run.outside.told))
        await run.ends()
    assert run.outside.told == [("Ada Ops", "not_connected")]


@pytest.mark.parametrize(
    ("errors", "told"),
    [
        ([ProviderUnavailable("503")], 1),
        ([OutcomeUnknown("lost")], 0),
        ([BotRemoved("not in the roster")], 0),
    ],
)
async def test_what_certainly_was_not_said_is_said_again_and_nothing_else(
    client: Client, errors: list[OutsideError], told: int
) -> None:
    outside = FakeActivities()
    outside.may_not()
    outside.fails(TELL_ASKER, *errors)
    async with running(client, outside) as run:
        await run.hand_over("connect", run.asked())
        assert await run.ends() == "disconnected"
    assert len(outside.told) == told


async def test_a_click_that_was_handed_over_is_done(client: Client) -> None:
    async with running(client) as run:
        await run.hand_over("connect", run.asked(message="17"))
        await run.shows("connection/7", "connected")
        assert await run.ends() == "connected"


async def test_a_row_that_is_written_late_is_answered_once_it_is_there(client: Client) -> None:
    async with running(client) as run:
        run.outside.fails(RECORD_CONNECTION, OutcomeUnknown("the worker died"))
        assert (await run.connects()).reply == "connected"
        await run.ends()
    assert len(run.outside.connections) == 1


# Disconnecting


async def test_whoever_may_connect_disconnects_and_the_card_says_so(client: Client) -> None:
    async with running(client) as run:
        await run.connects(message="17")
        await run.ends()
        answer = await run.disconnects(BEN)
        assert (answer.reply, answer.service_name) == ("disconnected", "Checkout")
        assert await run.ends() == "disconnected"
    (row,) = run.outside.connections
    assert row.ended_by == "Ben Ops", "the row is kept"
    assert run.outside.standing[-1] == "unsubscribed"
    card = run.outside.of("connection/7")[-1]
    assert (card.showing, card.by, card.ended_by) == ("disconnected", "Ada Ops", "Ben Ops")
    assert len(run.runs) == 2


@pytest.mark.parametrize("is_one_run", [True, False])
async def test_a_welcome_claims_no_connection_any_more_once_that_has_ended(
    client: Client, is_one_run: bool
) -> None:
    outside = FakeActivities()
    outside.open = OpenIncidents(count=3)
    async with running(client, outside) as run:
        if is_one_run:
            outside.left.append(lambda state: Converged(state=state, again_in=60, waits_for="first_event"))
        await run.connects(message="17")
        await run.shows("welcome/7", "welcome")
        if not is_one_run:
            await run.ends()
        await run.disconnects(BEN)
        assert await run.ends() == "disconnected"
        assert len(run.runs) == (1 if is_one_run else 2)
        await run.connects(BEN, message="18")
        await run.ends()
    greeting, end = outside.of("welcome/7")
    assert greeting.offer is not None
    assert (end.showing, end.offer, end.brought) == ("welcome_ended", None, None), "edited once"


async def test_a_disconnect_that_comes_again_in_a_later_run_ends_nothing_that_was_made_since(
    client: Client,
) -> None:
    async with running(client) as run:
        await run.connects()
        await run.ends()
        command = run.asked(BEN)
        assert (await run.ask("disconnect", command)).reply == "disconnected"
        await run.ends()
        await run.connects()
        await run.ends()
        assert (await run.ask("disconnect", command)).reply == "disconnected", "as it was answered then"
        assert await run.ends() == "connected"
    outside = run.outside
    assert outside.live is not None
    assert outside.live.id == 8
    assert outside.showing("connection/8") == "connected"
    assert outside.standing[-1] == "subscribed"


async def test_what_is_not_connected_cannot_be_disconnected(client: Client) -> None:
    async with running(client) as run:
        assert (await run.disconnects()).reply == "not_connected"
        assert await run.ends() == "disconnected"
    assert run.outside.standing == []


async def test_disconnecting_while_connecting_ends_without_a_connection(client: Client) -> None:
    async with running(client) as run:
        run.outside.breaks(CONVERGE_SUBSCRIPTION, ProviderUnavailable("503"))
        assert (await run.connects(message="17")).reply == "connected"
        assert (await run.disconnects(BEN)).reply == "disconnected"
        run.outside.recovers(CONVERGE_SUBSCRIPTION)
        assert await run.ends() == "disconnected"
    assert len(run.runs) == 1
    assert run.outside.live is None
    assert run.outside.standing == ["unsubscribed"]
    assert [view.showing for view in run.outside.of("connection/7")] == ["disconnected"]
    assert run.outside.of("welcome/7") == []


async def test_a_subscription_that_was_asked_for_before_a_disconnect_is_brought_in_step_again(
    client: Client,
) -> None:
    async with running(client) as run:
        subscribing = run.outside.holds(CONVERGE_SUBSCRIPTION)
        await run.connects(message="17")
        await run.outside.until(lambda: run.outside.waits(CONVERGE_SUBSCRIPTION))
        await run.disconnects()
        subscribing.set()
        assert await run.ends() == "disconnected"
    assert run.outside.standing[-1] == "unsubscribed"
    assert len(run.outside.standing) == 2, "what a call that began before the row has seen does not count"


async def test_connected_anew_is_a_new_row_and_another_message(client: Client) -> None:
    async with running(client) as run:
        await run.connects(message="17")
        await run.disconnects()
        assert (await run.connects(BEN, message="18")).reply == "connected"
        await run.ends()
    assert [row.by for row in run.outside.connections] == ["Ada Ops", "Ben Ops"]
    assert run.outside.messages == {"connection/7": "17", "connection/8": "18"}
    assert run.outside.showing("connection/8") == "connected"


# Who may


@pytest.mark.parametrize("message", [None, "17"], ids=["asked without a card", "pressed"])
async def test_whose_role_is_too_low_is_told_whom_to_ask(client: Client, message: str | None) -> None:
    """Somebody whose role was enough may have been given the card that is pressed."""
    async with running(client) as run:
        run.outside.may_not("Grace Admin", "Hal Lead")
        answer = await run.connects(message=message)
        await run.ends()
    assert answer.reply == "role_too_low"
    assert [team.managers for team in answer.teams] == [("Grace Admin", "Hal Lead")]
    assert run.outside.connections == []


async def test_rights_are_read_at_each_click(client: Client) -> None:
    async with running(client) as run:
        subscribing = run.outside.holds(CONVERGE_SUBSCRIPTION)
        await run.connects()
        run.outside.may_not()
        assert (await run.disconnects()).reply == "role_too_low"
        subscribing.set()
        assert await run.ends() == "connected"
    assert len(run.outside.asked_as) == 2


@pytest.mark.parametrize(
    ("rights", "reply"),
    [
        (MANAGER.model_copy(update={"service": None}), "unknown_service"),
        (
            MANAGER.model_copy(update={"service": CHECKOUT.model_copy(update={"is_disabled": True})}),
            "service_disabled",
        ),
    ],
)
async def test_a_service_that_cannot_be_connected_is_not(client: Client, rights: Rights, reply: str) -> None:
    async with running(client) as run:
        run.outside.read = RightsRead(rights=rights)
        assert (await run.connects()).reply == reply
        assert await run.ends() == "disconnected"
    assert run.outside.connections == []


@pytest.mark.parametrize("change", [{"service": None, "role": "admin"}, {"service": CHECKOUT}])
async def test_a_service_that_was_deleted_or_disabled_can_be_disconnected(
    client: Client, change: dict[str, object]
) -> None:
    outside = FakeActivities()
    outside.is_connected()
    disabled = MANAGER.model_copy(update={"service": CHECKOUT.model_copy(update={"is_disabled": True})})
    outside.read = RightsRead(rights=disabled.model_copy(update=change))
    async with running(client, outside) as run:
        assert (await run.disconnects()).reply == "disconnected"
        await run.ends()
    assert outside.live is None
    assert outside.sent == [], "a seeded connection has no card"


@pytest.mark.parametrize(
    "unread", ["link_removed", "link_ended", "link_rejected", "user_gone", "forbidden", "app_refused"]
)
async def test_whom_pagerduty_tells_nothing_hears_why(client: Client, unread: Unread) -> None:
    async with running(client) as run:
        run.outside.read = RightsRead(unread=unread)
        assert (await run.connects()).reply == unread
        await run.ends()
    assert run.outside.connections == []


@pytest.mark.parametrize(
    ("error", "reply"),
    [
        (ProviderUnavailable("503"), "pagerduty_unavailable"),
        (OutcomeUnknown("the worker died"), "pagerduty_unavailable"),
        (RequestInvalid("400"), "pagerduty_refused"),
    ],
)
async def test_pagerduty_that_does_not_answer_changes_nothing(
    client: Client, error: OutsideError, reply: str
) -> None:
    async with running(client) as run:
        run.outside.breaks(READ_RIGHTS, error)
        assert (await run.connects()).reply == reply
        await run.ends()
    assert run.outside.connections == []


@pytest.mark.parametrize("unrecorded", ["team_not_authorized", "channel_suspended", "channel_gone"])
async def test_the_row_says_what_stands_against_it(client: Client, unrecorded: Unrecorded) -> None:
    async with running(client) as run:
        run.outside.unrecorded = unrecorded
        assert (await run.connects()).reply == unrecorded
        assert await run.ends() == "disconnected"
    assert run.outside.standing == []


async def test_a_click_that_comes_minutes_late_is_not_done(client: Client) -> None:
    async with running(client) as run:
        answer = await run.connects(received_at=datetime.now(UTC) - timedelta(minutes=6))
        assert answer.reply == "too_late"
        await run.ends()
    assert run.outside.connections == []


# What fails


async def test_the_channel_is_told_why_connecting_takes_longer_and_then_that_it_is_done(
    client: Client,
) -> None:
    async with running(client, deadlines=BRIEF) as run:
        run.outside.breaks(CONVERGE_SUBSCRIPTION, ProviderUnavailable("503"))
        assert (await run.connects(message="17")).reply == "connected"
        await run.shows("connection/7", "late")
        assert run.outside.of("connection/7")[-1].reason == "ProviderUnavailable"
        assert run.outside.of("welcome/7") == [], "nobody is greeted before incidents arrive"
        run.outside.recovers(CONVERGE_SUBSCRIPTION)
        assert await run.ends() == "connected"
    assert [view.showing for view in run.outside.of("connection/7")] == ["late", "connected"]
    assert run.outside.showing("welcome/7") == "welcome"


async def test_nobody_is_told_of_a_failure_that_is_over_in_time(client: Client) -> None:
    async with running(client) as run:
        run.outside.fails(CONVERGE_SUBSCRIPTION, ProviderUnavailable("503"), OutcomeUnknown("lost"))
        await run.connects(message="17")
        assert await run.ends() == "connected"
    assert [view.showing for view in run.outside.of("connection/7")] == ["connected"]


async def test_what_only_people_can_mend_is_told_and_keeps_the_run_alive(client: Client) -> None:
    async with running(client, deadlines=BRIEF) as run:
        lacks = Forbidden("no scope", code="insufficient_scope:services.read", says="services.read")
        run.outside.fails(CONVERGE_SUBSCRIPTION, lacks)
        await run.connects(message="17")
        await run.shows("connection/7", "late")
        await run.until_attribute("Attention", "degraded")
        late = run.outside.of("connection/7")[-1]
        assert (late.reason, late.code) == ("Forbidden", "insufficient_scope:services.read")
        # Whoever asks for something new does not wait for the back-off of five minutes.
        await run.disconnects()
        assert await run.ends() == "disconnected"


async def test_what_is_left_of_the_subscription_holds_up_nobody_and_is_looked_at_again(
    client: Client,
) -> None:
    async with running(client) as run:
        run.outside.left.append(lambda state: Converged(state=state, again_in=0.3, waits_for="first_event"))
        await run.connects(message="17")
        await run.shows("welcome/7", "welcome")
        assert await run.ends() == "connected"
        timers = [waited.summary for waited in (await run.timeline()).timers]
    assert run.outside.standing == ["subscribed", "subscribed"]
    assert "first_event" in timers


async def test_a_subscription_that_may_be_on_its_way_is_not_told_as_there(client: Client) -> None:
    async with running(client, deadlines=BRIEF) as run:
        run.outside.left.append(
            lambda _: Converged(state="unsubscribed", again_in=0.5, waits_for="late_creation")
        )
        await run.connects(message="17")
        assert await run.ends() == "connected"
    showings = [view.showing for view in run.outside.of("connection/7")]
    assert showings[-1] == "connected"
    assert set(showings) <= {"late", "connected"}


async def test_a_row_that_cannot_be_ended_now_is_ended_later(client: Client) -> None:
    outside = FakeActivities()
    outside.is_connected("Grace")
    async with running(client, outside) as run:
        outside.fails(END_CONNECTION, ProviderUnavailable("no connection"))
        assert (await run.disconnects()).reply == "disconnected"
        await run.ends()


async def test_a_connection_whose_row_was_deleted_holds_up_nobody(client: Client) -> None:
    outside = FakeActivities()
    outside.is_connected("Grace")
    ending = outside.holds(END_CONNECTION)
    async with running(client, outside) as run:
        asked = asyncio.create_task(run.disconnects())
        await outside.until(lambda: outside.waits(END_CONNECTION))
        outside.connections.clear()  # its team was forgotten
        again = asyncio.create_task(run.connects(BEN))
        ending.set()
        assert (await asked).reply == "not_connected"
        assert (await again).reply == "connected"
        assert await run.ends() == "connected"


async def test_a_card_that_was_deleted_is_posted_once_more(client: Client) -> None:
    async with running(client) as run:
        run.outside.fails(SHOW_CONNECTION, CardGone("deleted"))
        await run.connects(message="17")
        await run.ends()
    assert run.outside.showing("connection/7") == "connected"


async def test_a_message_that_may_be_there_is_not_posted_again(client: Client) -> None:
    async with running(client) as run:
        run.outside.is_certain = False
        await run.connects()
        assert await run.ends() == "connected"
    assert [one.name for one in run.outside.sent] == ["connection/7", "welcome/7"]


async def test_a_channel_that_the_bot_cannot_write_to_holds_up_nothing(client: Client) -> None:
    async with running(client) as run:
        run.outside.breaks(SHOW_CONNECTION, BotRemoved("not in the roster"))
        assert (await run.connects()).reply == "connected"
        assert await run.ends() == "connected"
    assert run.outside.standing == ["subscribed"]


async def test_a_run_waits_for_its_rows_before_it_serves_anybody(client: Client) -> None:
    outside = FakeActivities()
    outside.is_connected("Grace")
    outside.fails(RESTORE_CONNECTION, ProviderUnavailable("no connection"))
    async with running(client, outside) as run:
        assert (await run.connects()).reply == "already_connected"
        await run.ends()


# What operators read


async def test_an_operator_finds_the_run_and_reads_how_it_stands(client: Client) -> None:
    async with running(client) as run:
        run.outside.breaks(CONVERGE_SUBSCRIPTION, ProviderUnavailable("503"))
        await run.connects(message="17")
        await run.until_attribute("Attention", "waiting")
        description = await run.handle.describe()
        found = {pair.key.name: pair.value for pair in description.typed_search_attributes}
        assert {key: found.get(key) for key in ("PdAccount", "PdService", "TeamsTenant")} == {
            "PdAccount": "acme",
            "PdService": "PSVC001",
            "TeamsTenant": "tenant",
        }
        assert await description.static_summary() == "Checkout · Payments/#ops · connect"
        details = await run.details()
        assert "**connecting**" in details
        assert "| connection 7 | by Ada Ops, and its incidents do not arrive yet |" in details
        assert "⚠ subscription: ProviderUnavailable" in details
        run.outside.recovers(CONVERGE_SUBSCRIPTION)
        await run.ends()
        timeline = await run.timeline()
    assert all(called.summary for called in timeline.activities)
    assert all(waited.summary for waited in timeline.timers)
    assert ("store.record_connection", "connect as Ada Ops") in timeline.activities
    assert timeline.updates == ["connect"]
