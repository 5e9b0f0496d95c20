"""Heartbeats of an activity that may take long."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from temporalio import activity

_FIRST_BEAT = 1.0
BEAT = 1.0
"""Seconds. The worker lets the SDK pass on each beat. By default the SDK passes one on every 2.4 s, of the
3 s after which a worker is taken for dead: one that is starved for half a second is too late."""


@asynccontextmanager
async def heartbeats(telling: Callable[[], Any] | None = None) -> AsyncIterator[None]:
    """Beat while the body runs: a killed worker is known in three seconds, and a quick body sends none.

    ``telling`` gives what each beat is to carry to the next attempt.
    """

    async def beat() -> None:
        await asyncio.sleep(_FIRST_BEAT)
        while True:
            activity.heartbeat(*([telling()] if telling else []))
            await asyncio.sleep(BEAT)

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()
