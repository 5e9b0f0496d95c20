"""The files of the page, and Microsoft's card renderer, which npm installed."""

import os
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, PlainTextResponse, Response

PAGE = Path(__file__).parent / "page"
_IN_CACHE = Path("muster/npm/node_modules/adaptivecards/dist/adaptivecards.min.js")


def renderer_path() -> Path:
    """The file of the renderer: ``MUSTER_ADAPTIVECARDS_JS``, or where the set-up installs it."""
    named = os.environ.get("MUSTER_ADAPTIVECARDS_JS")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / _IN_CACHE


def files_router(renderer: Path) -> APIRouter:
    """The routes of both pages and of the renderer; where that is missing, ``/`` and it say how to get it."""
    router = APIRouter()

    @router.get("/")
    def index() -> Response:
        return FileResponse(PAGE / "index.html") if renderer.is_file() else _missing(renderer)

    @router.get("/calendar")
    def calendar() -> Response:
        return FileResponse(PAGE / "calendar.html")

    @router.get("/page/vendor/adaptivecards.min.js")
    def adaptive_cards() -> Response:
        if not renderer.is_file():
            return _missing(renderer)
        return FileResponse(renderer, media_type="text/javascript")

    return router


def _missing(renderer: Path) -> Response:
    return PlainTextResponse(
        f"The page draws cards with the npm package adaptivecards, which is not at {renderer}. "
        "Run make setup, or set MUSTER_ADAPTIVECARDS_JS to its dist/adaptivecards.min.js.",
        503,
    )
