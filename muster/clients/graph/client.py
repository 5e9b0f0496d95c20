"""Calls to Microsoft Graph with app-only tokens, one call per method."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx

from muster.clients.entra.token import Purpose, fresh_app_token
from muster.clients.graph.roles import roles_of
from muster.clients.http import broken_contract, exchange, json_object, refusal
from muster.clients.teams.clouds import Cloud, clouds_of
from muster.clients.way_out import way_out
from muster.settings import Settings
from muster.values import NAME, one_line
from workflows.errors import ConsentMissing, OutsideError, RequestInvalid

_PROVIDER = "Microsoft Graph"
_WITHIN = 8.0
_BY_CODE: Mapping[str, type[OutsideError]] = {"Authorization_RequestDenied": ConsentMissing}
"""Graph's code for a permission that is not granted (*Microsoft Graph error responses*)."""

GRAPH = Purpose("Graph token", lambda cloud: cloud.graph_scope)


class GraphClient:
    """Asks Graph about tenants. Every method raises ``OutsideError``s.

    Each call fetches a token of its own: set-ups are rare, and a kept token tells what was granted long ago.
    """

    def __init__(
        self,
        pool: httpx.AsyncClient,
        fresh_token: Callable[[str], Awaitable[str]],
        clouds: Mapping[str, Cloud],
    ) -> None:
        self._pool = pool
        self._fresh_token = fresh_token
        self._clouds = clouds

    async def granted_roles(self, tenant: str) -> frozenset[str] | None:
        """Application permissions that the tenant grants now; ``None`` where the token does not tell."""
        return roles_of(await self._fresh_token(tenant))

    async def organization_name(self, tenant: str) -> str:
        """What the tenant calls itself; empty where it does not say."""
        body = await self._get(tenant, "v1.0/organization?$select=id,displayName")
        found = body.get("value")
        if not isinstance(found, list):
            raise broken_contract(_PROVIDER, "an answer without a list of organizations", repeatable=True)
        # A tenant is one organization.
        names = (one.get("displayName") for one in found if isinstance(one, dict))
        return one_line(next((name for name in names if isinstance(name, str)), ""), NAME)

    async def _get(self, tenant: str, path: str) -> dict[str, Any]:
        if tenant not in self._clouds:
            raise RequestInvalid("there is no Teams registration for this tenant")
        token = await self._fresh_token(tenant)
        request = self._pool.build_request(
            "GET",
            f"{self._clouds[tenant].graph.rstrip('/')}/{path}",
            headers={"Authorization": f"Bearer {token}"},
        )
        response = await exchange(self._pool, request, provider=_PROVIDER, within=_WITHIN, repeatable=True)
        if response.is_success:
            return json_object(response)
        raise refusal(
            response, provider=_PROVIDER, repeatable=True, code=_code_of(response), by_code=_BY_CODE
        )


def graph_client(settings: Settings, pool: httpx.AsyncClient) -> GraphClient:
    """The client for the configured registrations."""
    clouds = clouds_of(settings)
    return GraphClient(pool, fresh_app_token(settings.teams, clouds, way_out(settings), GRAPH), clouds)


def _code_of(response: httpx.Response) -> str | None:
    error = json_object(response).get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) else None
