"""Calls to Microsoft Graph with app-only tokens, one call per method."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote

import httpx

from muster.clients.entra.token import Purpose, fresh_app_token
from muster.clients.graph.errors import code_of
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
        # A tenant is one organization.
        names = (one.get("displayName") for one in await self._organizations(tenant))
        return one_line(next((name for name in names if isinstance(name, str)), ""), NAME)

    async def organization_ids(self, tenant: str) -> frozenset[str]:
        """Whose directory answers: the tenant's own id, in lower case, and no other."""
        return frozenset(str(one.get("id")).lower() for one in await self._organizations(tenant))

    async def token(self, tenant: str) -> str:
        """A token for several calls in a row; ``RequestInvalid`` for a tenant that is not configured."""
        self._check(tenant)
        return await self._fresh_token(tenant)

    async def get_user(self, tenant: str, person: str, *, token: str) -> None:
        """Return where the directory has a person of this object id; asks for ``User.ReadBasic.All``.

        Raises ``NotFound`` with Graph's code where Graph knows nobody of this id, and ``ConsentMissing``
        or ``Forbidden`` where the tenant does not let the app look.
        """
        path = f"v1.0/users/{quote(person, safe='')}?$select=id"
        found = (await self._read(tenant, path, token)).get("id")
        if not isinstance(found, str) or found.lower() != person.lower():
            raise broken_contract(_PROVIDER, "not the person that was asked for", repeatable=True)

    async def _organizations(self, tenant: str) -> list[dict[str, Any]]:
        self._check(tenant)
        token = await self._fresh_token(tenant)
        found = (await self._read(tenant, "v1.0/organization?$select=id,displayName", token)).get("value")
        if not isinstance(found, list):
            raise broken_contract(_PROVIDER, "an answer without a list of organizations", repeatable=True)
        return [one for one in found if isinstance(one, dict)]

    def _check(self, tenant: str) -> None:
        if tenant not in self._clouds:
            raise RequestInvalid("there is no Teams registration for this tenant")

    async def _read(self, tenant: str, path: str, token: str) -> dict[str, Any]:
        request = self._pool.build_request(
            "GET",
            f"{self._clouds[tenant].graph.rstrip('/')}/{path}",
            headers={"Authorization": f"Bearer {token}"},
        )
        response = await exchange(self._pool, request, provider=_PROVIDER, within=_WITHIN, repeatable=True)
        if response.is_success:
            return json_object(response)
        raise refusal(response, provider=_PROVIDER, repeatable=True, code=code_of(response), by_code=_BY_CODE)


def graph_client(settings: Settings, pool: httpx.AsyncClient) -> GraphClient:
    """The client for the configured registrations."""
    clouds = clouds_of(settings)
    return GraphClient(pool, fresh_app_token(settings.teams, clouds, way_out(settings), GRAPH), clouds)
