"""Graph's limits for one app in one tenant: 30 calls about Teams in a second, and 4 at once in a mailbox.

Of those that delete a chat one. The second is one of real time.

Source: learn.microsoft.com *Microsoft Graph service-specific throttling limits*, Microsoft Teams and Outlook,
and *Delete chat*.
"""

import math
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sandbox.graph_errors import GraphError, too_many_requests

MOST_IN_A_SECOND, MOST_DELETED_IN_A_SECOND = 30, 1
MOST_AT_ONCE = 4


class GraphThrottle:
    """A sliding window over the calls that were allowed; a refused call does not count."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, most: int = MOST_IN_A_SECOND) -> None:
        self._clock = clock
        self._most = most
        self._passed: deque[float] = deque()

    def admit(self) -> None:
        """Count one call; raises GraphError with the seconds until one is allowed."""
        now = self._clock()
        while self._passed and self._passed[0] <= now - 1:
            self._passed.popleft()
        if len(self._passed) >= self._most:
            raise too_many_requests(max(1, math.ceil(self._passed[0] + 1 - now)))
        self._passed.append(now)

    def clear(self) -> None:
        """Forget every call."""
        self._passed.clear()


class MailboxThrottle:
    """Counts the calls that are under way in each mailbox."""

    def __init__(self) -> None:
        self._running: Counter[str] = Counter()

    @contextmanager
    def admitted(self, mailbox: str) -> Iterator[None]:
        """Count one call while the block runs; raises GraphError where too many are under way."""
        if self._running[mailbox] >= MOST_AT_ONCE:
            message = "Application is over its MailboxConcurrency limit."
            raise GraphError(429, "ApplicationThrottled", message, retry_after=1)
        self._running[mailbox] += 1
        try:
            yield
        finally:
            self._running[mailbox] -= 1
