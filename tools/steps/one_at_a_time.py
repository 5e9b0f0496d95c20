"""One set-up at a time works in a folder: a second one waits until the first has ended."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.steps.progress import inherited, say


@contextmanager
def alone_in(folder: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold the lock of this folder, which is made where there is none, for the block.

    Gives whether the lock is held, which without ``wait`` it may not be. The commands that ``progress.run``
    starts hold it too: where a set-up is killed and its command goes on, the next set-up waits for that.
    Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a") as file:
        held = _lock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not held and wait:
            say(f"another set-up is at work in {folder}: waiting until it has ended")
            held = _lock(file.fileno(), fcntl.LOCK_EX)
        if not held:
            yield False
            return
        inherited.add(file.fileno())
        try:
            yield True
        finally:
            inherited.remove(file.fileno())
            fcntl.flock(file, fcntl.LOCK_UN)


def _lock(file: int, operation: int) -> bool:
    try:
        fcntl.flock(file, operation)
    except BlockingIOError:
        return False
    return True
