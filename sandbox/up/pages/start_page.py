"""The start page: links, the states of the parts, and buttons that stop a part for some seconds."""

import signal
import threading
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import uvicorn
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates
from pydantic import BaseModel, Field

from sandbox.own_pages import OwnPagesOnly
from sandbox.up.servers.ports import LOOPBACK
from sandbox.up.supervision.supervisor import RESTART_AFTER, Supervisor

_TEMPLATES = Path(__file__).parent / "templates"


class Interruption(BaseModel):
    """How to stop a part, and for how many seconds."""

    stop_for: Annotated[float, Field(ge=0, le=3600)] = RESTART_AFTER
    signal: Literal["KILL", "TERM"] = "KILL"


@dataclass(frozen=True)
class PageLink:
    """A link on the start page and in the terminal."""

    title: str
    description: str
    url: str


def temporal_queries(ui_url: str, queries: Iterable[PageLink]) -> list[PageLink]:
    """The links with whole addresses; before, each is a path in the Temporal UI."""
    return [replace(query, url=f"{ui_url}{query.url}") for query in queries]


def build_start_page(
    supervisor: Supervisor, links: list[PageLink], queries: list[PageLink], data: Path
) -> FastAPI:
    """The start page as an application."""
    app = FastAPI(title="Muster sandbox", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(OwnPagesOnly)
    templates = Jinja2Templates(_TEMPLATES)

    @app.get("/")
    def page(request: Request) -> HTMLResponse:
        context = {"links": links, "queries": queries, "data": data, "parts": supervisor.statuses()}
        return templates.TemplateResponse(request, "start.html", context)

    @app.get("/_sandbox/parts")
    def parts() -> list[dict[str, Any]]:
        return [asdict(status) for status in supervisor.statuses()]

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
        config = uvicorn.Config(
            app, host=LOOPBACK, port=port, log_level="error", access_log=False, timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, name="start-page", daemon=True)

    def start(self, answers: Callable[[], bool]) -> None:
        """Start serving; returns when ``answers`` is true."""
        self._thread.start()
        while self._thread.is_alive() and not answers():
            self._thread.join(0.05)

    def stop(self) -> None:
        """Stop serving."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join()
