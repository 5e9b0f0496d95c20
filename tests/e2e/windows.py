"""Windows for people: each has a browser profile of their own."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from playwright.async_api import Browser, Page

from tests.e2e.pagerduty_console import PagerDutyConsole
from tests.e2e.screens import DESKTOP, SCREENS, Screen, keep
from tests.e2e.teams_window import Conversation, TeamsWindow


class Windows:
    """Opens windows on the sandbox's pages, and closes them all at the end."""

    def __init__(self, browser: Browser, ready: Mapping[str, Any]) -> None:
        self._browser = browser
        self._ready = ready
        self._pages: list[Page] = []
        self._onlooking: dict[tuple[str, Screen], TeamsWindow] = {}

    async def teams(self, name: str, screen: Screen = DESKTOP) -> TeamsWindow:
        """Teams, as this person."""
        page = await self.open(screen)
        query = {"person": self._email(name), "theme": "dark" if screen.dark else "light"}
        await page.goto(f"{self._ready['teams']}/?{urlencode(query)}")
        return TeamsWindow(page)

    async def onlooking(self, name: str, screen: Screen) -> TeamsWindow:
        """Teams as this person on this screen, in one window that stays and follows what others do."""
        if (name, screen) not in self._onlooking:
            self._onlooking[name, screen] = await self.teams(name, screen)
        return self._onlooking[name, screen]

    async def pagerduty(self, name: str) -> PagerDutyConsole:
        """PagerDuty, as this person."""
        page = await self.open(DESKTOP)
        await page.goto(self._ready["pagerduty"])
        console = PagerDutyConsole(page)
        await console.sign_in_as(name)
        return console

    async def open(self, screen: Screen) -> Page:
        """An empty window; times are read as in Britain, so that pictures are the same everywhere."""
        context = await self._browser.new_context(
            viewport={"width": screen.width, "height": screen.height},
            device_scale_factor=screen.scale,
            color_scheme="dark" if screen.dark else "light",
            locale="en-GB",
            timezone_id="UTC",
        )
        page = await context.new_page()
        self._pages.append(page)
        return page

    async def keep_all(self, name: str) -> None:
        """Take a picture of every window."""
        for number, page in enumerate(self._pages):
            await keep(page, f"{name}-{number}")

    async def close(self) -> None:
        """Close everything."""
        for page in self._pages:
            await page.context.close()

    def _email(self, name: str) -> str:
        return next(str(person["email"]) for person in self._ready["people"] if person["name"] == name)


class Onlooker:
    """One person in one channel, on every kind of screen at once."""

    def __init__(self, views: Mapping[Screen, tuple[TeamsWindow, Conversation]]) -> None:
        self._views = views

    @classmethod
    async def open(cls, windows: Windows, name: str, *, team: str, channel: str) -> "Onlooker":
        """Open the channel on every screen."""
        views = {}
        for screen in SCREENS:
            window = await windows.teams(name, screen)
            views[screen] = (window, await window.open_channel(team, channel))
            await window.page.mouse.move(0, 0)
        return cls(views)

    async def expect_card(self, title: str, *texts: str, picture: str) -> None:
        """The card follows on all of them without a reload; a picture of each is kept."""
        for _, conversation in self._views.values():
            await conversation.card(title).expect(*texts)
        await self._keep(picture)

    async def expect_replies(self, title: str, *texts: str, picture: str) -> None:
        """The card's thread on all of them; a picture of each is kept."""
        for _, conversation in self._views.values():
            await conversation.card(title).expect_replies(*texts)
        await self._keep(picture)

    async def _keep(self, picture: str) -> None:
        for screen, (window, _) in self._views.items():
            await keep(window.page, f"{picture}-{screen.name}")
