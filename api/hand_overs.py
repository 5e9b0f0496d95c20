"""Messages that Temporal may have taken or not: handed over until it certainly has.

Whoever sent one was told that Muster is working on it. A message is known by its key, so that it does nothing
a second time.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from api.background import BackgroundTasks
from muster.temporal.attempts import Attempts, Rejected, TemporalUnavailable
from workflows.options import LATE_CLICK

_ENDS_WITHIN = 5.0
"""Seconds that the last ones have when the API stops."""
_PAUSE = 5.0
"""Seconds until the next try where Temporal does not let us in."""
_AT_ONCE = 50
"""Calls at once: after an outage of minutes thousands may wait, and Temporal has only just come back."""

log = structlog.stdlib.get_logger(__name__)


class HandOvers:
    """The messages that are being handed over in the background."""

    def __init__(self) -> None:
        self._tasks = BackgroundTasks()
        self._calls = asyncio.Semaphore(_AT_ONCE)

    def begin(self, name: str, hand_over: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        """Hand a message over, however long that takes: until it would come too late to be acted on."""

        async def one_of_few() -> None:
            async with self._calls:
                await hand_over()

        return self._tasks.begin(_until_taken(name, one_of_few))

    async def finish(self) -> None:
        """Give the last ones a few seconds; what is lost then is logged."""
        await self._tasks.finish(within=_ENDS_WITHIN)


async def _until_taken(name: str, hand_over: Callable[[], Awaitable[None]]) -> None:
    told = log.bind(message=name)
    try:
        async with asyncio.timeout(LATE_CLICK.total_seconds()) as limit:
            while True:
                try:
                    return await Attempts().make(hand_over)
                except TemporalUnavailable:
                    await asyncio.sleep(_PAUSE)
    except Rejected as refusal:
        told.error("a message that was to be handed over is refused", reason=str(refusal))
    except asyncio.CancelledError:
        told.error("a message was not handed over before the API stopped")
        raise
    except Exception as error:
        # Nobody awaits it: whatever it is, it has to be said here.
        if isinstance(error, TimeoutError) and limit.expired():
            told.error("a message could not be handed over in time")
        else:
            told.exception("a message was not handed over")
