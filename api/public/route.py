"""What every route of the public API has: a token, a body that is bounded, and an end."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

import structlog
from fastapi import Depends, Path, Security
from fastapi.routing import APIRoute
from fastapi.security import APIKeyHeader, HTTPBearer
from pydantic import AfterValidator
from starlette.requests import Request
from starlette.responses import Response

from api.public.admission import Admission, CallerIdentity
from api.public.bodies import pagerduty_id, read_object
from api.public.errors import NOT_IN_TIME, RETRY_AFTER, ApiError
from muster.logging import correlated

ANSWER_WITHIN = 4.5
"""Seconds of our own time after which a route answers with what there is: every answer comes within five."""
_OVERDUE = 0.3
"""Seconds after which a route that does not keep its time is stopped."""

READING = frozenset({"GET", "HEAD"})
"""Methods whose body nobody reads."""
_BEARER = HTTPBearer(auto_error=False, scheme_name="Bearer", description="A token of `muster tokens create`.")
_PAGERDUTYS = APIKeyHeader(
    name="Authorization",
    auto_error=False,
    scheme_name="Token",
    description="The same as PagerDuty's scripts write it: `Token token=mst_…`.",
)

log = structlog.stdlib.get_logger(__name__)


def _caller(request: Request) -> CallerIdentity:
    caller: CallerIdentity = request.state.caller
    return caller


def _answer_by(request: Request) -> float:
    answer_by: float = request.state.answer_by
    return answer_by


Caller = Annotated[CallerIdentity, Depends(_caller)]
"""Who calls: a parameter of a route."""
AnswerBy = Annotated[float, Depends(_answer_by)]
"""When a route answers at the latest, by the clock of the event loop: a parameter of a route."""
IncidentId = Annotated[
    str, Path(description="PagerDuty's id of the incident.", max_length=64), AfterValidator(pagerduty_id)
]
"""A part of the path; what cannot be an id is answered 404."""

SECURITY = (Security(_BEARER), Security(_PAGERDUTYS))
"""For the document alone: a route has let its caller in before anything else."""


def route_class(admission: Admission, *, within: float) -> type[APIRoute]:
    """A class of routes that ask ``admission`` before they read a body, and answer within so many seconds."""

    class PublicRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def answer(request: Request) -> Response:
                clock = asyncio.get_running_loop().time
                with correlated():
                    began = clock()
                    async with asyncio.timeout(within):
                        request.state.caller = caller = await admission.of(request)
                    spent = clock() - began
                    if request.method not in READING:  # as slowly as the server allows: the caller's time
                        request = await read_object(request)
                    request.state.answer_by = answer_by = clock() + within - spent
                    try:
                        async with asyncio.timeout_at(answer_by + _OVERDUE) as end:
                            response = await handle(request)
                    except TimeoutError as error:
                        if end.expired():
                            raise ApiError(503, NOT_IN_TIME, RETRY_AFTER) from error
                        raise
                    log.info("API call", caller=caller.token_id, route=self.path, status=response.status_code)
                    return response

            return answer

    return PublicRoute
