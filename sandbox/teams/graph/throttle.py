"""Graph's limit for one app in one tenant: 30 calls about Teams in a second; it uses real time.

Source: learn.microsoft.com *Microsoft Graph service-specific throttling limits*, Microsoft Teams.
"""

import math
import time
from collections import deque
from collections.abc import Callable

from sandbox.graph_errors import too_many_requests

MOST_IN_A_SECOND = 30


class GraphThrottle:
    """A sliding window over the calls that were allowed; a refused call does not count."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._passed: deque[float] = deque()

    def admit(self) -> None:
        """Count one call; raises GraphError with the seconds until one is allowed."""
        now = self._clock()
        while self._passed and self._passed[0] <= now - 1:
            self._passed.popleft()
        if len(self._passed) >= MOST_IN_A_SECOND:
            raise too_many_requests(max(1, math.ceil(self._passed[0] + 1 - now)))
        self._passed.append(now)

    def clear(self) -> None:
        """Forget every call."""
        self._passed.clear()
