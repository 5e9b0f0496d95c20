"""From an app that nobody installed to a team that belongs to a PagerDuty account, as the README tells it."""

from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from sandbox.up.supervision.launch import Launched
from tests.e2e.conftest import kept_where_it_fails
from tests.e2e.screens import SCREENS, keep
from tests.e2e.teams_window import TeamsWindow
from tests.e2e.windows import Windows
from tests.support.product import running

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow]

CONNECTED = "You've successfully connected the Payments team to PagerDuty."


@pytest.fixture
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    """A product in which nothing is connected and nothing is consented: each test begins there."""
    with running(tmp_path_factory.mktemp("setup"), "--empty") as stack:
        yield stack


@pytest.fixture
async def windows(
    stack: Launched, browser: Browser, request: pytest.FixtureRequest
) -> AsyncIterator[Windows]:
    async with kept_where_it_fails(Windows(browser, stack.ready), request) as opened:
        yield opened


async def test_a_team_comes_aboard(windows: Windows) -> None:
    """Cy installs, Ada owns the PagerDuty account, Mia is Microsoft's admin."""
    ada = await windows.teams("Ada Ops")
    await ada.add_app("ops", team="Payments")
    card = await _private_card(ada, "Installation is complete")
    await _keep_on_every_screen(windows, "Ada Ops", "Installation is complete", "setup-1-installed")

    page = await _opened(ada.page, card.get_by_role("link", name="Authorize"))
    await expect(page.get_by_role("main")).to_contain_text("Payments")
    await keep(page, "setup-2-authorize")
    await page.get_by_role("button").click()
    await page.get_by_role("button", name="Ada Ops").click()
    await keep(page, "setup-3-pagerduty")
    await page.get_by_role("button", name="Allow").click()
    await expect(page.get_by_text(CONNECTED)).to_be_visible()
    await keep(page, "setup-4-connected")
    await page.reload()
    await expect(page.get_by_text(CONNECTED)).to_be_visible()

    await _private_card(ada, "The team is connected to PagerDuty")
    consent = await _private_card(ada, "Authorize and complete setup")
    await _keep_on_every_screen(windows, "Ada Ops", "Authorize and complete setup", "setup-5-consent")

    mia = await _opened(ada.page, consent.get_by_role("link", name="Authorize and complete setup"))
    await mia.get_by_role("button").click()
    await mia.get_by_role("button", name="Mia Tenant").click()
    await keep(mia, "setup-6-microsoft")
    await mia.get_by_role("button", name="Accept").click()
    await keep(mia, "setup-7-consented")
    await _private_card(ada, "Setup is now complete!")
    await _keep_on_every_screen(windows, "Ada Ops", "Setup is now complete!", "setup-8-complete")

    general = await ada.open_channel("Payments", "General")
    await general.expect_message("Muster is connected to PagerDuty")
    await keep(ada.page, "setup-9-welcome")


async def _private_card(window: TeamsWindow, text: str) -> Locator:
    """The one card of the private chat with the bot that says so."""
    await window.open_chat("Muster")
    card = window.page.get_by_test_id("card").filter(has_text=text)
    await expect(card).to_have_count(1)
    return card


async def _opened(page: Page, link: Locator) -> Page:
    """The tab that a button of a card opens."""
    async with page.context.expect_page() as opening:
        await link.click()
    opened = await opening.value
    await opened.wait_for_load_state()
    return opened


async def _keep_on_every_screen(windows: Windows, name: str, text: str, picture: str) -> None:
    for screen in SCREENS:
        window = await windows.teams(name, screen)
        await _private_card(window, text)
        await window.page.mouse.move(0, 0)
        await keep(window.page, f"{picture}-{screen.name}")
        await windows.leave(window.page)
