"""Microsoft Graph under ``/v1.0``: what of it the product calls with app-only tokens."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from sandbox import graph_errors
from sandbox.clock import Clock
from sandbox.company import Company
from sandbox.faults import FaultBook
from sandbox.graph_errors import GraphError
from sandbox.graph_tokens import GraphTokens
from sandbox.microsoft.calls import answered
from sandbox.microsoft.directory import Directory
from sandbox.microsoft.graph_people import GraphPeople
from sandbox.microsoft.state import ReadRecord, Store
from sandbox.microsoft.teams_graph import TeamsGraph, is_answered_by_teams


class Graph:
    """The calls, each for tokens that have its permission."""

    def __init__(self, company: Company, directory: Directory, tokens: GraphTokens, address: str) -> None:
        self._company = company
        self._directory = directory
        self._people = GraphPeople(directory, address)
        self._tokens = tokens
        self._address = address

    def answer(
        self, method: str, path: str, query: Mapping[str, str], authorization: str | None
    ) -> dict[str, Any]:
        """The answer of a call below ``/v1.0``; raises GraphError."""
        roles = self._tokens.roles_of(authorization)
        match path.strip("/").split("/"):
            case ["organization"]:
                _must_read(method)
                if "Organization.Read.All" not in roles:
                    raise graph_errors.request_denied()
                return self._organization()
            case ["users"]:
                _must_read(method)
                return self._people.filtered(query.get("$filter", ""), query.get("$select"), roles)
            case ["users", key] if key:
                _must_read(method)
                return self._people.answer(key, query.get("$select"), roles)
            case [segment, *_]:
                raise graph_errors.bad_request(f"Resource not found for the segment '{segment}'.")
        raise AssertionError(path)  # a split text has a first part

    def _organization(self) -> dict[str, Any]:
        domain = self._directory.domain
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


def _must_read(method: str) -> None:
    if method != "GET":
        raise GraphError(405, "Request_BadRequest", "Specified HTTP method is not allowed.")


def graph_router(
    graph: Graph, of_teams: TeamsGraph, store: Store, clock: Clock, faults: FaultBook
) -> APIRouter:
    """The routes of every call, each recorded; some of them by Teams."""
    router = APIRouter(prefix="/v1.0")

    @router.api_route("/{_:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    async def call(request: Request) -> Response:
        method, path = request.method, request.url.path.removeprefix("/v1.0")

        if is_answered_by_teams(path):
            try:
                return await of_teams.answer(request, path)
            except GraphError as error:
                return error.response(request.headers.get("client-request-id"))

        def run() -> Response:
            try:
                answer = graph.answer(
                    method, path, request.query_params, request.headers.get("Authorization")
                )
                response: Response = JSONResponse(answer)
            except GraphError as error:
                response = error.response(request.headers.get("client-request-id"))
            record = ReadRecord(at=clock.now(), method=method, path=path, status=response.status_code)
            store.state.reads.append(record)
            store.changed()
            return response

        on = "user" if path.strip("/").split("/")[0] == "users" else "graph"
        return await answered(faults, on, {"method": method, "path": path}, run)

    return router
