"""``kill -9`` while somebody links themselves: they are linked once, told, and their click is done once.

An incident with a chat of its own lives through all of it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest

from tests.chaos.company import Company, Incident, holding
from tests.chaos.invariants import in_sync
from tests.chaos.linked import linked
from tests.chaos.responder import LINKED, Responder
from tests.support.plain_browser import Page
from tests.support.waiting import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.usefixtures("room_beside")]

SLOW = 3
"""Seconds that Teams takes for a message, or PagerDuty for a refresh, while a worker's end is prepared."""
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
_NO_NEW_CLICKS = "LOCK TABLE click IN SHARE MODE"
_OWN_LINK = "SELECT FROM user_link WHERE aad_object_id = $1 FOR UPDATE"
_ENDED = "Your link to PagerDuty has ended"


# The worker


async def test_a_worker_killed_while_it_makes_the_offer_of_a_click_offers_one(responder: Responder) -> None:
    """It waits for the lock of the person, under which the row of the offer is made."""
    company = responder.company
    incident = await _shown(company)
    async with holding(company, _LOCK, responder.lock):
        await _clicks(responder, incident)
        await eventually(lambda: company.backends_at(responder.lock, granted=False))
        company.product.kill("worker")
        await company.end_backends(await company.backends_at(responder.lock, granted=False))
        assert await responder.offers() == []
    await responder.is_offered()
    assert await responder.states() == ["open"]
    await responder.links(await responder.link())
    await _is_done_by_the_link(responder, incident)
    await linked(responder)
    await in_sync(incident)


async def test_a_worker_killed_while_the_offer_is_being_sent_leaves_one_that_is_open_and_used(
    responder: Responder,
) -> None:
    """Teams takes its time, and the message comes all the same; whoever sends it again knows of none."""
    company = responder.company
    incident = await _shown(company)
    channel = (await incident.card())["conversation"]
    before = len(await _slow_answers(company, channel))
    await company.teams.fault(
        "create", "slow", seconds=SLOW, match={"conversation": channel, "targeted": "true"}
    )
    await _clicks(responder, incident)
    await eventually(lambda: _slow_since(company, channel, before, [None]))
    company.product.kill("worker")
    await company.product.expect_back("worker")
    await eventually(lambda: _slow_since(company, channel, before, [201]))

    await responder.is_offered()
    assert await responder.states() == ["open"]
    first, copy = await responder.offered_links()
    assert copy == first, "both lead to the same offer"
    await responder.links(first)
    await _is_done_by_the_link(responder, incident)
    await linked(responder, messages=2)
    await in_sync(incident)


async def test_a_return_that_the_api_reports_while_the_worker_is_away_is_told_when_one_is_back(
    responder: Responder,
) -> None:
    """The page of success does not wait for it."""
    product = responder.company.product
    link = await responder.asks_for_a_link()
    asks = await responder.up_to_the_end(link)
    with product.holding("worker"):
        page = await responder.browser.submit(asks, "Allow")
        assert (page.status, LINKED in page.text) == (200, True), page.text
        product.kill("worker")
    await product.expect_back("worker")
    await linked(responder)


@pytest.mark.parametrize("is_done", [False, True], ids=["before PagerDuty", "after PagerDuty"])
async def test_a_worker_killed_while_the_click_that_met_no_link_is_asked_for_does_it_once(
    responder: Responder, is_done: bool
) -> None:
    """PagerDuty has done it and no row says so, or it was not asked yet."""
    company = responder.company
    incident = await _shown(company)
    await _clicks(responder, incident)
    await responder.is_offered()
    asks = await responder.up_to_the_end(await responder.link())
    async with _held_click(incident, is_done=is_done):
        page = await responder.browser.submit(asks, "Allow")
        assert LINKED in page.text
        await eventually(lambda: _is_asked(incident, is_done=is_done))
        company.product.kill("worker")
    await _is_done_by_the_link(responder, incident)
    await linked(responder)
    await in_sync(incident)


async def test_a_worker_killed_before_pagerduty_refreshed_a_link_leaves_it_alive(
    responder: Responder,
) -> None:
    """It waits to write that it begins, before it asks PagerDuty."""
    company = responder.company
    incident = await _with_expired_tokens(responder)
    async with holding(company, _OWN_LINK, responder.id):
        click = asyncio.create_task(incident.click("acknowledge", by=responder.email))
        await company.wait_for_locks("UPDATE user_link")
        company.product.kill("worker")
    await click
    await incident.shows(f"Acknowledged by {responder.name}")
    assert [one["issued"] for one in await responder.refreshes()] == [True]
    assert (len(await responder.rows()), await responder.ended()) == (1, [])
    assert await incident.outcomes() == ["done"]
    await in_sync(incident)


async def test_a_worker_killed_between_the_rotation_and_its_commit_has_the_person_link_again_once(
    responder: Responder,
) -> None:
    """PagerDuty has given the new pair, which nobody knows any more; the old one is dead."""
    company = responder.company
    incident = await _with_expired_tokens(responder)
    grant = {"grant_type": "refresh_token"}
    await company.pagerduty.fault("token", "slow", seconds=SLOW, match=grant)
    click = asyncio.create_task(incident.click("acknowledge", by=responder.email))
    await eventually(responder.refreshes)
    async with holding(company, "LOCK TABLE user_link IN SHARE MODE"):
        assert [one["status"] for one in await responder.refreshes()] == [None], "it is not given yet"
        waiting = await company.wait_for_locks("UPDATE user_link")
        assert [one["issued"] for one in await responder.refreshes()] == [True]
        company.product.kill("worker")
        await company.end_backends(waiting)
    await click
    await responder.is_told(_ENDED)
    await eventually(lambda: _ended_as(incident, "refused"))
    assert await incident.changes_by_buttons() == []
    assert await responder.rows() == []
    (ended,) = await responder.ended()
    assert ended["reason"] == "refused"

    await responder.is_offered()
    await responder.links(await responder.link())
    await linked(responder, messages=2)
    assert [one["issued"] for one in await responder.refreshes()] == [True, False], "no loop"
    await incident.click("acknowledge", by=responder.email)
    await incident.shows(f"Acknowledged by {responder.name}")
    assert await incident.changes_by_buttons() == ["acknowledged"]
    await in_sync(incident)


async def test_a_worker_killed_before_it_told_of_a_links_end_has_it_told_by_the_next(
    responder: Responder,
) -> None:
    """The row of the link is gone, and Temporal, which stands still, has not heard of it."""
    company = responder.company
    incident = await _with_expired_tokens(responder)
    await company.pagerduty.end_authorizations(responder.user)
    async with AsyncExitStack() as lock:
        await lock.enter_async_context(holding(company, _OWN_LINK, responder.id))
        click = asyncio.create_task(incident.click("acknowledge", by=responder.email))
        await company.wait_for_locks("UPDATE user_link")
        with company.product.holding("temporal"):
            await lock.aclose()
            await eventually(responder.ended)
            company.product.kill("worker")
        (ended,) = await responder.ended()
        assert ended["told_at"] is None
        await click
    await responder.is_told(_ENDED)
    assert len(await responder.messages()) == 2
    await eventually(lambda: _ended_as(incident, "refused"))
    await in_sync(incident)


# The API


async def test_another_api_goes_on_where_one_was_killed_on_the_way_to_a_provider(
    responder: Responder,
) -> None:
    """Once while somebody is at Microsoft, once while they are at PagerDuty: the flow is in their browser."""
    product = responder.company.product
    page = await responder.up_to_microsoft(await responder.asks_for_a_link())
    product.kill("api")
    await product.expect_back("api")
    asks = await responder.up_to_pagerduty(page)
    product.kill("api")
    await product.expect_back("api")
    page = await responder.browser.submit(asks, "Allow")
    assert (page.status, LINKED in page.text) == (200, True), page.text
    await linked(responder)


async def test_an_api_killed_between_the_exchange_and_the_transaction_leaves_the_link_open(
    responder: Responder,
) -> None:
    """The code was used, and nobody knows the tokens that PagerDuty gave for it."""
    company = responder.company
    link = await responder.asks_for_a_link()
    asks = await responder.up_to_the_end(link)
    async with holding(company, _LOCK, responder.lock):
        returning = asyncio.create_task(responder.browser.submit(asks, "Allow"))
        await eventually(lambda: company.backends_at(responder.lock, granted=False))
        company.product.kill("api")
        await _is_cut_off(returning)
        await company.end_backends(await company.backends_at(responder.lock, granted=False))
    await company.product.expect_back("api")

    again = await responder.browser.open(responder.browser.visited[-1])
    assert "came too late, or was used before" in again.text
    assert "the link still works" in again.text
    assert (await responder.states(), await responder.rows()) == (["open"], [])
    await responder.links(link)
    await linked(responder)


async def test_an_api_killed_between_the_transaction_and_the_report_reports_when_it_starts_again(
    responder: Responder,
) -> None:
    """The report waits for Temporal, which stands still; the same return shows the success again."""
    product = responder.company.product
    asks = await responder.up_to_the_end(await responder.asks_for_a_link())
    with product.holding("temporal"):
        returning = asyncio.create_task(responder.browser.submit(asks, "Allow"))
        await eventually(responder.spent)
        product.kill("api")
        await _is_cut_off(returning)
        assert not await responder.reported()
    await product.expect_back("api")
    await linked(responder)
    again = await responder.browser.open(responder.browser.visited[-1])
    assert (again.status, LINKED in again.text) == (200, True)


async def _shown(company: Company) -> Incident:
    """An incident whose card is there."""
    incident = await company.incident()
    await incident.shown_and_recorded()
    return incident


async def _clicks(responder: Responder, incident: Incident) -> None:
    """Somebody clicks who is not linked."""
    (answer,) = await incident.click("acknowledge", by=responder.email)
    assert answer["status"] == 200
    assert await incident.outcomes() == ["unlinked"]


async def _is_done_by_the_link(responder: Responder, incident: Incident) -> None:
    """The click that met no link was done once, and its person was told."""
    incident.expected_outcomes += 1
    await responder.is_told("Your accounts are linked", "You acknowledged this incident.")
    assert await incident.changes_by_buttons() == ["acknowledged"]
    assert await incident.outcomes() == ["unlinked", "done"]


async def _with_expired_tokens(responder: Responder) -> Incident:
    """An incident, and somebody who linked themselves so long ago that a click of theirs needs a refresh."""
    await responder.links(await responder.asks_for_a_link())
    await linked(responder)
    await responder.expire()
    return await _shown(responder.company)


@asynccontextmanager
async def _held_click(incident: Incident, *, is_done: bool) -> AsyncIterator[None]:
    """Let PagerDuty not be asked, or no outcome be recorded."""
    what = (_NO_NEW_CLICKS,) if is_done else (_LOCK, incident.write_lock)
    async with holding(incident.company, *what):
        yield


async def _is_asked(incident: Incident, *, is_done: bool) -> bool:
    """The incident's run has the click done that met no link."""
    if is_done:
        return await incident.changes_by_buttons() == ["acknowledged"]
    return bool(await incident.company.backends_at(incident.write_lock, granted=False))


async def _slow_since(company: Company, conversation: str, before: int, answers: list[int | None]) -> bool:
    """Teams took its time for this since then: None is not answered yet, 201 is there, whoever waited."""
    return (await _slow_answers(company, conversation))[before:] == answers


async def _slow_answers(company: Company, conversation: str) -> list[int | None]:
    calls = (await company.teams.records())["calls"]
    return [
        call["status"] for call in calls if (call["conversation"], call["fault"]) == (conversation, "slow")
    ]


async def _ended_as(incident: Incident, outcome: str) -> bool:
    return await incident.outcomes() == [outcome]


async def _is_cut_off(returning: asyncio.Task[Page]) -> None:
    """The browser gets no answer."""
    with pytest.raises(httpx.TransportError):
        await returning
