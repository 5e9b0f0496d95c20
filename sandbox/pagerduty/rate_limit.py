"""The REST API's rate limit: so many requests a minute for each credential."""

import math
from datetime import datetime, timedelta

from sandbox.clock import Clock

_WINDOW = timedelta(minutes=1)


class RateLimit:
    """Counts each credential's requests in windows of one minute."""

    def __init__(self, requests_per_minute: int, clock: Clock) -> None:
        self.limit = requests_per_minute
        self._clock = clock
        self._windows: dict[str, tuple[datetime, int]] = {}

    def reset(self) -> None:
        """Nobody has asked for anything: a window of before may end long after the clock was set back."""
        self._windows.clear()

    def take(self, credential: str) -> tuple[bool, dict[str, str]]:
        """Count a request: whether it is allowed, and the rate limit headers of its answer."""
        now = self._clock.now()
        ends, used = self._windows.get(credential, (now + _WINDOW, 0))
        if now >= ends:
            ends, used = now + _WINDOW, 0
        used += 1
        self._windows[credential] = (ends, used)
        return used <= self.limit, {
            "ratelimit-limit": str(self.limit),
            "ratelimit-remaining": str(max(0, self.limit - used)),
            "ratelimit-reset": str(math.ceil((ends - now).total_seconds())),
        }
