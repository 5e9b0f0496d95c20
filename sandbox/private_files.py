"""Folders and files that only their owner can enter and read."""

import fcntl
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDER, FILE = 0o700, 0o600
"""Modes."""


def write_private(path: Path, content: str | bytes | Iterable[bytes]) -> None:
    """Replace a file in one step by one that only its owner can read; the content may come in pieces.

    A write that fails, on a full disk for instance, leaves the file as it was, and nothing beside it.
    """
    whole = content.encode() if isinstance(content, str) else content
    pieces = (whole,) if isinstance(whole, bytes) else whole
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)  # from a process that was killed
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE), "wb") as file:
            file.writelines(pieces)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold the folder, made where it is missing, while the block runs: other processes wait.

    What several processes make on first use is made by one of them. The block must not ask again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / "lock", os.O_WRONLY | os.O_CREAT, FILE)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def make_private(folder: Path) -> None:
    """Take from everybody else what they may do with a folder and all in it; links in it are not followed."""
    make_folder_private(folder)
    for place, folders, files in os.walk(folder):
        for name in folders:
            _tighten(Path(place, name), FOLDER)
        for name in files:
            _tighten(Path(place, name), FILE)


def make_folder_private(folder: Path) -> None:
    """Let nobody else enter the folder, also where its path is a link to it."""
    _tighten(folder.resolve(), FOLDER)


def _tighten(path: Path, mode: int) -> None:
    try:
        found = path.lstat()
    except FileNotFoundError:  # an old server is just ending
        return
    ours = stat.S_ISDIR(found.st_mode) if mode == FOLDER else stat.S_ISREG(found.st_mode)
    if ours and stat.S_IMODE(found.st_mode) != mode:
        path.chmod(mode)
