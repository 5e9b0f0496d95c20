"""A team's set-up as people do it: cards of the private chat, pages behind links, commands."""

import re
from collections.abc import Awaitable, Callable

from playwright.async_api import Locator, Page, expect

from tests.e2e.screens import DESKTOP, SCREENS, keep
from tests.e2e.teams_window import TeamsWindow
from tests.e2e.windows import Windows

FAILED = (
    "We can't connect Microsoft Teams to PagerDuty. Authorization cannot be completed at this time."
    " You may close this window."
)
"""The first failure text of PagerDuty's guide, and the second one."""
INVALID = (
    "We can't connect Microsoft Teams to PagerDuty. The authorization link has expired or is not valid."
    " Return to Teams to generate a new one. You may close this window."
)


def connected(team: str) -> str:
    """The guide's text of success."""
    return f"You've successfully connected the {team} team to PagerDuty."


async def private_card(window: TeamsWindow, *texts: str, within: float = 20) -> Locator:
    """The one card of the private chat with the bot that says all this; ``within`` is seconds."""
    await window.open_chat("Muster")
    card = window.page.get_by_test_id("card")
    for text in texts:
        card = card.filter(has_text=text)
    await expect(card).to_have_count(1, timeout=within * 1000)
    return card


async def key_on(card: Locator) -> str:
    """The KEY of an expanded card."""
    command = card.get_by_text(re.compile(r"^authorize [0-9A-HJKMNP-TV-Z]{12}$"))
    await expect(command).to_have_count(1)
    return (await command.inner_text()).split()[1]


async def opened(page: Page, link: Locator) -> Page:
    """The tab that a button of a card opens."""
    async with page.context.expect_page() as opening:
        await link.click()
    tab = await opening.value
    await tab.wait_for_load_state()
    return tab


async def address_behind(page: Page, link: Locator) -> str:
    """Where a button of a card leads: what somebody passes on."""
    tab = await opened(page, link)
    address = tab.url
    await tab.close()
    return address


async def sign_in(page: Page, name: str) -> None:
    """On from a link's page to PagerDuty or Microsoft, and be this person there."""
    await page.get_by_role("button", name="Continue to").click()
    await page.get_by_role("button", name=name).click()


async def allow(page: Page, outcome: str) -> None:
    """Allow what PagerDuty asks, unless this person has allowed it before; then the page says this."""
    asked, said = page.get_by_role("button", name="Allow"), page.get_by_text(outcome)
    await expect(asked.or_(said)).to_be_visible()
    if await asked.is_visible():
        await asked.click()
    await expect(said).to_be_visible()


async def tell_bot(window: TeamsWindow, text: str) -> None:
    """Write to the bot in the private chat with it."""
    conversation = await window.open_chat("Muster")
    await conversation.box.fill(text)
    await conversation.box.press("Enter")


async def mention_bot(window: TeamsWindow, team: str, channel: str, text: str) -> None:
    """Begin a thread of a channel with the bot's mention."""
    await (await window.open_channel(team, channel)).mention_bot(text)


async def expect_answer(window: TeamsWindow, *texts: str) -> None:
    """One message of the open conversation says all this."""
    await expect(answer(window, *texts)).to_be_visible()


def answer(window: TeamsWindow, *texts: str) -> Locator:
    """The newest message of the open conversation that says all this."""
    said = window.page.get_by_test_id("message").or_(window.page.get_by_test_id("reply"))
    for text in texts:
        said = said.filter(has_text=text)
    return said.last


async def keep_on_every_screen(windows: Windows, name: str, text: str, picture: str) -> None:
    """Pictures of somebody's private chat with the card that says this."""

    async def find(window: TeamsWindow) -> Locator:
        return await private_card(window, text)

    await keep_found_on_every_screen(windows, name, find, picture)


async def keep_channel_on_every_screen(
    windows: Windows, name: str, team: str, channel: str, text: str, picture: str
) -> None:
    """Pictures of a channel as somebody sees it, with the one card that says this."""

    async def find(window: TeamsWindow) -> Locator:
        await window.open_channel(team, channel)
        card = window.page.get_by_test_id("card").filter(has_text=text)
        await expect(card).to_have_count(1)
        return card

    await keep_found_on_every_screen(windows, name, find, picture)


async def keep_found_on_every_screen(
    windows: Windows, name: str, find: Callable[[TeamsWindow], Awaitable[Locator]], picture: str
) -> None:
    """Pictures of what somebody finds in their window."""
    for screen in SCREENS:
        window = await windows.onlooking(name, screen)
        await window.back()
        found = await find(window)
        await found.evaluate("element => element.scrollIntoView({block: 'center'})")
        await window.page.mouse.move(0, 0)
        await keep(window.page, f"{picture}-{screen.name}")


async def keep_page_on_every_screen(page: Page, picture: str) -> None:
    """Pictures of a page that this browser alone may see."""
    for screen in SCREENS:
        await page.set_viewport_size({"width": screen.width, "height": screen.height})
        await page.emulate_media(color_scheme="dark" if screen.dark else "light")
        await keep(page, f"{picture}-{screen.name}", whole=True)
    await page.set_viewport_size({"width": DESKTOP.width, "height": DESKTOP.height})
    await page.emulate_media(color_scheme="light")


async def keep_teams_on_every_screen(page: Page, picture: str) -> None:
    """Pictures of a page of Teams. Without a theme in its address it takes the browser's."""
    await page.evaluate(
        "const here = new URL(location.href);"
        "here.searchParams.delete('theme'); history.replaceState(null, '', here)"
    )
    await keep_page_on_every_screen(page, picture)
