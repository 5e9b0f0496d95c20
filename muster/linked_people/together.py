"""Several reads at once, none of which goes on behind the caller."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

ResultT = TypeVar("ResultT")


async def all_of(*reads: Awaitable[ResultT]) -> tuple[ResultT, ...]:
    """The results, once all have ended; raises the first failure."""
    ended = await asyncio.gather(*reads, return_exceptions=True)
    for one in ended:
        if isinstance(one, BaseException):
            raise one
    return tuple(one for one in ended if not isinstance(one, BaseException))
