"""The two addresses of a service's page: ``/service-directory/<ID>``, and ``/services/<ID>`` in a browser."""

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

DIRECTORY = "/service-directory"
_OF_REST_TOO = "/services/"


class ServicePages:
    """Sends a browser from ``/services/<ID>`` to the page.

    PagerDuty has its pages and its REST API on two hosts; here both are one. Who reads the API sends a
    credential, and who opens a page asks for HTML.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Redirect, or pass on."""
        if scope["type"] == "http" and _is_service_page(scope):
            to = f"{DIRECTORY}/{scope['path'].removeprefix(_OF_REST_TOO)}"
            await RedirectResponse(to, status_code=302)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _is_service_page(scope: Scope) -> bool:
    if scope["method"] not in ("GET", "HEAD") or not scope["path"].startswith(_OF_REST_TOO):
        return False
    headers = Headers(scope=scope)
    return "authorization" not in headers and "text/html" in headers.get("accept", "")
