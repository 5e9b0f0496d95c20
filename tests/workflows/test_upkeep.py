"""Upkeep with PagerDuty's clock moved: links live that nobody uses, and end when they have to."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from temporalio.client import Client

from activities.upkeep import batches
from muster.clients.http import open_pool as open_http_pool
from muster.config_file import PagerDutyAccount
from muster.store.pool import Pool
from tests.support.pagerduty_account import (
    ADA_USER,
    BO_USER,
    COMPANY,
    CY_USER,
    DI_USER,
    SimulatedAccount,
    running_account,
)
from tests.workflows.upkeep.links import Upkeep

pytestmark = pytest.mark.anyio


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with open_http_pool() as client:
        yield client


@pytest.fixture
async def simulated() -> AsyncIterator[Mapping[str, SimulatedAccount]]:
    """Two accounts, each a PagerDuty of its own with a clock of its own."""
    other = COMPANY.model_copy(update={"account": "umbrella"})
    async with (
        running_account(listen=False) as acme,
        running_account(company=other, listen=False) as umbrella,
    ):
        yield {"acme": acme, "umbrella": umbrella}


@pytest.fixture
async def upkept(
    pool: Pool, client: Client, http: httpx.AsyncClient, simulated: Mapping[str, SimulatedAccount]
) -> AsyncIterator[Upkeep]:
    upkept = Upkeep(pool, client, http, simulated)
    # As the worker's own: each heartbeat arrives.
    async with upkept.working(max_heartbeat_throttle_interval=timedelta(milliseconds=10)):
        yield upkept


async def test_a_link_that_nobody_used_for_31_days_works_when_upkeep_ran(upkept: Upkeep) -> None:
    link = await upkept.link(CY_USER)
    refreshed = []
    for days in (10, 10.5, 10.5):
        await upkept.passes(days)
        refreshed.append((await upkept.upkeep())["refresh"].done)
    assert refreshed == [0, 1, 0]
    assert await upkept.refreshes() == 1
    assert await upkept.works(link)
    assert await upkept.whys(CY_USER) == []


async def test_a_link_without_upkeep_for_31_days_has_ended_and_its_person_is_told_once(
    upkept: Upkeep,
) -> None:
    link = await upkept.link(CY_USER)
    await upkept.passes(31)
    report = await upkept.upkeep()
    assert (report["refresh"].done, report["refresh"].ended, report["refresh"].stopped) == (0, 1, None)
    assert not await upkept.is_linked(CY_USER)
    await upkept.upkeep()
    assert {(one.why, one.key) for one in await upkept.told(CY_USER)} == {("ended", f"ended-{link}")}


async def test_a_year_is_announced_once_and_after_it_the_link_ends(upkept: Upkeep) -> None:
    link = await upkept.link(CY_USER)
    for _ in range(350 // 25):
        await upkept.passes(25)
        await upkept.upkeep()
    assert await upkept.whys(CY_USER) == []
    for _ in range(2):
        await upkept.passes(2)
        report = await upkept.upkeep()
        assert (report["refresh"].ended, report["year"].stopped) == (0, None)
    assert [(one.why, one.key) for one in await upkept.told(CY_USER)] == [("year", f"year-{link}")]
    await upkept.passes(10)
    await upkept.upkeep()
    assert await upkept.works(link)
    await upkept.passes(2)
    assert (await upkept.upkeep())["refresh"].ended == 1
    assert not await upkept.is_linked(CY_USER)
    assert set(await upkept.whys(CY_USER)) == {"year", "ended"}


async def test_who_links_anew_after_the_announcement_has_another_year(upkept: Upkeep) -> None:
    await upkept.link(CY_USER)
    for days in (*(25,) * 14, 2):
        await upkept.passes(days)
        await upkept.upkeep()
    assert await upkept.whys(CY_USER) == ["year"]
    await upkept.pool.execute("DELETE FROM user_link")
    link = await upkept.link(CY_USER)
    await upkept.passes(20.5)
    assert (await upkept.upkeep())["refresh"].done == 1
    assert await upkept.whys(CY_USER) == ["year"]
    assert await upkept.works(link)


async def test_a_pagerduty_that_goes_down_in_the_middle_ends_no_link_and_the_next_day_goes_on(
    upkept: Upkeep,
) -> None:
    people = (ADA_USER, BO_USER, CY_USER, DI_USER)
    for person in people:
        await upkept.link(person)
    await upkept.passes(21)
    acme = upkept.simulated["acme"]
    refreshes = {"grant_type": "refresh_token"}
    await acme.fault("token", "slow", seconds=0.01, match=refreshes)  # the first goes well
    await acme.fault("token", "status", status=503, match=refreshes, times=3)
    first = await upkept.upkeep()
    assert (first["refresh"].done, first["refresh"].stopped) == (1, "ProviderUnavailable")
    second = await upkept.upkeep()
    assert (second["refresh"].done, second["refresh"].stopped) == (3, None)
    assert all([await upkept.is_linked(person) for person in people])
    assert [await upkept.whys(person) for person in people] == [[], [], [], []]


@pytest.mark.parametrize(
    ("fault", "stopped"),
    [
        ({"status": 401, "body": {"error": "invalid_client"}}, "CredentialRejected"),
        ({"status": 400, "body": {"error": "invalid_client"}}, "CredentialRejected"),
        ({"status": 429, "retry_after": 0.01}, None),
        ({"status": 500, "body": {"error": "invalid_grant"}}, "ProviderUnavailable"),
    ],
    ids=lambda value: str(value),
)
async def test_no_answer_but_a_refusal_of_the_grant_ends_a_link(
    upkept: Upkeep, fault: dict[str, Any], stopped: str | None
) -> None:
    link = await upkept.link(CY_USER)
    await upkept.passes(21)
    match = {"grant_type": "refresh_token"}
    await upkept.simulated["acme"].fault("token", "status", match=match, **fault)
    assert (await upkept.upkeep())["refresh"].stopped == stopped
    assert (await upkept.upkeep())["refresh"].stopped is None
    assert await upkept.works(link)
    assert await upkept.refreshes() == 2
    assert await upkept.whys(CY_USER) == []


async def test_a_worker_that_falls_silent_is_followed_by_an_attempt_after_the_last_heartbeat(
    upkept: Upkeep, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its loop stands still: neither the answer nor a heartbeat comes, and the server gives the batch on."""
    for person in (ADA_USER, BO_USER, CY_USER):
        await upkept.link(person)
    asked: list[str] = []
    get_user = upkept.rest.get_user

    async def silent_once(account: PagerDutyAccount, user: str, **options: Any) -> Any:
        asked.append(user)
        if asked.count(CY_USER) == 1 and user == CY_USER:
            await asyncio.Event().wait()
        return await get_user(account, user, **options)

    @asynccontextmanager
    async def no_beats(_: object) -> AsyncIterator[None]:
        yield

    monkeypatch.setattr(batches, "heartbeats", no_beats)
    monkeypatch.setattr(upkept.rest, "get_user", silent_once)
    report = await upkept.upkeep()
    assert asked == [ADA_USER, BO_USER, CY_USER, CY_USER]
    assert (report["users"].examined, report["users"].stopped) == (3, None)


async def test_a_pagerduty_that_is_down_leaves_everything_and_the_run_ends(upkept: Upkeep) -> None:
    await upkept.link(CY_USER)
    await upkept.passes(21)
    acme = upkept.simulated["acme"]
    for place in ("rest", "token"):
        await acme.fault(place, "status", status=503, times=100, retry_after=0.05)
    report = await upkept.upkeep()
    assert {stage: one.stopped for stage, one in report.items()} == {
        "subscription": "ProviderUnavailable",
        "refresh": "ProviderUnavailable",
        "year": None,
        "users": "ProviderUnavailable",
        "people": None,
        "teams": None,
        "chats": None,
        "told": None,
        "rows": None,
    }
    assert await upkept.is_linked(CY_USER)
    await acme.sandbox("DELETE", "/faults")
    report = await upkept.upkeep()
    assert report["refresh"].done == 1
    assert report["users"].stopped is None


async def test_a_user_who_was_deactivated_is_unlinked_and_told_once(upkept: Upkeep) -> None:
    link = await upkept.link(CY_USER)
    await upkept.link(BO_USER)
    await upkept.simulated["acme"].sandbox("POST", f"/users/{CY_USER}", {"active": False})
    report = await upkept.upkeep()
    assert (report["users"].examined, report["users"].done, report["users"].stopped) == (2, 1, None)
    assert not await upkept.is_linked(CY_USER)
    assert await upkept.is_linked(BO_USER)
    await upkept.upkeep()
    assert [(one.why, one.key) for one in await upkept.told(CY_USER)] == [("user_gone", f"ended-{link}")]


async def test_each_account_has_its_own_upkeep_by_its_own_clock(upkept: Upkeep) -> None:
    acme = await upkept.link(CY_USER)
    umbrella = await upkept.link(CY_USER, account="umbrella")
    await upkept.passes(21)
    await upkept.passes(5, account="umbrella")
    assert (await upkept.upkeep("umbrella"))["refresh"].examined == 0
    assert (await upkept.upkeep("acme"))["refresh"].done == 1
    assert (await upkept.refreshes("acme"), await upkept.refreshes("umbrella")) == (1, 0)
    await upkept.simulated["umbrella"].sandbox("POST", f"/users/{CY_USER}", {"active": False})
    await upkept.upkeep("umbrella")
    assert not await upkept.is_linked(CY_USER, account="umbrella")
    assert await upkept.works(acme)
    assert await upkept.whys(CY_USER) == []
    assert [one.key for one in await upkept.told(CY_USER, account="umbrella")] == [f"ended-{umbrella}"]
