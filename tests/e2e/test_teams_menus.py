"""The menus of teams and channels on the simulator's page: rename, delete, restore, archive."""

from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.screens import SCREENS, Screen, keep
from tests.e2e.windows import Windows
from tests.sandbox.teams_process import TeamsProcess, message, running_teams
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.anyio, pytest.mark.browser]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TeamsProcess]:
    with running_teams(tmp_path_factory.mktemp("menus")) as running:
        yield running


@pytest.fixture
async def windows(running: TeamsProcess, browser: Browser) -> AsyncIterator[Windows]:
    running.reset()
    people = [{"name": person.name, "email": person.email} for person in running.company.people]
    opened = Windows(browser, {"teams": running.url, "people": people})
    yield opened
    await opened.close()


async def choose(page: Page, name: str, item: str, *, confirm: str, text: str | None = None) -> None:
    """By the keyboard alone: open the menu, walk to the item, and answer its dialog."""
    button = page.get_by_role("button", name=f"More options for {name}", exact=True)
    await button.focus()
    await page.keyboard.press("Enter")
    wanted = page.get_by_role("menuitem", name=item, exact=True)
    await expect(wanted).to_be_visible()
    for _ in range(await page.get_by_role("menuitem").count()):
        if await wanted.evaluate("element => element === document.activeElement"):
            break
        await page.keyboard.press("ArrowDown")
    await expect(wanted).to_be_focused()
    await page.keyboard.press("Enter")
    dialog = page.get_by_test_id("team-dialog")
    await expect(dialog).to_be_visible()
    if text is not None:
        await dialog.get_by_label("Name").fill(text)
    await dialog.get_by_role("button", name=confirm, exact=True).focus()
    await page.keyboard.press("Enter")
    await expect(dialog).to_have_count(0)


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
async def test_a_team_and_its_channels_are_changed_by_their_menus(
    running: TeamsProcess, windows: Windows, screen: Screen
) -> None:
    with running.connector() as bot:
        posted = bot.post(
            f"v3/conversations/{running.channel}/activities", json=message("card", "acknowledge")
        )
        posted.raise_for_status()
    window = await windows.teams("Ada Ops", screen)
    page = window.page
    await window.back()
    await choose(page, "Payments", "Rename team", confirm="Rename", text="Money")
    await choose(page, "ops", "Rename channel", confirm="Rename", text="incidents")
    await choose(page, "incidents", "Delete channel", confirm="Delete")
    await expect(page.get_by_test_id("deleted")).to_contain_text("Money › incidents")
    await page.get_by_role("button", name="More options for Money").click()
    await keep(page, f"team-menu-{screen.name}")
    await page.keyboard.press("Escape")
    await choose(page, "incidents", "Restore channel", confirm="Restore")
    await expect(page.get_by_test_id("deleted")).to_have_count(0)
    await choose(page, "Money", "Archive team", confirm="Archive")
    await window.open_channel("Money", "incidents")
    await expect(page.get_by_test_id("archived")).to_be_visible()
    await expect(page.get_by_test_id("composer")).to_have_count(0)
    await expect(page.get_by_test_id("reply-open")).to_have_count(0)
    await page.get_by_role("button", name="acknowledge").click()
    await expect(page.get_by_test_id("invoke-error")).to_have_text("This team is archived.")
    await keep(page, f"team-archived-{screen.name}")
    await window.back()
    await choose(page, "Money", "Restore team", confirm="Restore")
    await window.open_channel("Money", "incidents")
    await expect(page.get_by_test_id("composer")).to_be_visible()
    await window.back()
    await choose(page, "Money", "Delete team", confirm="Delete")
    await expect(page.get_by_test_id("deleted")).to_contain_text("Money")
    await choose(page, "Money", "Restore team", confirm="Restore")
    await expect(page.get_by_test_id("deleted")).to_have_count(0)
    expected = [
        "teamRenamed",
        "channelRenamed",
        "channelDeleted",
        "channelRestored",
        "teamArchived",
        "teamUnarchived",
        "teamDeleted",
        "teamRestored",
    ]
    wait_until(lambda: len(running.bot.activities) >= len(expected), within=5)
    assert [a["channelData"]["eventType"] for a in running.bot.activities] == expected
