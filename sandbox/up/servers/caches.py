"""The folders of downloaded and built tools, outside the checkout, so that a new clone finds them."""

import os
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]


def cache_dir() -> Path:
    """``$XDG_CACHE_HOME/muster``, by default ``~/.cache/muster``."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "muster"


def npm_dir(name: str = "cards") -> Path:
    """Where the packages that ``tools/npm/<name>`` pins are installed."""
    return cache_dir() / "npm" if name == "cards" else cache_dir() / f"npm-{name}"
