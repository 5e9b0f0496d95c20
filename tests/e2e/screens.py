"""What people look at the pages with, and the pictures that are kept of them."""

import os
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Page

_TESTS = Path(__file__).parents[1]
ARTIFACTS = _TESTS / ".artifacts" / "e2e"
"""Every run's pictures, to be looked at."""
FOR_THE_README = bool(os.environ.get("MUSTER_PICTURES"))
"""``MUSTER_PICTURES=1`` renews the pictures of the README and docs."""
PICTURES = _TESTS.parent / "docs" / "pictures" if FOR_THE_README else ARTIFACTS


@dataclass(frozen=True)
class Screen:
    """A window's size and theme."""

    name: str
    width: int = 1400
    height: int = 900
    dark: bool = False
    scale: float = 1


DESKTOP = Screen("desktop-light")
SCREENS = (
    DESKTOP,
    Screen("desktop-dark", dark=True),
    Screen("phone-dark", width=390, height=844, dark=True, scale=2),
)


async def keep(page: Page, name: str, *, folder: Path = ARTIFACTS, whole: bool = False) -> None:
    """Take a picture; what moves is at its end. ``whole``: also what is below the window's edge."""
    await page.screenshot(path=folder / f"{name}.png", animations="disabled", full_page=whole)
