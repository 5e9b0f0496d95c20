"""``kill -9`` while a team comes aboard: it goes on where it was, and nobody reads anything public twice.

Another team's incident with a chat of its own lives through all of it.
"""

import asyncio
from typing import Any

import httpx
import pytest

from tests.chaos.aboard import aboard
from tests.chaos.company import holding
from tests.chaos.newcomer import AUTHORIZE, CONNECTED, CONSENT, CONSENTED, EXPAND, Newcomer, link_of
from tests.support.plain_browser import Page
from tests.support.waiting import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.usefixtures("room_beside_a_setup")]

_committed = pytest.mark.parametrize("committed", [True, False], ids=["recorded", "not recorded"])
AWAY = 4
"""Seconds for which Temporal is away."""
SLOW = 3
"""Seconds between the intent of a message and the message, in which the test locks its row."""


async def test_an_api_killed_between_the_exchange_and_the_commit_leaves_the_link_open(
    newcomer: Newcomer,
) -> None:
    """The code is used, and nothing came of it."""
    await newcomer.install()
    link = await newcomer.waits_for_an_admin()
    asks = await newcomer.up_to_pagerduty(link)
    async with holding(newcomer.company, "SELECT FROM team WHERE id = $1 FOR UPDATE", newcomer.id):
        returning = asyncio.create_task(newcomer.browser.submit(asks, "Allow"))
        await newcomer.company.wait_for_locks("FROM link_offer")
        newcomer.company.product.kill("api")
        await _is_cut_off(returning)
    await newcomer.company.product.expect_back("api")

    again = await newcomer.browser.open(newcomer.browser.visited[-1])
    assert "came too late, or was used before" in again.text
    (offer,) = await newcomer.offers()
    assert (offer["state"], (await newcomer.row())["account"]) == ("open", None)

    assert CONNECTED.format(team=newcomer.name) in (await newcomer.authorize(link)).text
    await newcomer.consent(await newcomer.link(CONSENT))
    await aboard(newcomer)


async def test_an_api_killed_between_the_commit_and_the_report_reports_when_it_starts_again(
    newcomer: Newcomer,
) -> None:
    """The report waits for Temporal, which stands still."""
    await newcomer.install()
    asks = await newcomer.up_to_pagerduty(await newcomer.waits_for_an_admin())
    with newcomer.company.product.holding("temporal"):
        returning = asyncio.create_task(newcomer.browser.submit(asks, "Allow"))
        await eventually(newcomer.spent)
        newcomer.company.product.kill("api")
        await _is_cut_off(returning)
        assert not await newcomer.reported()
    await newcomer.company.product.expect_back("api")
    await newcomer.is_told("The team is connected to PagerDuty")
    await eventually(newcomer.reported)

    again = await newcomer.browser.open(newcomer.browser.visited[-1])
    assert CONNECTED.format(team=newcomer.name) in again.text
    await newcomer.consent(await newcomer.link(CONSENT))
    await aboard(newcomer)


async def test_what_returns_while_temporal_is_away_is_told_later(newcomer: Newcomer) -> None:
    """Both returns end on a page of success."""
    await newcomer.install()
    asks = await newcomer.up_to_pagerduty(await newcomer.waits_for_an_admin())
    await newcomer.company.product.stop("temporal", seconds=AWAY)
    page = await newcomer.browser.submit(asks, "Allow")
    assert (page.status, CONNECTED.format(team=newcomer.name) in page.text) == (200, True)
    assert not await newcomer.reported()
    await newcomer.company.product.expect_back("temporal")

    asks = await newcomer.up_to_microsoft(await newcomer.link(CONSENT))
    await newcomer.company.product.stop("temporal", seconds=AWAY)
    page = await newcomer.browser.submit(asks, "Accept")
    assert (page.status, CONSENTED in page.text) == (200, True)
    await newcomer.company.product.expect_back("temporal")
    await aboard(newcomer)


async def test_a_consent_that_an_api_could_not_report_before_its_end_is_reported_by_a_reload(
    newcomer: Newcomer,
) -> None:
    """No row holds a return from Microsoft: whoever came back sees the page, and opens it again."""
    await newcomer.install()
    await newcomer.authorize(await newcomer.waits_for_an_admin())
    asks = await newcomer.up_to_microsoft(await newcomer.link(CONSENT))
    await newcomer.company.product.stop("temporal", seconds=AWAY)
    page = await newcomer.browser.submit(asks, "Accept")
    assert CONSENTED in page.text
    newcomer.company.product.kill("api")
    await newcomer.company.product.expect_back("temporal")
    await newcomer.company.product.expect_back("api")
    assert CONSENTED in (await newcomer.browser.open(page.url)).text
    await aboard(newcomer)


async def test_a_worker_killed_before_the_installer_is_written_to_writes_once(newcomer: Newcomer) -> None:
    """It waits to commit its intent, and never does: nothing was sent."""
    async with holding(newcomer.company, _NO_NEW_ROWS):
        await newcomer.install()
        await _kill_the_worker_while_it_waits(newcomer, _INTENDS)
        assert await newcomer.cards() == []
    await newcomer.company.product.expect_back("worker")
    link = await newcomer.waits_for_an_admin()
    assert len(await newcomer.cards()) == 1
    await newcomer.authorize(link)
    await newcomer.consent(await newcomer.link(CONSENT))
    await aboard(newcomer)


async def test_a_worker_killed_before_the_welcome_welcomes_once(newcomer: Newcomer) -> None:
    """Neither the welcome nor the consent card was begun."""
    await newcomer.install()
    link = await newcomer.waits_for_an_admin()
    async with holding(newcomer.company, _NO_NEW_ROWS):
        await newcomer.authorize(link)
        await _kill_the_worker_while_it_waits(newcomer, _INTENDS, times=2)
        assert await newcomer.public() == []
    await newcomer.company.product.expect_back("worker")
    await newcomer.consent(await newcomer.link(CONSENT))
    await aboard(newcomer)


@_committed
async def test_a_worker_killed_after_the_installer_was_written_to_leaves_cards_that_all_work(
    newcomer: Newcomer, committed: bool
) -> None:
    """The message is there. Where its row does not say so, it is sent again."""
    chat = (await newcomer.company.chat_of(newcomer.installer))["id"]
    await newcomer.company.teams.fault("create", "slow", seconds=SLOW, match={"conversation": chat})
    await newcomer.install()
    await _kill_the_worker_at_its_records(newcomer, "installer", committed=committed)
    await newcomer.company.product.expect_back("worker")
    link = await newcomer.waits_for_an_admin()
    cards = await newcomer.cards()
    assert [link_of(card, AUTHORIZE) for card in cards] == [link] * (1 if committed else 2)
    await newcomer.click(EXPAND, cards[0], by=newcomer.installer)
    await newcomer.is_told("Send these instructions to your PagerDuty Admin")
    await newcomer.authorize(link)
    await newcomer.consent(await newcomer.link(CONSENT))
    await aboard(newcomer)


@_committed
async def test_a_worker_killed_after_the_welcome_welcomes_nobody_again(
    newcomer: Newcomer, committed: bool
) -> None:
    """Welcome and consent card are there. Where no row says so, the private one alone comes again."""
    chat = (await newcomer.company.chat_of(newcomer.installer))["id"]
    await newcomer.install()
    link = await newcomer.waits_for_an_admin()
    for conversation in (newcomer.id, chat):
        await newcomer.company.teams.fault(
            "create", "slow", seconds=SLOW, match={"conversation": conversation}
        )
    await newcomer.authorize(link)
    await _kill_the_worker_at_its_records(newcomer, "welcome", "consent", committed=committed)
    await newcomer.company.product.expect_back("worker")
    await newcomer.consent(await newcomer.link(CONSENT))
    await aboard(newcomer)
    consents = [card for card in await newcomer.cards() if link_of(card, CONSENT) or _is_done(card)]
    assert len(consents) == (1 if committed else 2)


_INTENDS, _RECORDS = "INSERT INTO notice", "shown_at = now()"
"""What tells the statements before and after a message is sent."""
_NO_NEW_ROWS = "LOCK TABLE notice IN SHARE MODE"


async def _is_cut_off(returning: asyncio.Task[Page]) -> None:
    """The browser gets no answer."""
    with pytest.raises(httpx.TransportError):
        await returning


async def _kill_the_worker_while_it_waits(
    newcomer: Newcomer, statement: str, *, times: int = 1, committed: bool = False
) -> None:
    """Kill it while it waits for a lock; what it is about to write is committed all the same, or gone."""
    waiting = await newcomer.company.wait_for_locks(statement, times=times)
    newcomer.company.product.kill("worker")
    if not committed:
        await newcomer.company.end_backends(waiting)


async def _kill_the_worker_at_its_records(newcomer: Newcomer, *kinds: str, committed: bool) -> None:
    """Messages of these kinds are sent, and their rows are about to be written."""

    async def intended() -> bool:
        return all([any(one["intent_marker"] for one in await newcomer.notices(kind)) for kind in kinds])

    await eventually(intended)
    rows = "SELECT FROM notice WHERE subject = $1 AND split_part(name, '/', 1) = ANY($2) FOR UPDATE"
    async with holding(newcomer.company, rows, await newcomer.workflow(), list(kinds)):
        await _kill_the_worker_while_it_waits(newcomer, _RECORDS, times=len(kinds), committed=committed)


def _is_done(card: dict[str, Any]) -> bool:
    return "Setup is now complete!" in str(card["versions"][-1])
