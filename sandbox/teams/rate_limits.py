"""Teams' published rate limits for one bot in one thread; they use real time."""

import math
import time
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Literal

from sandbox.teams.errors import throttled

Group = Literal["write", "read"]

WINDOWS: dict[Group, tuple[tuple[int, float], ...]] = {
    "write": ((7, 1), (8, 2), (60, 30), (1800, 3600)),
    "read": ((14, 1), (16, 2), (120, 30), (3600, 3600)),
}
"""``(calls, seconds)``: so many calls are allowed in so many seconds. A write creates, sends or updates."""


class RateWindows:
    """Sliding windows over the calls that were allowed; a refused call does not count."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._passed: defaultdict[tuple[Group, str], deque[float]] = defaultdict(deque)

    def admit(self, group: Group, thread: str) -> None:
        """Count one call of the thread; raises Throttled with the seconds until a call is allowed."""
        now = self._clock()
        passed = self._passed[group, thread]
        longest = max(seconds for _, seconds in WINDOWS[group])
        while passed and passed[0] <= now - longest:
            passed.popleft()
        wait = max(
            (
                passed[-count] + seconds - now
                for count, seconds in WINDOWS[group]
                if len(passed) >= count and passed[-count] > now - seconds
            ),
            default=0.0,
        )
        if wait > 0:
            raise throttled(max(1, math.ceil(wait)))
        passed.append(now)

    def clear(self) -> None:
        """Forget every call."""
        self._passed.clear()
