"""Chromium, which the browser tests drive: found, or installed where the machine is ours to change."""

import os
import shutil
from collections.abc import Iterator

from tools.steps.progress import run

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_PACKAGES = ("chromium", "fonts-liberation", "fonts-noto-color-emoji", "fonts-noto-core")


def done() -> bool:
    """Whether a browser is on PATH."""
    return any(shutil.which(name) for name in _NAMES)


def missing() -> Iterator[str]:
    """A browser, where Debian's packages are not ours to install: neither in CI nor as root."""
    ours = os.geteuid() == 0 or os.environ.get("CI") == "true"
    if not (ours and shutil.which("apt-get")):
        yield "Chromium on PATH, for the browser tests (Debian: apt-get install chromium fonts-liberation)"


def do() -> None:
    """Install Debian's Chromium and the fonts of the pages."""
    apt_get = ["apt-get"] if os.geteuid() == 0 else ["sudo", "--preserve-env=DEBIAN_FRONTEND", "apt-get"]
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run([*apt_get, "update", "-qq"], label="Debian's package lists", env=env)
    run(
        [*apt_get, "install", "-y", "--no-install-recommends", *_PACKAGES],
        label="Chromium",
        counts="^Setting up ",
        env=env,
    )
