"""Chromium, which the browser tests drive: found, or installed where the machine is ours to change."""

from collections.abc import Iterator
from pathlib import Path

from sandbox.up.servers.caches import cache_dir

from tools.steps import debian
from tools.steps.progress import StepFailed, version_of

_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
_PACKAGES = ("chromium-headless-shell", "fonts-liberation", "fonts-noto-color-emoji", "fonts-noto-core")


def folder() -> Path:
    """The cache: it is the machine's browser, not the checkout's."""
    return cache_dir()


def done() -> bool:
    """Whether a browser is on PATH and starts; one that was left half installed does not."""
    return any(version_of(name, "--version", r"(\d+)\.") for name in _NAMES)


def missing() -> Iterator[str]:
    """A browser, where Debian's packages are not ours to install."""
    if not debian.may_install():
        yield (
            "Chromium on PATH, for the browser tests (Debian: apt-get install chromium-headless-shell "
            "fonts-liberation)"
        )


def do() -> None:
    """Install Debian's Chromium that has no windows, and the fonts of the pages."""
    debian.install(*_PACKAGES, label="Chromium")
    if not done():
        raise StepFailed(f"Chromium was installed, and `{_NAMES[0]} --version` does not work")
