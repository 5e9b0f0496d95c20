"""Sends that began: the worker owns them, so that they end and are recorded although their activity is gone.

Temporal takes a worker that is starved of CPU for a dead one, gives up its activities and asks for the same
again, often of the same worker. What that worker has begun goes on meanwhile.
"""

import asyncio
from collections.abc import Callable, Coroutine, Hashable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import structlog

from muster.store.pool import UNAVAILABLE
from workflows.errors import Conflict

ResultT = TypeVar("ResultT")

_PATIENCE = 8.0
"""Seconds to wait for an earlier send: as long as a call of the connector takes at most."""
_RECORD_EVERY, _RECORD_TRIES = 1.0, 120
"""Seconds between two tries to record a message that is there, and how many: an outage of two minutes."""

log = structlog.stdlib.get_logger(__name__)


class Sends:
    """The sends of one worker. One at a time of those with the same key, such as those of one card."""

    def __init__(self, *, patience: float = _PATIENCE) -> None:
        self._patience = patience
        self._running: dict[Hashable, asyncio.Task[Any]] = {}
        self._awaited: set[asyncio.Task[Any]] = set()
        """Those whose activity waits for them, and tells how they ended."""
        self._stops_at = 0.0

    async def run(self, key: Hashable, send: Callable[[], Coroutine[Any, Any, ResultT]]) -> ResultT:
        """Send once no earlier send with this key runs; one that began goes on when the caller is cancelled.

        Raises Conflict where the earlier one does not end: nothing was sent.
        """
        await self.until_free(key)
        task = self.start(key, send())
        self._awaited.add(task)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if not task.done():
                log.warning("a send goes on without its activity")
            raise
        finally:
            self._awaited.discard(task)

    async def until_free(self, key: Hashable) -> None:
        """Wait until nothing with this key runs; raises Conflict where that takes too long."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self._patience
        while (earlier := self._running.get(key)) is not None:
            await asyncio.wait({earlier}, timeout=max(until - loop.time(), 0))
            if not earlier.done():
                raise Conflict("an earlier send to the same place still runs")

    def start(self, key: Hashable, send: Coroutine[Any, Any, ResultT]) -> asyncio.Task[ResultT]:
        """Begin what nobody has to await. Nothing else with this key may run."""
        task = asyncio.create_task(send)
        self._running[key] = task
        task.add_done_callback(partial(self._ended, key))
        return task

    async def record(
        self, key: Hashable, record: Callable[[], Coroutine[Any, Any, object]], **told: object
    ) -> None:
        """Record what is known; where the database is away for a moment, it must not be lost: later."""
        try:
            await record()
        except UNAVAILABLE:
            self.record_later(key, record, **told)

    def record_later(
        self, key: Hashable, record: Callable[[], Coroutine[Any, Any, object]], **told: object
    ) -> None:
        """What is shown could not be recorded: try again each second, for two minutes.

        ``told`` names the message in the log.
        """
        log.warning("what is shown could not be recorded", **told)
        self.start(key, _until_recorded(record, told))

    def stop(self, *, within: timedelta) -> None:
        """The worker begins to stop: what began has so long to end."""
        self._stops_at = asyncio.get_running_loop().time() + within.total_seconds()

    async def finish(self) -> None:
        """Let everything that began end, and cut off what takes longer than ``stop`` allowed.

        For a worker whose activities have ended.
        """
        loop = asyncio.get_running_loop()
        while self._running and loop.time() < self._stops_at:
            await asyncio.wait(self._running.values(), timeout=self._stops_at - loop.time())
        if cut_off := list(self._running.values()):
            log.warning("sends were cut off: their outcomes are not recorded", sends=len(cut_off))
            for task in cut_off:
                task.cancel()
            await asyncio.wait(cut_off)

    def _ended(self, key: Hashable, task: asyncio.Task[Any]) -> None:
        del self._running[key]
        error = None if task.cancelled() else task.exception()
        if error is not None and task not in self._awaited:
            # Nobody else hears of it: its activity is gone, or it never had one.
            log.error("a send without an activity failed", failure=type(error).__name__, reason=str(error))


async def _until_recorded(
    record: Callable[[], Coroutine[Any, Any, object]], told: Mapping[str, object]
) -> None:
    for _ in range(_RECORD_TRIES):
        await asyncio.sleep(_RECORD_EVERY)
        try:
            await record()
        except UNAVAILABLE:
            continue
        return
    log.error("what is shown was never recorded", **told)
