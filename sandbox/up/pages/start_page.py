"""The start page: links, the states and logs of the parts, and buttons that stop a part for some seconds."""

import signal
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import uvicorn
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates
from pydantic import BaseModel, Field

from sandbox.own_pages import OwnPagesOnly
from sandbox.up.pages.links import PageLink
from sandbox.up.pages.log_tail import log_tail
from sandbox.up.pages.waiting_webhooks import waiting_webhooks
from sandbox.up.servers.ports import LOOPBACK
from sandbox.up.start_refused import StartRefused
from sandbox.up.supervision.supervisor import RESTART_AFTER, Supervisor

_TEMPLATES = Path(__file__).parent / "templates"
_LOG_LINES = 4


class Interruption(BaseModel):
    """How to stop a part, and for how many seconds."""

    stop_for: Annotated[float, Field(ge=0, le=3600)] = RESTART_AFTER
    signal: Literal["KILL", "TERM"] = "KILL"


@dataclass(frozen=True, kw_only=True)
class PageContent:
    """What the page shows beside the states of the parts."""

    data: Path
    links: Sequence[PageLink]
    queries: Sequence[PageLink] = ()
    given: Sequence[PageLink] = ()
    """Addresses that Microsoft and PagerDuty must be given."""
    out_of_reach: str | None = None
    """Why they cannot send to these addresses, a sentence."""
    problems: Sequence[str] = ()
    """What is wrong with the credentials, a sentence each."""
    next_step: str | None = None
    pagerduty: str | None = None
    """The PagerDuty simulator; None without one."""


def build_start_page(supervisor: Supervisor, content: PageContent, log_of: Callable[[str], Path]) -> FastAPI:
    """The start page as an application; ``log_of`` has the log file of each part."""
    app = FastAPI(title="Muster sandbox", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(OwnPagesOnly)
    templates = Jinja2Templates(_TEMPLATES)

    @app.get("/")
    def page(request: Request) -> HTMLResponse:
        context = {"content": content, "parts": supervisor.statuses()}
        return templates.TemplateResponse(request, "start.html", context)

    @app.get("/_sandbox/parts")
    def parts() -> list[dict[str, Any]]:
        return [asdict(status) for status in supervisor.statuses()]

    @app.get("/_sandbox/page")
    def state() -> Mapping[str, Any]:
        """What changes on the page; ``webhooks`` is null while their simulator is down."""
        told = [
            asdict(status) | {"log": log_tail(log_of(status.name), _LOG_LINES)}
            for status in supervisor.statuses()
        ]
        return {"parts": told, "webhooks": content.pagerduty and waiting_webhooks(content.pagerduty)}

    @app.post("/_sandbox/parts/{name}")
    def interrupt(name: str, wanted: Interruption) -> dict[str, Any]:
        try:
            stopped = supervisor.interrupt(name, signal.Signals[f"SIG{wanted.signal}"], wanted.stop_for)
        except KeyError:
            raise HTTPException(404, f"there is no part named {name}") from None
        if not stopped:
            raise HTTPException(409, f"{name} is down already")
        return {"name": name, **wanted.model_dump()}

    return app


class StartPage:
    """The server of the start page, in a thread of this process."""

    def __init__(self, app: FastAPI, port: int) -> None:
        self._port = port
        config = uvicorn.Config(
            app, host=LOOPBACK, port=port, log_level="error", access_log=False, timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._thread: threading.Thread | None = None

    def start(self, answers: Callable[[], bool]) -> None:
        """Start serving; returns when ``answers`` is true, or raises StartRefused where the port is taken."""
        try:
            listening = socket.create_server((LOOPBACK, self._port))
        except OSError as error:
            raise StartRefused(
                f"the start page cannot listen on port {self._port} ({error.strerror}): start once more"
            ) from None
        self._thread = threading.Thread(
            target=self._server.run, args=([listening],), name="start-page", daemon=True
        )
        self._thread.start()
        while self._thread.is_alive() and not answers():
            self._thread.join(0.05)

    def stop(self) -> None:
        """Stop serving."""
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join()
