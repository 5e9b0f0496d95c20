"""Read a form of the console, and lead on to the next page."""

from collections import defaultdict
from urllib.parse import parse_qsl

from fastapi import Request
from starlette.responses import RedirectResponse, Response

Form = defaultdict[str, str]


async def read_fields(request: Request) -> list[tuple[str, str]]:
    """The form's fields in their order; a name can come several times."""
    return parse_qsl((await request.body()).decode(errors="replace"), keep_blank_values=True)


async def read_form(request: Request) -> Form:
    """The form's fields by name; a missing one is empty."""
    return defaultdict(str, await read_fields(request))


def redirect(path: str) -> Response:
    """Lead the browser to another page."""
    return RedirectResponse(path, status_code=303)
