"""The folders of downloaded and built tools, outside the checkout, so that a new clone finds them."""

import os
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]


def cache_dir() -> Path:
    """``$XDG_CACHE_HOME/muster``, by default ``~/.cache/muster``; raises OSError without a home."""
    root = os.environ.get("XDG_CACHE_HOME")
    try:
        return Path(root or Path.home() / ".cache") / "muster"
    except RuntimeError:
        raise OSError(
            "this user has no home folder, in which tools are kept: set XDG_CACHE_HOME to a folder"
        ) from None


def npm_dir(name: str = "cards") -> Path:
    """Where the packages that ``tools/npm/<name>`` pins are installed."""
    return cache_dir() / "npm" if name == "cards" else cache_dir() / f"npm-{name}"
