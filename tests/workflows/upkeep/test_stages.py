"""The stages of a run: their order, their batches, and what keeps one of them from going on."""

import pytest
from temporalio.client import Client

from tests.workflows.upkeep.lives import GONE, LEFT, LIVES, Live, hindered, kept
from tests.workflows.upkeep.outside import NOW
from tests.workflows.upkeep.running import NO_CACHE, running
from workflows.errors import ProviderUnavailable
from workflows.subscription.activities import (
    INSPECT_SUBSCRIPTION,
    Converged,
    Inspected,
)
from workflows.upkeep import activities as rows
from workflows.upkeep.activities import FindAgain, Progress

pytestmark = pytest.mark.anyio


async def test_each_stage_goes_on_in_batches_until_the_last(client: Client) -> None:
    async with running(client) as run:
        await kept(run)
        end = await run.handle.result()
        details = await run.details()
        assert await run.attention() == "ok"
    by_stage = {one.stage: one for one in end.stages}
    refresh = by_stage["refresh"]
    assert (refresh.examined, refresh.done, refresh.ended, refresh.stopped) == (61, 60, 1, None)
    batches = run.outside.of(rows.REFRESH_LINKS)
    assert [(one.after, one.now) for one in batches] == [(0, NOW), (50, NOW), (60, NOW)]
    assert run.outside.of(rows.END_LINKS_OF_USERS) == [
        FindAgain(account="acme", missed=(GONE,), found_in=("acme",))
    ]
    assert run.outside.of(rows.END_LINKS_OF_PEOPLE) == [
        FindAgain(account="acme", missed=(LEFT,), found_in=("tenant",))
    ]
    assert [one.after for one in run.outside.of(rows.FORGET_TEAMS)] == ["", "19:b"]
    assert [one.after for one in run.outside.of(rows.FORGET_CHATS)] == ["", "19:f"]
    assert all(one.is_complete for one in end.stages)
    assert "| teams that are gone forgotten | 22 | 21 | complete; left out: team ops |" in details
    assert "| chats that the app left forgotten | 20 | 20 | complete |" in details
    subscription = by_stage["subscription"]
    assert (subscription.examined, subscription.done, subscription.stopped) == (1, 2, None)
    assert subscription.left_out == ()
    assert "| webhook subscriptions mended | 1 | 2 | complete; found: deleted, disabled |" in details
    assert "| links refreshed | 61 | 60 | complete; 1 ended by PagerDuty |" in details
    assert "| links of users who left PagerDuty ended | 3 | 1 | complete |" in details
    assert "| old rows deleted | 0 | 12 | complete |" in details


async def test_a_stage_that_fails_keeps_no_other_from_going_on(client: Client) -> None:
    async with running(client) as run:
        await hindered(run)
        end = await run.handle.result()
        details = await run.details()
        assert await run.attention() == "degraded"
    assert {one.stage: one.stopped for one in end.stages} == {
        "subscription": "RequestInvalid",
        "refresh": "RequestInvalid",
        "year": "RequestInvalid",
        "users": "Forbidden",
        "people": "ProviderUnavailable",
        "teams": "RequestInvalid",
        "chats": "RequestInvalid",
        "told": "CredentialRejected",
        "rows": "NotFound",
    }
    assert len(run.outside.of(INSPECT_SUBSCRIPTION)) == 1
    assert run.outside.of(rows.REFRESH_LINKS) == run.outside.of(rows.TELL_OF_YEAR) == []
    assert "⚠ stopped: Forbidden" in details


async def test_nobody_is_searched_again_where_nobody_was_missed(client: Client) -> None:
    async with running(client) as run:
        run.outside.gives(rows.FIND_USERS, Progress(after=1, examined=1, found_in=("acme",), is_last=True))
        await run.ends()
    assert run.outside.of(rows.END_LINKS_OF_USERS) == []


async def test_an_outage_is_tomorrows_and_a_database_that_comes_back_is_waited_for(client: Client) -> None:
    async with running(client) as run:
        run.outside.gives(rows.DELETE_OLD_ROWS, ProviderUnavailable("no connection"))
        run.outside.gives(rows.REFRESH_LINKS, Progress(after=3, examined=3, stopped="ProviderUnavailable"))
        stages = await run.ends()
        assert await run.attention() == "waiting"
    assert stages["refresh"].stopped == "ProviderUnavailable"
    assert len(run.outside.of(rows.REFRESH_LINKS)) == 1
    assert stages["rows"].stopped is None
    assert len(run.outside.of(rows.DELETE_OLD_ROWS)) == 2


async def test_a_subscription_that_waits_for_its_first_event_is_tomorrows_after_some_rounds(
    client: Client,
) -> None:
    moved = Inspected(converged=Converged(state="subscribed", again_in=0.01, waits_for="first_event"))
    async with running(client) as run:
        run.outside.gives(INSPECT_SUBSCRIPTION, *[moved] * 10)
        stages = await run.ends()
    assert len(run.outside.of(INSPECT_SUBSCRIPTION)) == 5
    report = stages["subscription"]
    assert (report.is_complete, report.stopped, report.left_out) == (False, None, ("waits for first_event",))
    assert stages["refresh"].is_complete


async def test_a_rate_limit_that_does_not_end_ends_the_stage(client: Client) -> None:
    limited = Progress(after=0, stopped="RateLimited", retry_after=0.01)
    async with running(client) as run:
        run.outside.gives(rows.FIND_USERS, *[limited] * 30)
        stages = await run.ends()
    assert stages["users"].stopped == "RateLimited"
    assert len(run.outside.of(rows.FIND_USERS)) == 21


@pytest.mark.parametrize("live", LIVES.values(), ids=LIVES)
async def test_a_life_replayed_at_every_step_calls_nothing_twice(client: Client, live: Live) -> None:
    async with running(client) as remembering:
        await live(remembering)
    async with running(client, cached=NO_CACHE) as run:
        await live(run)
    assert run.outside.calls == remembering.outside.calls
