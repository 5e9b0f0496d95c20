"""How a function becomes the activity of a contract row: its name, its correlation id, its errors."""

import inspect
import logging
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, TypeVar

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

from muster.logging import correlated
from muster.store.pool import UNAVAILABLE
from workflows.contract import Activity, ArgumentT, ResultT
from workflows.errors import OutsideError, ProviderUnavailable

SelfT = TypeVar("SelfT")

log = structlog.stdlib.get_logger(__name__)

_ROW = "_implemented_row"
"""Attribute of a function that is an activity: the row it implements."""


def implements(
    row: Activity[ArgumentT, ResultT],
) -> Callable[
    [Callable[[SelfT, ArgumentT], Awaitable[ResultT]]], Callable[[SelfT, ArgumentT], Awaitable[ResultT]]
]:
    """Register a method as the row's activity.

    An ``OutsideError`` reaches the workflow with its type, code and delay. A database that is out of reach
    reaches it as ``ProviderUnavailable``: nothing after the failed commit was done. Each failure
    is one line of the log, with the correlation id. It goes without its causes: Temporal keeps the texts of a
    whole chain, and those of other libraries may hold what no history may hold.
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
                    raise _logged(row.name, error) from None
                except UNAVAILABLE:
                    raise _logged(row.name, ProviderUnavailable("the database is out of reach")) from None

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
        "activity failed",
        activity=name,
        failure=type(error).__name__,
        code=error.code,
        says=error.says,
        reason=str(error),
    )
    return error.to_application_error()


def _correlation(argument: Any) -> str | None:
    found = getattr(argument, "correlation", None) or getattr(
        getattr(argument, "click", None), "correlation", None
    )
    return found if isinstance(found, str) and found else None


def registered(*implementations: object) -> list[Callable[..., Any]]:
    """The activities of these objects: every method that implements a row."""
    return [
        member
        for implementation in implementations
        for _, member in inspect.getmembers(implementation, inspect.isroutine)
        if hasattr(member, _ROW)
    ]
