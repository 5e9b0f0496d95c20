"""``pagerduty.change_status`` by a link whose token has to be refreshed, or that is over."""

import asyncio
import time
from typing import Any

import pytest

from activities.pagerduty import verbs
from activities.pagerduty.verbs import VerbActivities
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.config_file import PagerDutyAccount
from muster.linked_people.person_token import PersonTokens
from muster.store.pool import Pool, open_pool
from tests.activities.buttons import Buttons
from tests.support.linked_people import LinkedPerson, link
from tests.support.pagerduty_account import ADA_USER, BO_USER
from tests.support.pagerduty_account import SimulatedAccount as PagerDuty
from tests.support.settings import database_at
from tests.support.waiting import eventually
from workflows.verbs.outcomes import Outcome

pytestmark = pytest.mark.anyio

DONE = Outcome(kind="done", status="acknowledged")
ENDED = Outcome(kind="refused", reason="link_ended")


@pytest.fixture
async def ada(pagerduty_side: PagerDuty, pool: Pool) -> LinkedPerson:
    return await link(pagerduty_side, pool, ADA_USER)


@pytest.mark.pooler_too
async def test_a_click_by_an_expired_token_is_done_as_the_person_within_three_seconds(
    buttons: Buttons, ada: LinkedPerson
) -> None:
    await ada.age(1.01)
    await ada.side.fault("token", "slow", seconds=0.5)
    began = time.monotonic()
    assert (await buttons.click("acknowledge")).outcome == DONE
    assert time.monotonic() - began < 3
    assert await buttons.told() == [(ADA_USER, "acknowledged", 200)]
    assert await ada.refreshes() == 1


async def test_a_click_whose_token_pagerduty_rejects_is_done_with_the_next_one(
    buttons: Buttons, ada: LinkedPerson
) -> None:
    await ada.side.sandbox("POST", "/clock", {"advance": 25 * 3600})
    assert (await buttons.click("acknowledge")).outcome == DONE
    assert await buttons.told() == [(ADA_USER, "acknowledged", 200)]
    assert await ada.refreshes() == 1


async def test_a_token_that_is_rejected_right_after_its_refresh_is_refreshed_no_more(
    buttons: Buttons, ada: LinkedPerson
) -> None:
    rejection = {"match": {"method": "PUT"}, "status": 401, "body": {"error": {"code": 2006}}}
    await ada.side.fault("rest", "status", times=2, **rejection)
    changed = await buttons.click("resolve")
    assert changed.outcome == Outcome(kind="refused", reason="link_rejected", by="Ada Ops", code="2006")
    assert await ada.refreshes() == 1
    assert await ada.row() is not None


async def test_a_click_by_a_link_that_pagerduty_does_not_refresh_says_that_it_has_ended(
    buttons: Buttons, ada: LinkedPerson
) -> None:
    await ada.age(1.01)
    request = await buttons.request("acknowledge")
    await ada.side.http.delete(f"/_sandbox/identity/delegations?user={ADA_USER}")
    assert (await buttons.run(request)).outcome == ENDED
    assert await buttons.recorded() == ENDED
    later = request.model_copy(update={"click": request.click.model_copy(update={"key": "k2"})})
    assert (await buttons.run(later)).outcome == ENDED, "the click came while the link was there"
    assert (await buttons.told(), await buttons.read()) == ([], 0)


@pytest.mark.parametrize("expired", [True, False])
async def test_pagerduty_that_refuses_the_app_is_not_told_as_the_persons_link(
    buttons: Buttons, ada: LinkedPerson, expired: bool
) -> None:
    if expired:
        await ada.age(1.01)
    else:
        await ada.side.sandbox("POST", "/clock", {"advance": 25 * 3600})
    await ada.side.fault("token", "status", status=401, body={"error": "invalid_client"})
    changed = await buttons.click("acknowledge")
    assert changed.outcome == Outcome(kind="failed", reason="app_refused")
    assert await buttons.recorded() == changed.outcome
    assert await ada.row() is not None
    assert (await buttons.click("acknowledge", key="k2")).outcome == DONE


async def test_an_account_that_is_configured_no_more_is_not_told_as_pagerdutys_refusal(
    buttons: Buttons, ada: LinkedPerson, accounts: dict[str, PagerDutyAccount]
) -> None:
    await ada.age(1.01)
    accounts.clear()
    failed = await buttons.fails("acknowledge")
    assert (failed.type, failed.non_retryable) == ("RequestInvalid", True)
    assert await ada.calls() == []


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"do": "status", "status": 503}, "ProviderUnavailable"),
        ({"do": "status", "status": 429, "retry_after": 9}, "RateLimited"),
    ],
)
async def test_a_refresh_that_gets_no_answer_is_worth_another_attempt(
    buttons: Buttons, ada: LinkedPerson, fault: dict[str, Any], kind: str
) -> None:
    await ada.age(1.01)
    await ada.side.fault("token", **fault)
    failed = await buttons.fails("acknowledge")
    assert (failed.type, failed.non_retryable) == (kind, False)
    assert await buttons.recorded() is None
    assert (await buttons.click("acknowledge", attempt=2)).outcome == DONE


async def test_an_attempt_that_runs_out_of_time_leaves_its_refresh_to_the_next_one(
    buttons: Buttons, ada: LinkedPerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ada.age(1.01)
    await ada.side.fault("token", "slow", seconds=1)
    with monkeypatch.context() as hurried:
        hurried.setattr(verbs, "_CHANGE_SECONDS", 0.5)
        failed = await buttons.fails("acknowledge")
    assert failed.type == "ProviderUnavailable"
    assert (await buttons.click("acknowledge", attempt=2)).outcome == DONE
    assert await buttons.told() == [(ADA_USER, "acknowledged", 200)]
    assert [one["issued"] for one in await ada.calls()] == [True]


async def test_a_link_that_is_removed_during_an_action_lets_it_end_and_does_no_other(
    buttons: Buttons, ada: LinkedPerson
) -> None:
    request = await buttons.request("resolve")
    await ada.side.fault("rest", "slow", seconds=0.5, match={"method": "PUT"})
    waiting = asyncio.create_task(buttons.run(request))
    await eventually(lambda: _has_begun(buttons))
    await ada.unlink()
    assert (await waiting).outcome.kind == "done"
    later = request.model_copy(update={"click": request.click.model_copy(update={"key": "k2"})})
    assert (await buttons.run(later)).outcome == Outcome(kind="refused", reason="link_removed")


async def _has_begun(buttons: Buttons) -> bool:
    """Whether the click holds its connection while PagerDuty answers."""
    return bool(
        await buttons.pool.fetchval(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND state = 'idle in transaction'"
        )
    )


@pytest.mark.pooler_too
async def test_a_click_that_refreshes_needs_no_second_connection_of_its_pool(
    buttons: Buttons,
    ada: LinkedPerson,
    database_url: str,
    http: Any,
    accounts: dict[str, PagerDutyAccount],
    person_tokens: PersonTokens,
) -> None:
    await ada.age(1.01)
    clicks_pool = await open_pool(database_at(database_url), size=1)
    buttons.activities = VerbActivities(PagerDutyClient(http), clicks_pool, accounts, person_tokens)
    async with asyncio.timeout(4):
        assert (await buttons.click("acknowledge")).outcome == DONE
        await ada.side.http.delete(f"/_sandbox/identity/delegations?user={ADA_USER}")
        await ada.age(1.01)
        assert (await buttons.click("resolve", key="k2")).outcome == ENDED
    await clicks_pool.close()


async def test_nobody_waits_for_the_refresh_of_another_persons_link(
    buttons: Buttons,
    ada: LinkedPerson,
    database_url: str,
    http: Any,
    accounts: dict[str, PagerDutyAccount],
    person_tokens: PersonTokens,
) -> None:
    """Neither for the lock of the incident nor for a connection of the clicks' pool."""
    await ada.age(1.01)
    await ada.side.fault("token", "slow", seconds=2)
    clicks_pool = await open_pool(database_at(database_url), size=1)
    buttons.activities = VerbActivities(PagerDutyClient(http), clicks_pool, accounts, person_tokens)
    waiting = asyncio.create_task(buttons.click("acknowledge"))
    await eventually(ada.is_asked)
    assert (await buttons.click("resolve", user=BO_USER, key="k2")).outcome.kind == "done"
    assert not waiting.done()
    assert (await waiting).outcome.kind == "stale"
    await clicks_pool.close()
