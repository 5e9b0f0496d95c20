"""Tasks that nobody awaits: each is kept until it ends, and the last ones get seconds when the API stops."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class BackgroundTasks:
    """Those of one kind. They report their own failures: nobody reads what they raise."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._running)

    def begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Begin one."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def finish(self, *, within: float) -> None:
        """Return when they have ended; those that take longer, in seconds, are cancelled."""
        if not self._running:
            return
        _, unfinished = await asyncio.wait(self._running, timeout=within)
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)
