"""Ways back to the application, in the query of its redirect URI."""

from collections.abc import Mapping
from urllib.parse import urlencode

from fastapi.responses import RedirectResponse, Response

from sandbox.microsoft.errors import EntraError


def back(uri: str, values: Mapping[str, str], state: str | None) -> Response:
    """Send the browser to the application with these values and its own ``state``."""
    # 303: the request may have been a form's, and is not to be sent again.
    return RedirectResponse(_way_back(uri, values, state), status_code=303)


def back_with_error(uri: str, error: EntraError, state: str | None, **more: str) -> Response:
    """Send the browser to the application with a refusal."""
    return back(uri, _told(error) | more, state)


def way_back_with_error(uri: str, error: EntraError, state: str | None) -> str:
    """The address of a link by which a person takes a refusal to the application."""
    return _way_back(uri, _told(error), state)


def _told(error: EntraError) -> dict[str, str]:
    return {"error": error.error, "error_description": error.description}


def _way_back(uri: str, values: Mapping[str, str], state: str | None) -> str:
    query = urlencode({**values, **({"state": state} if state is not None else {})})
    return f"{uri}{'&' if '?' in uri else '?'}{query}"
