"""One call to Microsoft Graph with the app's own token, its failures typed.

A token is kept while it lives, and renewed once where it lacks what a call needs: an admin may have granted
it since. Then what the token has decides: a 403 without the permission is ``ConsentMissing``, with it
``Forbidden``.
"""

from collections.abc import Mapping
from typing import Any

import httpx

from muster.clients.entra.token import app_tokens
from muster.clients.expiring import ExpiringCache
from muster.clients.graph.client import GRAPH
from muster.clients.graph.errors import KEY_USED, NO_POLICY, ROSTER_BLOCKED, code_of
from muster.clients.graph.roles import roles_of
from muster.clients.http import broken_contract, exchange, json_object, refusal
from muster.clients.teams.clouds import Cloud, clouds_of
from muster.clients.way_out import way_out
from muster.settings import Settings
from workflows.errors import (
    Conflict,
    ConsentMissing,
    CredentialRejected,
    Forbidden,
    OutsideError,
    RequestInvalid,
)

PROVIDER = "Microsoft Graph"
_WITHIN = 8.0
_BY_CODE: Mapping[str, type[OutsideError]] = {
    ROSTER_BLOCKED: RequestInvalid,
    KEY_USED: Conflict,
    NO_POLICY: Forbidden,
}


class AppCalls:
    """Calls by tenant. Every method raises ``OutsideError``s."""

    def __init__(
        self, pool: httpx.AsyncClient, tokens: ExpiringCache[str, str], clouds: Mapping[str, Cloud]
    ) -> None:
        self._pool = pool
        self._tokens = tokens
        self._clouds = clouds

    def address(self, tenant: str, path: str) -> str:
        """The address of something below ``/v1.0``."""
        if tenant not in self._clouds:
            raise RequestInvalid("there is no Teams registration for this tenant")
        return f"{self._clouds[tenant].graph.rstrip('/')}/v1.0/{path}"

    def next_page(self, tenant: str, page: Mapping[str, Any]) -> str | None:
        """The path of the page after this one; ``None``: it is the last. No other host gets the token."""
        link = page.get("@odata.nextLink")
        if link is None:
            return None
        root = self.address(tenant, "")
        if not isinstance(link, str) or not link.startswith(root):
            raise broken_contract(PROVIDER, "a next page that is elsewhere", repeatable=True)
        return link.removeprefix(root)

    async def send(
        self,
        tenant: str,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        needs: str,
        repeatable: bool,
    ) -> dict[str, Any]:
        """The answer's object; ``needs`` is the permission that the call takes."""
        address = self.address(tenant, path)
        token = await self._token_for(tenant, needs)
        response = await self._exchange(method, address, body, token, repeatable=repeatable)
        if response.status_code == 401:
            token = await self._tokens.renew(tenant, token)
            response = await self._exchange(method, address, body, token, repeatable=repeatable)
        if response.is_success:
            return json_object(response)
        raise _refused(response, token, needs, repeatable=repeatable)

    async def require(self, tenant: str, needs: str) -> None:
        """Raise ``ConsentMissing`` where the permission is not granted, before anything is asked."""
        self.address(tenant, "")
        if _lacks(await self._token_for(tenant, needs), needs):
            raise _not_granted(needs)

    async def _token_for(self, tenant: str, needs: str) -> str:
        """A kept one, renewed once where it lacks the permission."""
        token = await self._tokens.get(tenant)
        return await self._tokens.renew(tenant, token) if _lacks(token, needs) else token

    async def _exchange(
        self, method: str, address: str, body: Mapping[str, Any] | None, token: str, *, repeatable: bool
    ) -> httpx.Response:
        request = self._pool.build_request(
            method, address, json=body, headers={"Authorization": f"Bearer {token}"}
        )
        return await exchange(self._pool, request, provider=PROVIDER, within=_WITHIN, repeatable=repeatable)


def _refused(response: httpx.Response, token: str, needs: str, *, repeatable: bool) -> OutsideError:
    if response.status_code == 403 and _lacks(token, needs):
        return _not_granted(needs)
    if response.status_code == 401:
        return CredentialRejected(f"{PROVIDER} answered 401", code=code_of(response))
    return refusal(
        response, provider=PROVIDER, repeatable=repeatable, code=code_of(response), by_code=_BY_CODE
    )


def _lacks(token: str, needs: str) -> bool:
    """Whether a token that can be read certainly does not have the permission."""
    roles = roles_of(token)
    return roles is not None and needs not in roles


def _not_granted(needs: str) -> ConsentMissing:
    return ConsentMissing(f"{needs} is not granted", code=needs)


def lost(what: str, *, repeatable: bool) -> OutsideError:
    """The error for a success that lacks what it must hold."""
    return broken_contract(PROVIDER, what, repeatable=repeatable)


def app_calls(settings: Settings, pool: httpx.AsyncClient) -> AppCalls:
    """Calls in the tenants of the configured registrations."""
    clouds = clouds_of(settings)
    return AppCalls(pool, app_tokens(settings.teams, clouds, way_out(settings), GRAPH), clouds)
