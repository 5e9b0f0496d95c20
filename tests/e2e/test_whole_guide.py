"""The README's *first day of a company*: an empty start, a window for each person, only the steps told.

Pictures of each card and page of it are kept from every screen; those of the set-up itself by test_setup.py.
"""

from collections.abc import Iterator

import pytest
from playwright.async_api import Locator, expect

from muster.cards.personal_link_pages import LINKED
from sandbox.up.supervision.launch import Launched
from tests.e2e.linking import OFFER, expect_linked, open_offer, sign_in_at_microsoft, ties
from tests.e2e.pagerduty_console import PagerDutyConsole
from tests.e2e.setting_up import (
    allow,
    answer,
    connected,
    expect_answer,
    keep_channel_on_every_screen,
    keep_found_on_every_screen,
    keep_on_every_screen,
    mention_bot,
    opened,
    private_card,
    sign_in,
    tell_bot,
)
from tests.e2e.teams_window import TeamsWindow
from tests.e2e.windows import Onlooker, Windows
from tests.support.product import running
from tests.support.simulators import PagerDuty

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

_WELCOME = "PagerDuty's incidents arrive in this channel"
_AWAY, _BACK = "Incidents no longer appear in Teams", "Incidents appear in Teams again"
_LISTED = ("Connected to this channel", "Checkout", "connected by Ada Ops since")
_OLDER, _OUTAGE = "Card payments are declined", "Checkout answers 502"
_MEANWHILE, _AFTERWARDS = "Refunds are stuck", "Vouchers are empty"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    with running(tmp_path_factory.mktemp("whole-guide"), "--empty") as stack:
        yield stack


async def test_everybody_follows_the_readme_in_a_window_of_their_own(
    stack: Launched, windows: Windows, pagerduty: PagerDuty
) -> None:
    ada = await windows.teams("Ada Ops")
    await _comes_aboard(windows, ada)
    await _links_herself(stack, ada)

    console = await windows.pagerduty("Ada Ops")
    await console.trigger(_OLDER, service="Checkout", priority="P2")
    address = await console.address_of_service("Checkout")
    await _connects(windows, ada, address)
    await _brings_in_what_is_open(windows, ada)
    outage = await _an_incident_arrives(windows, ada, console)
    await _the_channel_is_renamed_deleted_and_restored(windows, ada, console)
    await _disconnects(windows, ada, console, pagerduty, outage)


async def _comes_aboard(windows: Windows, ada: TeamsWindow) -> None:
    await ada.add_app("ops", team="Payments")
    card = await private_card(ada, "Installation is complete")
    page = await opened(ada.page, card.get_by_role("link", name="Authorize"))
    await sign_in(page, "Ada Ops")
    await allow(page, connected("Payments"))
    await private_card(ada, "Authorize and complete setup")

    mia = await windows.teams("Mia Tenant")
    await tell_bot(mia, "appconnect")
    asked = await private_card(mia, "Authorize and complete setup")
    page = await opened(mia.page, asked.get_by_role("link", name="Authorize and complete setup"))
    await sign_in(page, "Mia Tenant")
    await page.get_by_role("button", name="Accept").click()
    await expect(page.get_by_text("Thank you.")).to_be_visible()
    await private_card(ada, "Setup is now complete!")


async def _links_herself(stack: Launched, ada: TeamsWindow) -> None:
    general = await ada.open_channel("Payments", "General")
    await general.expect_message("Muster is connected to PagerDuty")
    await ada.page.get_by_test_id("card").get_by_role("button", name=OFFER).click()
    page = await open_offer(ada, await private_card(ada, "Link your accounts", OFFER))
    await sign_in_at_microsoft(page, "Ada Ops")
    await allow(page, LINKED)  # PagerDuty knows her from the authorization
    await expect_linked(page, "Ada Ops")
    await page.close()
    assert [person for person, _ in await ties(stack)] == ["Ada Ops"]


async def _connects(windows: Windows, ada: TeamsWindow, address: str) -> None:
    await mention_bot(ada, "Payments", "ops", f"connect {address}")
    offer = _card(ada, "Connect Service")
    await expect(offer).to_contain_text("Checkout")
    await keep_channel_on_every_screen(
        windows, "Ada Ops", "Payments", "ops", "Connect Service", "guide-1-connect"
    )
    await offer.get_by_role("button", name="Connect Service").click()
    await expect(_card(ada, "Service connected")).to_contain_text("Connected by Ada Ops")
    await expect(_card(ada, _WELCOME)).to_be_visible()
    await keep_channel_on_every_screen(
        windows, "Ada Ops", "Payments", "ops", "Service connected", "guide-2-connected"
    )
    await keep_channel_on_every_screen(windows, "Ada Ops", "Payments", "ops", _WELCOME, "guide-3-welcome")


async def _brings_in_what_is_open(windows: Windows, ada: TeamsWindow) -> None:
    welcome = _card(ada, _WELCOME)
    await welcome.get_by_role("button", name="Bring in").click()
    conversation = await ada.open_channel("Payments", "ops")
    await conversation.card(_OLDER).expect("Triggered", "Checkout")
    await expect(welcome).to_contain_text("1 open incident was brought in by Ada Ops")
    await keep_channel_on_every_screen(windows, "Ada Ops", "Payments", "ops", _WELCOME, "guide-3-brought-in")


async def _an_incident_arrives(windows: Windows, ada: TeamsWindow, console: PagerDutyConsole) -> str:
    onlooker = await Onlooker.open(windows, "Bo Call", team="Payments", channel="ops")
    incident = await console.trigger(_OUTAGE, service="Checkout", priority="P1")
    card = (await ada.open_channel("Payments", "ops")).card(_OUTAGE)
    await card.expect("Triggered", "Checkout")
    await card.click("Acknowledge")
    await onlooker.expect_card(_OUTAGE, "Acknowledged by Ada Ops", picture="guide-4-acknowledged")
    await console.expect_acknowledged_by("Ada Ops")
    return incident


async def _the_channel_is_renamed_deleted_and_restored(
    windows: Windows, ada: TeamsWindow, console: PagerDutyConsole
) -> None:
    await ada.choose("ops", "Rename channel", confirm="Rename", name="night-watch")
    await mention_bot(ada, "Payments", "night-watch", "list")
    await expect_answer(ada, *_LISTED)
    await _keep_the_list(windows)
    await ada.choose("night-watch", "Delete channel", confirm="Delete")
    await private_card(ada, _AWAY, "night-watch", "Checkout")
    await keep_on_every_screen(windows, "Ada Ops", _AWAY, "guide-5-suspended")
    await console.trigger(_MEANWHILE, service="Checkout", priority="P3")
    await ada.choose("night-watch", "Restore channel", confirm="Restore")
    await private_card(ada, _BACK, "night-watch", "Checkout")
    await keep_on_every_screen(windows, "Ada Ops", _BACK, "guide-6-revived")
    conversation = await ada.open_channel("Payments", "night-watch")
    await conversation.card(_MEANWHILE).expect("Triggered", "Checkout")
    await conversation.card(_OUTAGE).expect("Acknowledged by Ada Ops")
    await conversation.card(_MEANWHILE).click("Resolve")
    await conversation.card(_MEANWHILE).expect("Resolved by Ada Ops")


async def _keep_the_list(windows: Windows) -> None:
    async def find(window: TeamsWindow) -> Locator:
        await window.open_channel("Payments", "night-watch")
        listed = answer(window, *_LISTED)
        await expect(listed).to_be_visible()
        return listed

    await keep_found_on_every_screen(windows, "Ada Ops", find, "guide-4-list")


async def _disconnects(
    windows: Windows, ada: TeamsWindow, console: PagerDutyConsole, pagerduty: PagerDuty, outage: str
) -> None:
    await mention_bot(ada, "Payments", "night-watch", "disconnect Checkout")
    await expect(_card(ada, "Service disconnected")).to_contain_text("Disconnected by Ada Ops")
    await keep_channel_on_every_screen(
        windows, "Ada Ops", "Payments", "night-watch", "Service disconnected", "guide-7-disconnected"
    )

    await console.trigger(_AFTERWARDS, service="Checkout", priority="P1")
    await pagerduty.update(outage, status="resolved")
    conversation = await ada.open_channel("Payments", "night-watch")
    await conversation.card(_OUTAGE).expect("Resolved by Ada Ops")  # which was told after the other one
    await expect(_card(ada, _AFTERWARDS)).to_have_count(0)


def _card(window: TeamsWindow, title: str) -> Locator:
    """The one card of the open channel that says this."""
    return window.page.get_by_test_id("card").filter(has_text=title)
