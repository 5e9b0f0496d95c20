"""Messages that Temporal may have taken or not: handed over until it certainly has.

Whoever sent one was told that Muster is working on it. A message is known by its key, so that it does nothing
a second time.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from muster.temporal.attempts import Attempts, Rejected, TemporalUnavailable
from workflows.options import LATE_CLICK

_ENDS_WITHIN = 5.0
"""Seconds that the last ones have when the API stops."""
_PAUSE = 5.0
"""Seconds until the next try where Temporal does not let us in."""

log = structlog.stdlib.get_logger(__name__)


class HandOvers:
    """The messages that are being handed over in the background."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def begin(self, name: str, hand_over: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        """Hand a message over, however long that takes: until it would come too late to be acted on."""
        task = asyncio.create_task(_until_taken(name, hand_over))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def finish(self) -> None:
        """Give the last ones a few seconds; what is lost then is logged."""
        if not self._running:
            return
        _, unfinished = await asyncio.wait(self._running, timeout=_ENDS_WITHIN)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)


async def _until_taken(name: str, hand_over: Callable[[], Awaitable[None]]) -> None:
    try:
        async with asyncio.timeout(LATE_CLICK.total_seconds()):
            while True:
                try:
                    return await Attempts().make(hand_over)
                except TemporalUnavailable:
                    await asyncio.sleep(_PAUSE)
    except TimeoutError:
        log.error("a message could not be handed over in time", message=name)
    except Rejected as refusal:
        log.error("a message that was to be handed over is refused", message=name, reason=str(refusal))
    except asyncio.CancelledError:
        log.error("a message was not handed over before the API stopped", message=name)
        raise
