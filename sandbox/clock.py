"""A clock that can be moved ahead, so that days of retries and lifetimes pass in seconds."""

import asyncio
from datetime import UTC, datetime, timedelta

_STEP = timedelta(milliseconds=1)


class Clock:
    """Real time plus a distance that only ``advance`` changes; whoever waits on it notices at once."""

    def __init__(self, ahead: timedelta = timedelta()) -> None:
        self.ahead = ahead
        self._last_tick = datetime.min.replace(tzinfo=UTC)
        self._moved = asyncio.Event()

    def now(self) -> datetime:
        """The time of this clock, in UTC."""
        return datetime.now(UTC) + self.ahead

    def tick(self) -> datetime:
        """The time in whole milliseconds, always later than any tick before it."""
        now = self.now()
        now = now.replace(microsecond=now.microsecond // 1000 * 1000)
        self._last_tick = max(now, self._last_tick + _STEP)
        return self._last_tick

    def advance(self, seconds: float) -> None:
        """Move ahead and wake everybody who waits for a time."""
        self._set_ahead(self.ahead + timedelta(seconds=seconds))

    def reset(self) -> None:
        """Back to real time."""
        self._last_tick = datetime.min.replace(tzinfo=UTC)
        self._set_ahead(timedelta())

    async def sleep_until(self, deadline: datetime) -> None:
        """Return as soon as this clock shows ``deadline``, however it got there."""
        while (remaining := (deadline - self.now()).total_seconds()) > 0:
            try:
                async with asyncio.timeout(remaining):
                    await self._moved.wait()
            except TimeoutError:
                continue

    def _set_ahead(self, ahead: timedelta) -> None:
        self.ahead = ahead
        self._moved.set()
        self._moved = asyncio.Event()
