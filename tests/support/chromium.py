"""The system's Chromium, driven by Playwright."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, async_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]
_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""Without windows first: the others draw their own around each page, for a third more CPU time."""


def chromium_path() -> str:
    """The browser's executable; fails without one."""
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    assert path, "no Chromium on PATH: `make browser` installs it or says how to"
    return path


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A running browser."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        yield browser
        await browser.close()
