"""Heartbeats of an activity that may take long."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from temporalio import activity

_FIRST_BEAT = 1.0
_BEAT = 1.0


@asynccontextmanager
async def heartbeats() -> AsyncIterator[None]:
    """Beat while the body runs: a killed worker is known in three seconds, and a quick body sends none."""

    async def beat() -> None:
        await asyncio.sleep(_FIRST_BEAT)
        while True:
            activity.heartbeat()
            await asyncio.sleep(_BEAT)

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()
