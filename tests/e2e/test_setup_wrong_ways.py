"""The ways of a set-up that people are not meant to take, and a link that was passed on."""

from collections.abc import Iterator

import asyncpg
import pytest
from playwright.async_api import Page, expect

from sandbox.up.supervision.launch import Launched
from tests.e2e.screens import DESKTOP, keep
from tests.e2e.setting_up import (
    FAILED,
    INVALID,
    address_behind,
    allow,
    connected,
    keep_on_every_screen,
    keep_page_on_every_screen,
    key_on,
    opened,
    private_card,
    sign_in,
    tell_bot,
)
from tests.e2e.teams_window import TeamsWindow
from tests.e2e.windows import Windows
from tests.support.product import running

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    """A product in which nothing is connected and nothing is consented."""
    with running(tmp_path_factory.mktemp("wrong-ways"), "--empty") as stack:
        yield stack


async def test_wrong_ways_and_a_link_that_was_passed_on(stack: Launched, windows: Windows) -> None:
    """Platform first, against all that goes wrong at PagerDuty; then Payments."""
    bo = await windows.teams("Bo Call")
    await bo.add_app("alerts", team="Platform")
    sam = await _a_stranger_has_a_key(windows, bo)
    ada = await _wrong_ways_at_pagerduty(windows, bo)
    await bo.add_app("ops", team="Payments")
    await _a_link_is_passed_on(bo, ada)
    assert await _linked_people(stack) == 0
    await _wrong_ways_at_microsoft(windows, bo)
    # By now an answer would be there.
    await expect(sam.page.get_by_test_id("message")).to_have_count(1)
    await keep(sam.page, "wrong-1-stranger")


async def _a_stranger_has_a_key(windows: Windows, bo: TeamsWindow) -> TeamsWindow:
    """Sam is of a tenant for which nobody has registered the app, and has got hold of a KEY."""
    card = await private_card(bo, "Installation is complete")
    await card.get_by_role("button", name="I'm not a PagerDuty Admin").click()
    key = await key_on(card)
    sam = await windows.teams("Sam Stranger")
    await tell_bot(sam, f"authorize {key}")
    return sam


async def _wrong_ways_at_pagerduty(windows: Windows, bo: TeamsWindow) -> Page:
    """Whatever goes wrong there, the link stays open, and its page says why; in the end it is used.

    Returns the browser of Ada, who is signed in at PagerDuty now and has allowed Muster what it asks for.
    """
    card = await private_card(bo, "Installation is complete")
    page = await opened(bo.page, card.get_by_role("link", name="Authorize"))
    link = page.url

    await sign_in(page, "Ada Ops")
    await page.get_by_role("button", name="Deny").click()
    await expect(page.get_by_text(FAILED)).to_be_visible()
    await expect(page.get_by_text("PagerDuty was told not to allow it.")).to_be_visible()
    await keep_page_on_every_screen(page, "wrong-2-denied")
    await page.reload()
    await expect(page.get_by_text(FAILED)).to_be_visible()

    await page.get_by_role("link", name="Try again").click()
    await page.get_by_role("button", name="Continue to PagerDuty").click()
    await page.get_by_role("link", name="Not you?").click()
    await keep_page_on_every_screen(page, "wrong-3-sign-in")
    await page.get_by_role("button", name="Bo Call").click()
    await allow(page, "Only an Account Owner or a Global Admin")
    await expect(page.get_by_text(FAILED)).to_be_visible()
    await keep(page, "wrong-4-role-too-low")
    await expect(card).to_be_visible()

    # The way back leads through PagerDuty's page, which asks Bo nothing any more, to the same result.
    await page.go_back()
    await allow(page, "Only an Account Owner or a Global Admin")
    await expect(page.get_by_role("link", name="Try again")).to_be_visible()
    await keep(page, "wrong-5-back")

    ada = await windows.open(DESKTOP)
    await ada.goto(link)
    await sign_in(ada, "Ada Ops")
    await allow(ada, connected("Platform"))
    await page.goto(link)
    await expect(page.get_by_text(INVALID)).to_be_visible()
    await keep_page_on_every_screen(page, "wrong-6-invalid")
    await ada.goto(link)
    await expect(ada.get_by_text(connected("Platform"))).to_be_visible()
    await private_card(bo, "The team is connected to PagerDuty", "Platform", "by Ada Ops")
    return ada


async def _a_link_is_passed_on(bo: TeamsWindow, ada: Page) -> None:
    """Opened by an Admin whom PagerDuty asks nothing any more: a page with a button, and no more."""
    card = await private_card(bo, "Installation is complete")
    link = await address_behind(bo.page, card.get_by_role("link", name="Authorize"))
    for _ in range(2):
        answer = await ada.goto(link)
        assert answer is not None
        assert (answer.status, answer.request.redirected_from) == (200, None)
        await expect(ada.get_by_role("button")).to_have_text(["Continue to PagerDuty"])
        await expect(ada.get_by_role("link")).to_have_count(0)
        await expect(ada.locator("script, iframe, img, link")).to_have_count(0)
    await keep_page_on_every_screen(ada, "passed-on-1-page")
    await expect(card.get_by_role("link", name="Authorize")).to_be_visible()
    await ada.get_by_role("button").click()
    await expect(ada.get_by_text(connected("Payments"))).to_be_visible()
    await private_card(bo, "The team is connected to PagerDuty", "Payments", "by Ada Ops")


async def _linked_people(stack: Launched) -> int:
    connection = await asyncpg.connect(stack.ready["database_url"])
    try:
        return int(await connection.fetchval("SELECT count(*) FROM user_link"))
    finally:
        await connection.close()


async def _wrong_ways_at_microsoft(windows: Windows, bo: TeamsWindow) -> None:
    """Nobody but an admin gets further, and an admin may cancel: the card says so, and its button stays."""
    consent = await private_card(bo, "Authorize and complete setup", "Payments")
    page = await opened(bo.page, consent.get_by_role("link", name="Authorize and complete setup"))
    await keep_page_on_every_screen(page, "wrong-7-consent-page")
    await page.get_by_role("button", name="Continue to Microsoft").click()
    await keep_page_on_every_screen(page, "wrong-8-pick-account")
    await page.get_by_role("button", name="Sam Stranger").click()
    await expect(page.get_by_role("alert")).to_contain_text("AADSTS50020")
    await keep_page_on_every_screen(page, "wrong-9-another-tenant")
    await page.get_by_role("link", name="Sign in with another account").click()
    await page.get_by_role("button", name="Ada Ops").click()
    await expect(page.get_by_text("Need admin approval")).to_be_visible()
    await keep_page_on_every_screen(page, "wrong-10-need-approval")

    await page.get_by_role("link", name="Have an admin account?").click()
    await page.get_by_role("button", name="Mia Tenant").click()
    await page.get_by_role("button", name="Cancel").click()
    await expect(page.get_by_text("The permissions were not granted")).to_be_visible()
    await keep_page_on_every_screen(page, "wrong-11-cancelled")
    await page.reload()
    await expect(page.get_by_text("The permissions were not granted")).to_be_visible()
    refused = await private_card(bo, "Somebody refused on Microsoft's page")
    await expect(refused.get_by_role("link", name="Authorize and complete setup")).to_be_visible()
    await keep_on_every_screen(windows, "Bo Call", "Somebody refused", "wrong-12-refused")
