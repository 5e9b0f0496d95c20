"""Health of a process, as one Starlette application: alive, ready, its dependencies, what it has counted."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from muster.closing_slash import WithoutClosingSlash
from muster.metrics import metrics_route

Check = Callable[[], Awaitable[str]]
"""Looks at one dependency: ``ok``, or what is wrong with it."""


def health_app(checks: Mapping[str, Check] | None = None) -> Starlette:
    """An application with ``/healthz`` and ``/metrics``.

    With ``checks`` it has ``/readyz`` and ``/healthz/dependencies``, too. ``/readyz`` does not look at
    dependencies: one that is down must not take every API out of the balancer.
    """
    routes = [Route("/healthz", _always("alive")), metrics_route()]
    if checks is not None:
        routes += [Route("/readyz", _always("ready")), Route("/healthz/dependencies", _each(checks))]
    return Starlette(routes=routes, middleware=[Middleware(WithoutClosingSlash)])


def _always(status: str) -> Callable[[Request], Awaitable[JSONResponse]]:
    async def answer(_request: Request) -> JSONResponse:
        return JSONResponse({"status": status})

    return answer


def _each(checks: Mapping[str, Check]) -> Callable[[Request], Awaitable[JSONResponse]]:
    async def answer(_request: Request) -> JSONResponse:
        found = {name: await check() for name, check in checks.items()}
        return JSONResponse(found, status_code=200 if set(found.values()) == {"ok"} else 503)

    return answer
