"""How many requests a credential has left in this minute."""

import math
from datetime import datetime, timedelta

from sandbox.clock import Clock

_WINDOW = timedelta(minutes=1)


class RateLimit:
    """A count per credential that starts anew when its minute is over."""

    def __init__(self, requests_per_minute: int, clock: Clock) -> None:
        self.limit = requests_per_minute
        self._clock = clock
        self._windows: dict[str, tuple[datetime, int]] = {}

    def take(self, credential: str) -> tuple[bool, dict[str, str]]:
        """Whether one more request is allowed, and the headers that tell how it stands."""
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
