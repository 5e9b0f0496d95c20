"""What the public API answers to a call that it does not do: ``{"error": {"message": …}}``, as PagerDuty."""

from collections.abc import Callable, Coroutine, Iterable
from math import ceil
from typing import Any

import structlog
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from muster.store.pool import UNAVAILABLE
from muster.temporal.attempts import TemporalUnavailable
from muster.values import clipped

RETRY_AFTER = 5
"""Seconds after which to call again while something that we need is away."""
NOT_IN_TIME = "this took too long and may be done: call again, with the same Idempotency-Key"
_LONGEST = 2_000
"""Bytes of a message: a refusal can end with the commands that a Teams admin runs."""
_DESCRIPTIONS = {
    400: "The call cannot be understood; the message names what is wrong.",
    401: "There is no token, or it is unknown or revoked.",
    403: "It is not allowed; the message says what is missing.",
    404: "There is no such thing, or not in the token's account.",
    409: "It is so already.",
    413: "The body is larger than 64 KB.",
    422: "The Idempotency-Key was used for another body.",
    429: "The token has called too often within a minute.",
    500: "Muster failed.",
    502: "Teams refused it.",
    503: "Something that Muster needs is away; nothing was done unless the message says that it may be.",
    504: "It was sent and the answer lost; it is not sent again.",
}
_WITH_RETRY_AFTER = frozenset({429, 503})
_BY_TYPE = {
    "missing": "it is missing",
    "extra_forbidden": "there is no such field",
    "string_type": "it must be a text",
    "bool_type": "it must be true or false",
    "int_type": "it must be a whole number",
    "list_type": "it must be a list",
    "model_type": "it must be an object",
    "model_attributes_type": "it must be an object",
    "dict_type": "it must be an object",
}

ErrorHandler = Callable[[Request, Any], Coroutine[Any, Any, Response]]

log = structlog.stdlib.get_logger(__name__)


class Problem(BaseModel):
    """What is wrong."""

    message: str


class ErrorAnswer(BaseModel):
    """The body of every answer from 400 on."""

    error: Problem


class ApiError(Exception):
    """Ends a call with this status and message; ``retry_after`` is in seconds."""

    def __init__(self, status: int, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.retry_after = retry_after


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """These statuses for the ``responses`` of a route, as the document names them."""
    return {status: _described(status) for status in statuses}


def error_answer(status: int, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """The answer, with its message cut where it is long."""
    body = ErrorAnswer(error=Problem(message=clipped(message, _LONGEST)))
    return JSONResponse(body.model_dump(), status, headers=headers)


def error_handlers() -> dict[int | type[Exception], ErrorHandler]:
    """The answer to each exception that leaves a route."""
    handlers: dict[int | type[Exception], ErrorHandler] = {
        ApiError: _refused,
        HTTPException: _not_served,
        RequestValidationError: _invalid,
        Exception: _failed,
    }
    return handlers | dict.fromkeys((TemporalUnavailable, *UNAVAILABLE), _unavailable)


def _described(status: int) -> dict[str, Any]:
    described: dict[str, Any] = {"model": ErrorAnswer, "description": _DESCRIPTIONS[status]}
    if status in _WITH_RETRY_AFTER:
        told = {"description": "Seconds after which to call again.", "schema": {"type": "integer"}}
        described["headers"] = {"Retry-After": told}
    return described


async def _refused(_request: Request, error: ApiError) -> JSONResponse:
    log.info("an API call was refused", status=error.status, reason=error.message)
    headers: dict[str, str] = {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(max(1, ceil(error.retry_after)))
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return error_answer(error.status, error.message, headers)


async def _not_served(_request: Request, error: HTTPException) -> JSONResponse:
    """What the framework refuses itself, or ``api.body``."""
    text = "there is no such address" if error.status_code == 404 else str(error.detail)
    return error_answer(error.status_code, text)


async def _invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
    """A wrong path names nothing that there is; anything else is named."""
    found: list[ErrorDetails] = list(error.errors())
    if any(one["loc"][0] == "path" for one in found):
        return error_answer(404, "there is no such thing: the address has something that is no id")
    return error_answer(400, "; ".join(_sentences(found)))


def _sentences(found: Iterable[ErrorDetails]) -> Iterable[str]:
    for one in found:
        place, *names = one["loc"]
        name = ".".join(map(str, names)) or f"the {place}"
        yield f"{name}: {_BY_TYPE.get(one['type'], one['msg'].removeprefix('Value error, '))}"


async def _unavailable(_request: Request, error: Exception) -> JSONResponse:
    log.warning("an API call was not served", reason=type(error).__name__, problem=str(error))
    return error_answer(503, "Muster cannot do this now, call again", {"Retry-After": str(RETRY_AFTER)})


async def _failed(_request: Request, _error: Exception) -> JSONResponse:
    """The exception goes on to ``api.strangers``, which logs it."""
    return error_answer(500, "Muster failed")
