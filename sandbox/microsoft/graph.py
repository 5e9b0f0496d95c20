"""Microsoft Graph under ``/v1.0``: what of it the product calls with app-only tokens."""

import uuid
from datetime import UTC, datetime
from typing import Any

import jwt
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from sandbox.clock import Clock
from sandbox.company import Company
from sandbox.faults import FaultBook
from sandbox.microsoft.calls import answered
from sandbox.microsoft.graph_tokens import GraphTokens
from sandbox.microsoft.state import ReadRecord, Store


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


class Graph:
    """The calls, each for tokens that have its permission."""

    def __init__(self, company: Company, tokens: GraphTokens, address: str) -> None:
        self._company = company
        self._tokens = tokens
        self._address = address

    def answer(self, method: str, path: str, authorization: str | None) -> dict[str, Any]:
        """The answer of a call below ``/v1.0``; raises GraphError."""
        roles = self._roles(authorization)
        if path != "/organization":
            segment = path.strip("/").partition("/")[0]
            raise GraphError(400, "BadRequest", f"Resource not found for the segment '{segment}'.")
        if method != "GET":
            raise GraphError(405, "Request_BadRequest", "Specified HTTP method is not allowed.")
        if "Organization.Read.All" not in roles:
            message = "Insufficient privileges to complete the operation."
            raise GraphError(403, "Authorization_RequestDenied", message)
        return self._organization()

    def _roles(self, authorization: str | None) -> list[str]:
        """The application permissions of a valid token; a person's token has none."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise GraphError(401, "InvalidAuthenticationToken", "Access token is empty.")
        try:
            claims = self._tokens.claims_of(token.strip())
        except jwt.InvalidTokenError:
            raise GraphError(401, "InvalidAuthenticationToken", "Access token validation failure.") from None
        roles: list[str] = claims.get("roles", [])
        return roles

    def _organization(self) -> dict[str, Any]:
        domain = self._company.colleagues[0].email.partition("@")[2]
        return {
            "@odata.context": f"{self._address}/v1.0/$metadata#organization",
            "value": [
                {
                    "id": self._company.tenant_id,
                    "displayName": self._company.tenant_name,
                    "countryLetterCode": "DE",
                    "tenantType": "AAD",
                    "verifiedDomains": [
                        {
                            "capabilities": "Email, OfficeCommunicationsOnline",
                            "isDefault": True,
                            "isInitial": False,
                            "name": domain,
                            "type": "Managed",
                        }
                    ],
                }
            ],
        }


def graph_router(graph: Graph, store: Store, clock: Clock, faults: FaultBook) -> APIRouter:
    """The routes of every call, each recorded."""
    router = APIRouter(prefix="/v1.0")

    @router.api_route("/{_:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    async def call(request: Request) -> Response:
        method, path = request.method, request.url.path.removeprefix("/v1.0")

        def run() -> Response:
            try:
                answer = graph.answer(method, path, request.headers.get("Authorization"))
                response: Response = JSONResponse(answer)
            except GraphError as error:
                response = error.response(request.headers.get("client-request-id"))
            record = ReadRecord(at=clock.now(), method=method, path=path, status=response.status_code)
            store.state.reads.append(record)
            store.changed()
            return response

        return await answered(faults, "graph", {"method": method, "path": path}, run)

    return router
