"""Ways back to the application, in the query of its redirect URI."""

from collections.abc import Mapping
from urllib.parse import urlencode

from fastapi.responses import RedirectResponse, Response

from sandbox.microsoft.errors import EntraError


def back(uri: str, values: Mapping[str, str], state: str | None) -> Response:
    """Send the browser to the application with these values and its own ``state``."""
    query = urlencode({**values, **({"state": state} if state is not None else {})})
    # 303: the request may have been a form's, and is not to be sent again.
    return RedirectResponse(f"{uri}{'&' if '?' in uri else '?'}{query}", status_code=303)


def back_with_error(uri: str, error: EntraError, state: str | None, **more: str) -> Response:
    """Send the browser to the application with a refusal."""
    told = {"error": error.error, "error_description": error.description}
    return back(uri, told | more, state)
