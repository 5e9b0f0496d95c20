"""Addresses with a closing slash: people add one, and PagerDuty drops what is answered with a redirect."""

from starlette.types import ASGIApp, Receive, Scope, Send


class WithoutClosingSlash:
    """Serves ``/path/`` as ``/path``."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its path as the routes have it."""
        if scope["type"] == "http" and len(scope["path"]) > 1 and scope["path"].endswith("/"):
            scope = {**scope, "path": scope["path"].rstrip("/") or "/"}
        await self._app(scope, receive, send)
