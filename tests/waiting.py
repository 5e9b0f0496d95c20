"""Wait for what shows in no window: records, processes, runs."""

import asyncio
import time
from collections.abc import Awaitable, Callable


async def eventually(true: Callable[[], Awaitable[bool]], *, within: float = 20) -> None:
    """Return as soon as it is true; fail if that takes too long."""
    deadline = time.monotonic() + within
    while not await true():
        assert time.monotonic() < deadline, f"not true within {within} s"
        await asyncio.sleep(0.05)
