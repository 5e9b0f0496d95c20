"""Upkeep forgets teams and chats that are gone: on real Temporal and Postgres, and a simulated PagerDuty."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from temporalio.client import Client, WorkflowHandle

from activities.upkeep import forgetting as forgetting_stage
from muster.clients.http import open_pool as open_http_pool
from muster.store import chats, forgetting
from muster.store.forgetting import Gone
from muster.store.pool import Pool
from tests.support.pagerduty_account import BO_USER, CY_USER, SimulatedAccount, running_account
from tests.support.waiting import eventually
from tests.workflows.upkeep.links import Upkeep
from tests.workflows.upkeep.teams import channel_of, chat, leaves, returns, team
from workflows.search_attributes import TEAMS_CONVERSATION, typed
from workflows.subscription.activities import OfAccount
from workflows.upkeep.state import Stage, StageReport

pytestmark = pytest.mark.anyio


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with open_http_pool() as client:
        yield client


@pytest.fixture
async def simulated() -> AsyncIterator[Mapping[str, SimulatedAccount]]:
    async with running_account(listen=False) as acme:
        yield {"acme": acme}


@pytest.fixture
async def upkept(
    pool: Pool, client: Client, http: httpx.AsyncClient, simulated: Mapping[str, SimulatedAccount]
) -> AsyncIterator[Upkeep]:
    upkept = Upkeep(pool, client, http, simulated)
    async with upkept.working(max_heartbeat_throttle_interval=timedelta(milliseconds=10)):
        yield upkept


def there(upkept: Upkeep) -> list[str]:
    """The ids of the subscriptions that PagerDuty has."""
    return [one.id for one in upkept.simulated["acme"].simulator.subscriptions.all()]


async def is_subscribed(upkept: Upkeep) -> None:
    """The account has its one subscription, as a first connection makes it."""
    for id in there(upkept):
        upkept.simulated["acme"].simulator.subscriptions.delete(id)
    await upkept.subscription.converge_subscription(OfAccount(account="acme"))
    assert len(there(upkept)) == 1


async def teams_there(pool: Pool) -> set[str]:
    return {row["id"] for row in await pool.fetch("SELECT id FROM team")}


def forgotten(
    report: Mapping[Stage, StageReport], what: Stage = "teams"
) -> tuple[int, int, str | None, tuple[str, ...]]:
    stage = report[what]
    return stage.examined, stage.done, stage.stopped, stage.left_out


async def something_runs(client: Client, conversation: str) -> WorkflowHandle[Any, Any]:
    """A run that belongs to the conversation, and that Temporal lists."""
    run = await client.start_workflow(
        "SomethingOfTheConversation",
        id=f"of-{uuid.uuid4().hex}",
        task_queue="nobody",
        search_attributes=typed({TEAMS_CONVERSATION: conversation}),
    )
    await lists(client, conversation, 1)
    return run


async def lists(client: Client, conversation: str, count: int) -> None:
    """Temporal lists so many runs of the conversation that go on."""
    ours = f"TeamsConversation = '{conversation}' AND ExecutionStatus = 'Running'"

    async def listed() -> bool:
        return (await client.count_workflows(ours)).count == count

    await eventually(listed)


async def test_the_last_team_takes_links_and_subscription_with_it_and_people_are_told(
    upkept: Upkeep, pool: Pool
) -> None:
    payments, search = await team(upkept, "payments"), await team(upkept, "search")
    link = await upkept.link(CY_USER)
    await is_subscribed(upkept)
    await leaves(upkept, payments, days=31)
    await leaves(upkept, search, days=29)
    assert forgotten(await upkept.upkeep()) == (1, 1, None, ())
    assert await teams_there(pool) == {search}
    assert await upkept.is_linked(CY_USER)
    assert len(there(upkept)) == 1
    await leaves(upkept, search, days=0, because="teamHardDeleted")
    assert forgotten(await upkept.upkeep()) == (1, 1, None, ())
    assert await teams_there(pool) == set()
    assert not await upkept.is_linked(CY_USER)
    assert there(upkept) == []
    for _ in range(2):
        assert forgotten(await upkept.upkeep()) == (0, 0, None, ())
    assert [(one.why, one.key) for one in await upkept.told(CY_USER)] == [("teams_gone", f"ended-{link}")]


async def test_a_team_that_came_back_within_30_days_keeps_everything(upkept: Upkeep, pool: Pool) -> None:
    payments = await team(upkept, "payments")
    link = await upkept.link(CY_USER)
    await is_subscribed(upkept)
    await leaves(upkept, payments, days=60)
    await returns(upkept, payments, days=31)
    assert forgotten(await upkept.upkeep()) == (0, 0, None, ())
    assert await pool.fetchval("SELECT conversation FROM connection") == channel_of(payments)
    assert await upkept.works(link)
    assert len(there(upkept)) == 1


async def test_the_rows_of_a_run_that_goes_on_stay_until_it_ends(
    upkept: Upkeep, pool: Pool, client: Client
) -> None:
    payments = await team(upkept, "payments")
    await leaves(upkept, payments, days=31)
    goes_on = await something_runs(client, channel_of(payments))
    key = await pool.fetchval("SELECT key FROM team")
    assert forgotten(await upkept.upkeep()) == (1, 0, None, (f"team {key}",))
    assert await teams_there(pool) == {payments}
    await goes_on.terminate("it has ended")
    await lists(client, channel_of(payments), 0)
    assert forgotten(await upkept.upkeep()) == (1, 1, None, ())
    assert await teams_there(pool) == set()


@pytest.mark.soak
@pytest.mark.parametrize("is_committed", [False, True], ids=["before the commit", "after the commit"])
async def test_a_worker_that_dies_in_the_middle_is_followed_by_an_attempt_that_goes_on(
    upkept: Upkeep, pool: Pool, monkeypatch: pytest.MonkeyPatch, is_committed: bool
) -> None:
    """Its loop stands still at the second of three teams: no answer and no heartbeat comes any more."""
    for name in ("payments", "search", "web"):
        await leaves(upkept, await team(upkept, name), days=31)
    await upkept.link(CY_USER)
    await is_subscribed(upkept)
    forget, asked = forgetting.forget, list[str]()

    async def silent_once(pool: Pool, gone: Gone, *, age: timedelta) -> bool:
        asked.append(gone.id)
        if len(asked) != 2:
            return await forget(pool, gone, age=age)
        if is_committed:
            await forget(pool, gone, age=age)
        await asyncio.Event().wait()
        raise AssertionError("nobody wakes it")

    @asynccontextmanager
    async def no_beats(_: object) -> AsyncIterator[None]:
        yield

    monkeypatch.setattr(forgetting_stage, "heartbeats", no_beats)
    monkeypatch.setattr(forgetting, "forget", silent_once)
    report = await upkept.upkeep()
    assert report["teams"].stopped is None
    assert len(asked) == (3 if is_committed else 4)
    assert await teams_there(pool) == set()
    assert not await upkept.is_linked(CY_USER)
    assert there(upkept) == []


async def test_a_pagerduty_that_is_down_leaves_the_subscription_to_the_next_day(
    upkept: Upkeep, pool: Pool
) -> None:
    payments = await team(upkept, "payments")
    await upkept.link(BO_USER)
    await is_subscribed(upkept)
    await leaves(upkept, payments, days=31)
    acme = upkept.simulated["acme"]
    lists = {"method": "GET", "path": "/webhook_subscriptions"}
    await acme.fault("rest", "status", status=503, times=100, retry_after=0.05, match=lists)
    report = await upkept.upkeep()
    assert forgotten(report) == (1, 1, None, ())
    assert report["subscription"].stopped == "ProviderUnavailable"
    assert await teams_there(pool) == set()
    assert not await upkept.is_linked(BO_USER)
    assert len(there(upkept)) == 1
    await acme.sandbox("DELETE", "/faults")
    assert forgotten(await upkept.upkeep()) == (0, 0, None, ())
    assert there(upkept) == []


async def test_a_chat_that_the_bot_left_goes_once_no_run_needs_it(
    upkept: Upkeep, pool: Pool, client: Client
) -> None:
    kept, left = await chat(upkept), await chat(upkept)
    await chats.follow(
        pool,
        id=left,
        tenant=upkept.tenant,
        is_away=True,
        at=datetime.now(UTC) - timedelta(days=31),
        request="f:1",
    )
    goes_on = await something_runs(client, left)
    key = await pool.fetchval("SELECT key FROM conversation WHERE id = $1", left)
    assert forgotten(await upkept.upkeep(), "chats") == (1, 0, None, (f"chat {key}",))
    await goes_on.terminate("it has ended")
    await lists(client, left, 0)
    assert forgotten(await upkept.upkeep(), "chats") == (1, 1, None, ())
    assert [row["id"] for row in await pool.fetch("SELECT id FROM conversation")] == [kept]
