"""First connections of an account, while answers are lost and workers die: one subscription, known secret.

Each test begins with an account that nobody has subscribed to, and with a second installation's subscription.
"""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.chaos.commits import Commit, commits_held
from tests.chaos.company import DI_EMAIL, Incident
from tests.chaos.first_connection import A_SERVICE, ANOTHER_SERVICE, FirstConnection
from tests.chaos.invariants import in_sync
from tests.chaos.place import Place
from tests.chaos.room import made_for
from tests.chaos.subscribed import subscribed
from tests.support.waiting import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

_ROW = Commit("connection", "INSERT")
_INTENT = Commit("subscription_intent", "INSERT")
_SECRET = Commit("webhook_subscription", "INSERT")
_OF_WELCOMES = "NEW.name LIKE 'welcome/%'"
_BEGUN, _SHOWN = Commit("notice", "INSERT", _OF_WELCOMES), Commit("notice", "UPDATE", _OF_WELCOMES)
_END = Commit("connection", "UPDATE")
AWAY = 20
"""Seconds for which PagerDuty does not answer; each call is given up after ten."""
_CREATION = {"method": "POST", "path": "/webhook_subscriptions"}


async def test_two_first_connections_at_once_make_one_subscription(first: FirstConnection) -> None:
    """Each of two channels gets another service."""
    places = first.place(), first.place(ANOTHER_SERVICE)
    await first.company.pagerduty.fault("rest", "slow", seconds=1, match=_CREATION)
    await asyncio.gather(*(place.connect() for place in places))
    await subscribed(first)
    assert len(await first.made()) == 1


async def test_an_event_that_comes_before_the_answer_to_the_creation_comes_again(
    first: FirstConnection,
) -> None:
    """PagerDuty has made the subscription; its answer, and with it the secret, is on its way."""
    place = first.place()
    await first.company.pagerduty.fault("rest", "late_answer", seconds=3, match=_CREATION)
    asking = asyncio.create_task(place.connect())
    await eventually(first.is_there)
    await first.trigger()
    await eventually(first.statuses)
    assert await first.statuses() == {503}
    await asking
    await subscribed(first)
    assert await first.statuses() == {503, 202}


async def test_a_lost_answer_to_the_creation_is_not_waited_for(first: FirstConnection) -> None:
    """Nobody will know the secret of what PagerDuty has made: it goes, and another one comes."""
    await first.company.pagerduty.fault("rest", "lose_answer", match=_CREATION)
    place = first.place()
    await place.connect()
    await subscribed(first)
    assert len(await first.made()) == 2


async def test_a_subscription_is_the_only_one_after_pagerduty_was_away_for_twenty_seconds(
    first: FirstConnection,
) -> None:
    """It was asked for a subscription, and makes it when nobody waits for the answer any more."""
    company, place = first.company, first.place()
    await company.pagerduty.fault("rest", "slow", seconds=5, match=_CREATION)
    await place.connect()
    await eventually(first.is_asked)
    with company.product.holding("pagerduty"):
        await asyncio.sleep(AWAY)
    await eventually(place.is_ready, within=60)
    await eventually(lambda: _made(first, 2))
    await first.let_late_creations_be_over()
    await first.place(ANOTHER_SERVICE).connect()
    await subscribed(first, waits=place)


@pytest.mark.parametrize(
    ("commit", "committed"),
    [(_ROW, False), (_ROW, True), (_INTENT, False)],
    ids=["no row", "row", "no intent"],
)
async def test_a_worker_killed_before_the_intent_is_there_leaves_one_subscription(
    first: FirstConnection, commit: Commit, committed: bool
) -> None:
    await _killed_while_connecting(first.place(), commit, committed=committed)
    await subscribed(first)
    assert len(await first.made()) == 1


async def test_a_worker_killed_after_its_intent_leaves_one_subscription(first: FirstConnection) -> None:
    """PagerDuty was not asked. Nobody knows that, so the intent is open for two minutes more."""
    place = first.place()
    await _killed_while_connecting(place, _INTENT, committed=True)
    await eventually(place.is_ready, within=60)
    assert len(await first.intents()) == 1
    await first.let_late_creations_be_over()
    await first.place(ANOTHER_SERVICE).connect()
    await subscribed(first, waits=place)
    assert len(await first.made()) == 1


async def test_a_worker_killed_before_the_secret_is_stored_leaves_another_subscription(
    first: FirstConnection,
) -> None:
    """The subscription is there, nobody knows its secret any more, and what it has to tell goes with it."""
    place = first.place()
    incident = await _killed_while_connecting(place, _SECRET, committed=False, trigger=first.trigger)
    assert incident is not None
    await eventually(first.subscriptions, within=60)
    await incident.becomes("acknowledged")
    await subscribed(first)
    assert len(await first.made()) == 2


async def test_a_worker_killed_after_the_secret_was_stored_leaves_the_subscription(
    first: FirstConnection,
) -> None:
    """Nobody was told of it, and what came before is taken by it."""
    place = first.place()
    await _killed_while_connecting(place, _SECRET, committed=True, trigger=first.trigger)
    await subscribed(first)
    assert len(await first.made()) == 1
    assert await first.statuses() == {503, 202}


@pytest.mark.parametrize("commit", [_BEGUN, _SHOWN], ids=["not begun", "posted and not recorded"])
async def test_a_worker_killed_while_the_channel_is_welcomed_welcomes_it_once(
    first: FirstConnection, commit: Commit
) -> None:
    """The connection's own message is the card that was pressed, and only edited."""
    await _killed_while_connecting(first.place(), commit, committed=False)
    await subscribed(first)
    assert len(await first.made()) == 1


async def test_an_incident_of_a_service_that_was_just_connected_gets_a_chat_of_its_own(
    first: FirstConnection,
) -> None:
    """The worker dies meanwhile. Then an admin consents to chats. Bo, who is on call, is not linked."""
    company, place = first.company, first.place()
    await _killed_while_connecting(place, _SECRET, committed=True)
    await subscribed(first)
    await company.microsoft.grant()
    incident = await company.incident(service=A_SERVICE)
    await incident.shown_and_recorded()
    assert (await incident.card())["conversation"] == place.channel.id
    room = await made_for(incident)
    await incident.click("acknowledge", by=DI_EMAIL, place=incident.chats[-1])
    await incident.agrees("Acknowledged by Di Pager")
    await eventually(room.is_joined_from)
    await in_sync(incident)
    assert await room.violations() == []


async def test_a_service_that_is_connected_before_the_last_other_one_ends_keeps_the_subscription(
    first: FirstConnection,
) -> None:
    """The end of the other one is decided already, and is not committed yet."""
    company, leaving = first.company, first.place()
    await leaving.connect()
    await eventually(leaving.is_over)
    before = await first.ours()
    async with commits_held(company, _END) as reached:
        asking = asyncio.create_task(leaving.disconnect())
        await reached()
        coming = first.place(ANOTHER_SERVICE)
        await coming.connect()
        await eventually(coming.is_over)
    await asking
    await subscribed(first)
    assert await first.ours() == before


@pytest.mark.parametrize("killed", [False, True], ids=["worker alive", "worker killed"])
async def test_a_service_that_is_connected_while_the_subscription_is_deleted_gets_another(
    first: FirstConnection, killed: bool
) -> None:
    company, leaving = first.company, first.place()
    await leaving.connect()
    await eventually(leaving.is_over)
    (before,) = await first.ours()
    deletion = {"method": "DELETE", "path": f"/webhook_subscriptions/{before['id']}"}
    await company.pagerduty.fault("rest", "slow", seconds=2, match=deletion)
    ending = asyncio.create_task(leaving.disconnect())
    await eventually(lambda: _ended(first))
    coming = first.place(ANOTHER_SERVICE)
    await coming.connect()
    if killed:
        company.product.kill("worker")
        await company.product.expect_back("worker")
    await ending
    await subscribed(first)
    assert [one["id"] for one in await first.ours()] != [before["id"]]


async def _killed_while_connecting(
    place: Place,
    commit: Commit,
    *,
    committed: bool,
    trigger: Callable[[], Awaitable[Incident]] | None = None,
) -> Incident | None:
    """Kill the worker at a commit, which is made all the same or not; something may break just before."""
    company = place.company
    async with commits_held(company, commit) as reached:
        asking = asyncio.create_task(place.connect())
        waiting = await reached()
        incident = await trigger() if trigger else None
        if incident is not None:
            await eventually(lambda: _is_to_come_again(incident))
        company.product.kill("worker")
        if not committed:
            await company.end_backends(waiting)
    await asking
    await company.product.expect_back("worker")
    return incident


async def _is_to_come_again(incident: Incident) -> bool:
    """PagerDuty was told to send its event again."""
    webhooks = await incident.company.pagerduty.webhooks(incident.id)
    return 503 in {attempt["status"] for one in webhooks for attempt in one["attempts"]}


async def _made(first: FirstConnection, times: int) -> bool:
    return len(await first.made()) == times


async def _ended(first: FirstConnection) -> bool:
    return not await first.subscriptions()
