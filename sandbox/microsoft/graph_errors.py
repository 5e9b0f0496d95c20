"""Graph's refusals."""

import uuid
from datetime import UTC, datetime

from fastapi.responses import JSONResponse, Response


class GraphError(Exception):
    """A refusal in Graph's shape (``odataError``)."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def response(self, client_request_id: str | None) -> Response:
        """The answer; Graph sends a caller's own ``client-request-id`` back."""
        request_id = str(uuid.uuid4())
        inner = {
            "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
            "request-id": request_id,
            "client-request-id": client_request_id or request_id,
        }
        body = {"error": {"code": self.code, "message": self.message, "innerError": inner}}
        return JSONResponse(body, self.status)


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
