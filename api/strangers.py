"""Every request is a stranger's until its route has found out who sent it."""

import structlog
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from muster.strangers import stranger

log = structlog.stdlib.get_logger(__name__)


class Strangers:
    """Bounds what a request may write into the log, and is the last stop of what fails in it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request; raises nothing, since the server would write a traceback for anybody."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        with stranger():
            try:
                await self._app(scope, receive, sending)
            except Exception:
                log.exception("a request failed")
                if not started:
                    await JSONResponse({"detail": "Muster failed"}, 500)(scope, receive, send)
