"""Graph's refusals."""

import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from fastapi.responses import JSONResponse, Response


class GraphError(Exception):
    """A refusal in Graph's shape (``odataError``)."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        inner: Mapping[str, Any] | None = None,
        beside: Mapping[str, Any] | None = None,
        retry_after: int | None = None,
    ) -> None:
        """``inner``: what the service behind Graph said; ``beside``: what stands beside code and message.

        ``retry_after``: seconds.
        """
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.inner = inner or {}
        self.beside = beside or {}
        self.retry_after = retry_after

    def response(self, client_request_id: str | None) -> Response:
        """The answer; Graph sends a caller's own ``client-request-id`` back."""
        request_id = str(uuid.uuid4())
        inner = {
            **self.inner,
            "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
            "request-id": request_id,
            "client-request-id": client_request_id or request_id,
        }
        body = {"error": {"code": self.code, "message": self.message, **self.beside, "innerError": inner}}
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return JSONResponse(body, self.status, headers)


def bad_request(message: str) -> GraphError:
    """The request makes no sense."""
    return GraphError(400, "BadRequest", message)


def request_denied() -> GraphError:
    """The token lacks the permission."""
    return GraphError(
        403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."
    )


def resource_not_found(key: str) -> GraphError:
    """The directory has no such object."""
    message = (
        f"Resource '{key}' does not exist or one of its queried reference-property objects are not present."
    )
    return GraphError(404, "Request_ResourceNotFound", message)


def missing_roles(one_of: Iterable[str], roles: Iterable[str]) -> GraphError:
    """The token lacks every permission that a call of Teams takes (*Missing role permissions*)."""
    message = (
        f"Missing role permissions on the request. API requires one of '{', '.join(one_of)}'. "
        f"Roles on the request '{', '.join(roles)}'."
    )
    return GraphError(403, "Forbidden", message)


def access_denied() -> GraphError:
    """The token lacks the permission that Exchange asks for."""
    return GraphError(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")


def not_found(message: str) -> GraphError:
    """Teams has no such chat, member or app."""
    return GraphError(404, "NotFound", message)


def no_licence() -> GraphError:
    """The person has no Teams (issue 1666 of microsoftgraph/msgraph-sdk-powershell). It does not say who."""
    message = (
        "Failed to get license information for the user. "
        "Ensure user has a valid Office365 license assigned to them."
    )
    return GraphError(403, "Forbidden", message)


def too_many_requests(seconds: int) -> GraphError:
    """The app called too often; it may again after so many seconds."""
    return GraphError(429, "TooManyRequests", "The request has been throttled.", retry_after=seconds)
