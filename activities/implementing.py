"""How a function becomes the activity of a contract row: its name, its correlation id, its errors."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import wraps
from typing import Any, TypeVar

from temporalio import activity

from muster.logging import correlated
from muster.store.pool import UNAVAILABLE
from workflows.contract import Activity, ArgumentT, ResultT
from workflows.errors import OutsideError, ProviderUnavailable

SelfT = TypeVar("SelfT")

_FIRST_BEAT = 1.0
_BEAT = 1.0


def implements(
    row: Activity[ArgumentT, ResultT],
) -> Callable[
    [Callable[[SelfT, ArgumentT], Awaitable[ResultT]]], Callable[[SelfT, ArgumentT], Awaitable[ResultT]]
]:
    """Register a method as the row's activity.

    Typed errors travel to the workflow with their type, code and delay. A store that is out of reach
    is ``ProviderUnavailable``: whatever was to follow the failed commit was not done.
    """

    def register(
        method: Callable[[SelfT, ArgumentT], Awaitable[ResultT]],
    ) -> Callable[[SelfT, ArgumentT], Awaitable[ResultT]]:
        @activity.defn(name=row.name)
        @wraps(method)
        async def run(self: SelfT, argument: ArgumentT) -> ResultT:
            with correlated(_correlation(argument)):
                try:
                    return await method(self, argument)
                except OutsideError as error:
                    raise error.to_application_error() from error
                except UNAVAILABLE as error:
                    raise ProviderUnavailable(
                        "the database is out of reach"
                    ).to_application_error() from error

        return run

    return register


def _correlation(argument: Any) -> str | None:
    found = getattr(argument, "correlation", None) or getattr(
        getattr(argument, "click", None), "correlation", None
    )
    return found if isinstance(found, str) and found else None


@asynccontextmanager
async def heartbeats() -> AsyncIterator[None]:
    """Beat while the body runs, so that a killed worker is known in three seconds; a quick one never beats."""

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
