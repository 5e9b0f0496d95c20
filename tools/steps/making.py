"""A folder to make things in; what is complete is renamed out of it, and the next set-up removes the rest."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.steps.one_at_a_time import alone_in
from tools.steps.progress import say

_PREFIX = "making-"
_LEFTOVERS = (f"{_PREFIX}*/", "temporal-*/")
"""The second one is how folders were called in which older set-ups built Temporal's server."""


@contextmanager
def making_folder(parent: Path) -> Iterator[Path]:
    """An empty folder, in the file system of its parent, that goes away with the block. Raises OSError."""
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=parent, ignore_cleanup_errors=True) as name:
        yield Path(name)


def remove_leftovers(parent: Path) -> None:
    """Remove what killed set-ups left behind, several GB perhaps; nothing while another one is at work."""
    if not _leftovers(parent):
        return
    with alone_in(parent, wait=False) as alone:
        for folder in _leftovers(parent) if alone else ():
            say(f"removing {folder}, which a set-up that was stopped left behind")
            shutil.rmtree(folder, ignore_errors=True)
            if folder.exists():
                say(f"{folder} cannot be removed wholly: it may be another user's")


def _leftovers(parent: Path) -> list[Path]:
    return [folder for pattern in _LEFTOVERS for folder in parent.glob(pattern)]
