"""Tasks that nobody who waits for them can cancel: the process owns them, and lets them end when it stops."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from datetime import timedelta
from functools import partial
from typing import Any, Generic, TypeVar

import structlog

from muster.store.pool import UNAVAILABLE
from workflows.errors import OutsideError

ResultT = TypeVar("ResultT")

log = structlog.stdlib.get_logger(__name__)


class OwnTasks(Generic[ResultT]):
    """At most one task with the same key at a time. ``what`` names them in the log."""

    def __init__(self, what: str, *, expected: tuple[type[BaseException], ...] = ()) -> None:
        self._what = what
        self._expected = (OutsideError, *UNAVAILABLE, *expected)
        self._running: dict[Hashable, asyncio.Task[ResultT]] = {}
        self._stops_at = 0.0

    def begin(self, key: Hashable, work: Callable[[], Coroutine[Any, Any, ResultT]]) -> asyncio.Task[ResultT]:
        """The task with this key, begun where none runs."""
        if key not in self._running:
            task = asyncio.create_task(work())
            self._running[key] = task
            task.add_done_callback(partial(self._ended, key))
        return self._running[key]

    async def result(self, key: Hashable, work: Callable[[], Coroutine[Any, Any, ResultT]]) -> ResultT:
        """What the task with this key gives; it goes on where the caller is cancelled."""
        return await asyncio.shield(self.begin(key, work))

    def stop(self, *, within: timedelta) -> None:
        """The process begins to stop: what began has so long to end."""
        self._stops_at = asyncio.get_running_loop().time() + within.total_seconds()

    async def finish(self) -> None:
        """Let everything that began end, and cut off what takes longer than ``stop`` allowed."""
        loop = asyncio.get_running_loop()
        while self._running and loop.time() < self._stops_at:
            await asyncio.wait(self._running.values(), timeout=self._stops_at - loop.time())
        if cut_off := list(self._running.values()):
            log.error("tasks were cut off", what=self._what, tasks=len(cut_off))
            for task in cut_off:
                task.cancel()
            await asyncio.wait(cut_off)

    def _ended(self, key: Hashable, task: asyncio.Task[ResultT]) -> None:
        del self._running[key]
        # Always read the failure here: maybe nobody waits for the task any more.
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning(
                "a task failed",
                what=self._what,
                failure=type(error).__name__,
                reason=str(error),
                exc_info=None if isinstance(error, self._expected) else error,
            )
