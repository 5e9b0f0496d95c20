"""The public API as an application of its own, and how it stands beside the edge."""

from collections.abc import Callable, Iterable, Sequence

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.public.chat import chat_router
from api.public.conversations import conversations_router
from api.public.custom_actions import custom_actions_router
from api.public.dedicated_chats import dedicated_chats_router
from api.public.document import DocumentedApp
from api.public.errors import ErrorHandler, error_answer, error_handlers
from api.public.health import health_router
from api.public.meetings import meetings_router
from api.public.members import members_router
from api.public.messages import messages_router
from api.public.operations import operations_router
from api.public.public_api import PublicApi

DOCUMENT = "/v1/openapi.json"
PREFIXES = ("/integration-ms-teams", "/v1")

ROUTERS: tuple[Callable[[PublicApi], APIRouter], ...] = (
    health_router,
    dedicated_chats_router,
    meetings_router,
    custom_actions_router,
    messages_router,
    conversations_router,
    chat_router,
    members_router,
    operations_router,
)
_DESCRIPTION = """\
For automations: PagerDuty's own Teams API under `/integration-ms-teams`, and what goes beyond it under `/v1`.
An error is `{"error": {"message": …}}`."""


def public_app(api: PublicApi, routers: Iterable[Callable[[PublicApi], APIRouter]] = ROUTERS) -> FastAPI:
    """The application with these routers."""
    app = DocumentedApp(
        title="Muster",
        version="1",
        description=_DESCRIPTION,
        openapi_url=DOCUMENT,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers=error_handlers(),
    )
    routes: list[APIRoute] = []
    for make_router in routers:
        router = make_router(api)
        routes += [route for route in router.routes if isinstance(route, APIRoute)]
        app.include_router(router)
    app.add_exception_handler(405, _saying_all_methods(routes))
    return app


def _saying_all_methods(routes: Sequence[APIRoute]) -> ErrorHandler:
    """Names every method of an address in ``Allow``: the framework names those of its first route alone."""

    async def not_allowed(request: Request, error: HTTPException) -> Response:
        methods = set((error.headers or {})["Allow"].split(", "))
        for route in routes:
            if route.path_regex.match(request.url.path):
                methods |= route.methods or set()
        allowed = {"Allow": ", ".join(sorted(methods))}
        return error_answer(405, "this address does not take this method", allowed)

    return not_allowed


class Beside:
    """Passes what is under one of the ``PREFIXES`` to the public API, and everything else to the edge."""

    def __init__(self, edge: ASGIApp, *, public: ASGIApp) -> None:
        self._edge = edge
        self._public = public

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request by one of the two."""
        path = scope.get("path", "")
        is_public = any(path == prefix or path.startswith(f"{prefix}/") for prefix in PREFIXES)
        await (self._public if is_public else self._edge)(scope, receive, send)
