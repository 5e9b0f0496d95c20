"""A clock that tests can move ahead, so that days of retries and token lifetimes pass in seconds."""

import asyncio
from datetime import UTC, datetime, timedelta

_STEP = timedelta(milliseconds=1)


class Clock:
    """Real time plus the distance ``ahead``. Moving the clock wakes every waiter at once."""

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
        """Move the clock ahead and wake every waiter."""
        self._set_ahead(self.ahead + timedelta(seconds=seconds))

    def reset(self) -> None:
        """Go back to real time."""
        self._last_tick = datetime.min.replace(tzinfo=UTC)
        self._set_ahead(timedelta())

    async def sleep_until(self, deadline: datetime) -> None:
        """Return when this clock shows ``deadline``, by itself or because it was moved."""
        while self.now() < deadline:
            await self.wait_until(deadline)

    async def wait_until(self, deadline: datetime) -> None:
        """Return when this clock shows ``deadline``, or earlier when it is moved, ahead or back."""
        try:
            async with asyncio.timeout(max(0, (deadline - self.now()).total_seconds())):
                await self._moved.wait()
        except TimeoutError:
            return

    def _set_ahead(self, ahead: timedelta) -> None:
        self.ahead = ahead
        self._moved.set()
        self._moved = asyncio.Event()
