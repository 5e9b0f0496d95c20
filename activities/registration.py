"""How a function becomes the activity of a contract row: its name, its correlation id, its errors."""

import asyncio
import importlib
import inspect
import logging
import pkgutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from functools import wraps
from typing import Any, TypeVar

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

import activities
from muster.logging import correlated
from muster.store.pool import UNAVAILABLE
from workflows.contract import Activity, ArgumentT, ResultT
from workflows.errors import OutsideError, ProviderUnavailable

SelfT = TypeVar("SelfT")

log = structlog.stdlib.get_logger(__name__)

_ROW = "_implemented_row"
"""Attribute of a function that is an activity: the row it implements."""
_FIRST_BEAT = 1.0
_BEAT = 1.0


def implements(
    row: Activity[ArgumentT, ResultT],
) -> Callable[
    [Callable[[SelfT, ArgumentT], Awaitable[ResultT]]], Callable[[SelfT, ArgumentT], Awaitable[ResultT]]
]:
    """Register a method as the row's activity.

    An ``OutsideError`` reaches the workflow with its type, code and delay. A database that is out of reach
    reaches it as ``ProviderUnavailable``: whatever was to follow the failed commit was not done. Each failure
    is one line of the log, with the correlation id.
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
                    raise _logged(row.name, error) from error
                except UNAVAILABLE as error:
                    raise _logged(row.name, ProviderUnavailable("the database is out of reach")) from error

        setattr(run, _ROW, row)
        return run

    return register


def tell_failures_once() -> None:
    """Drop the SDK's own line, with its traceback, about a failure that ``implements`` has logged.

    The SDK's line lacks the correlation id. A failure that nobody foresaw keeps its line and traceback.
    """
    logging.getLogger("temporalio.activity").addFilter(_is_not_logged_yet)


def _is_not_logged_yet(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], ApplicationError))


def _logged(name: str, error: OutsideError) -> ApplicationError:
    log.warning(
        "activity failed", activity=name, failure=type(error).__name__, code=error.code, reason=str(error)
    )
    return error.to_application_error()


def _correlation(argument: Any) -> str | None:
    found = getattr(argument, "correlation", None) or getattr(
        getattr(argument, "click", None), "correlation", None
    )
    return found if isinstance(found, str) and found else None


@asynccontextmanager
async def heartbeats() -> AsyncIterator[None]:
    """Beat while the body runs: a killed worker is known in three seconds, and a quick body has no beat."""

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


def activities_of(**dependencies: Any) -> list[Callable[..., Any]]:
    """Every activity of this package, for a worker.

    Each class that implements rows is made once, of the ``dependencies`` that its constructor names.
    Raises TypeError where one is missing.
    """
    return registered(*(found(**_wanted(found, dependencies)) for found in _implementations()))


def registered(*implementations: object) -> list[Callable[..., Any]]:
    """The activities of these objects: every method that implements a row."""
    return [
        member
        for implementation in implementations
        for _, member in inspect.getmembers(implementation, inspect.isroutine)
        if hasattr(member, _ROW)
    ]


def _implementations() -> Iterator[type]:
    for found in pkgutil.walk_packages(activities.__path__, f"{activities.__name__}."):
        module = importlib.import_module(found.name)
        for _, member in inspect.getmembers(module, inspect.isclass):
            if member.__module__ == module.__name__ and registered(member):
                yield member


def _wanted(implementation: type, dependencies: Mapping[str, Any]) -> dict[str, Any]:
    names = inspect.signature(implementation).parameters
    missing = sorted(set(names) - set(dependencies))
    if missing:
        raise TypeError(f"{implementation.__name__} wants {', '.join(missing)}, which nobody gives")
    return {name: dependencies[name] for name in names}
