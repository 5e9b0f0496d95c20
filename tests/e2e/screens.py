"""Windows of Chromium, and pictures of them."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

ARTIFACTS = Path(__file__).parents[1] / ".artifacts" / "e2e"
PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]


@dataclass(frozen=True)
class Screen:
    """What somebody looks at the page with."""

    name: str
    width: int = 1400
    height: int = 900
    dark: bool = False
    phone: bool = False
    scale: float = 1


DESKTOP = Screen("desktop-light")
PHONE = Screen("phone-light", 390, 844, phone=True, scale=2)
SCREENS = (
    DESKTOP,
    Screen("desktop-dark", dark=True),
    PHONE,
    Screen("phone-dark", 390, 844, dark=True, phone=True, scale=2),
)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The system's Chromium."""
    path = next((found for name in _NAMES if (found := shutil_which(name))), None)
    assert path, "the browser tests need Chromium on PATH: `make browser` installs it or says how to"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=_FLAGS)
        yield browser
        await browser.close()
