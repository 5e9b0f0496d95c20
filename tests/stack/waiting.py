"""Wait for what other processes do."""

import os
import time
from collections.abc import Callable


def eventually(true: Callable[[], bool], *, within: float = 10) -> None:
    """Return as soon as it is true; fail if that takes too long."""
    deadline = time.monotonic() + within
    while not true():
        assert time.monotonic() < deadline, f"not true within {within} s"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    """Whether a process with this id exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
