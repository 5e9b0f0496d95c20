"""Wait for a condition, by asking again and again or at every change of something in this process."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator

_FIRST_PAUSE, _LONGEST_PAUSE, _LONGER_EACH_TIME = 0.01, 0.2, 1.4
"""Seconds. What takes long is asked for less often: each question costs those who are to make it true."""


def _pauses() -> Iterator[float]:
    pause = _FIRST_PAUSE
    while True:
        yield pause
        pause = min(pause * _LONGER_EACH_TIME, _LONGEST_PAUSE)


async def eventually(true: Callable[[], Awaitable[object]], *, within: float = 20) -> None:
    """Return as soon as it is true; fail if that takes too long."""
    deadline, pauses = time.monotonic() + within, _pauses()
    while not await true():
        assert time.monotonic() < deadline, f"not true within {within} s"
        await asyncio.sleep(next(pauses))


def wait_until(true: Callable[[], object], *, within: float = 20) -> None:
    """The same for a test without an event loop."""
    deadline, pauses = time.monotonic() + within, _pauses()
    while not true():
        assert time.monotonic() < deadline, f"not true within {within} s"
        time.sleep(next(pauses))


class Changes:
    """Says that something changed, to a test that waits for a condition on it."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()

    def add(self) -> None:
        """Something changed."""
        self._changed.set()

    async def until(self, condition: Callable[[], bool], *, within: float = 20) -> None:
        """Wait for a change after which the condition holds."""
        async with asyncio.timeout(within):
            while not condition():
                self._changed.clear()
                await self._changed.wait()
