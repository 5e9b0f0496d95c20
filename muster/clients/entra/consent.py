"""Where a tenant's admin consents: the address that Entra's metadata lead to (*v2-admin-consent*)."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import httpx

from muster.clients.expiring import Expiring, ExpiringCache
from muster.clients.http import broken_contract, exchange, json_object, refusal
from muster.clients.teams.clouds import Cloud
from muster.config_file import TeamsRegistration
from muster.setting_types import is_address
from workflows.errors import RequestInvalid

_PROVIDER = "Entra"
_WITHIN = 3.0
_LIFETIME = 24 * 3600.0
_AUTHORIZE, _CONSENT = "oauth2/v2.0/authorize", "v2.0/adminconsent"


@dataclass(frozen=True)
class _Tenant:
    registration: TeamsRegistration
    cloud: Cloud


class ConsentPages:
    """The consent pages of the configured tenants. What Entra's metadata say is kept for a day.

    ``clouds`` has the cloud of each tenant; ``redirect_uri`` is the registered one, to the letter.
    """

    def __init__(
        self,
        pool: httpx.AsyncClient,
        registrations: Mapping[str, TeamsRegistration],
        clouds: Mapping[str, Cloud],
        redirect_uri: str,
    ) -> None:
        self._pool = pool
        self._tenants = {
            tenant: _Tenant(registration, clouds[tenant]) for tenant, registration in registrations.items()
        }
        self._redirect_uri = redirect_uri
        self._pages: ExpiringCache[str, str] = ExpiringCache(self._fetch)

    async def page(self, tenant: str) -> str:
        """The page, without what it is asked.

        Raises ``OutsideError``: ``RequestInvalid`` for a tenant that is not configured.
        """
        if tenant not in self._tenants:
            raise RequestInvalid("there is no Teams registration for this tenant")
        return await self._pages.get(tenant)

    async def address(self, tenant: str, *, state: str) -> str:
        """Where a browser goes to consent to what the registration asks for; raises as ``page`` does."""
        page = await self.page(tenant)
        query = {
            "client_id": self._tenants[tenant].registration.app_id,
            "scope": self._tenants[tenant].cloud.graph_scope,
            "redirect_uri": self._redirect_uri,
            "state": state,
        }
        return f"{page}?{urlencode(query)}"

    async def _fetch(self, tenant: str) -> Expiring[str]:
        authority = self._tenants[tenant].cloud.authority.rstrip("/")
        request = self._pool.build_request(
            "GET", f"{authority}/{tenant}/v2.0/.well-known/openid-configuration"
        )
        response = await exchange(self._pool, request, provider=_PROVIDER, within=_WITHIN, repeatable=True)
        if not response.is_success:
            raise refusal(response, provider=_PROVIDER, repeatable=True, code=None, by_code={})
        told = json_object(response).get("authorization_endpoint")
        if not isinstance(told, str) or not is_address(told, "https", "http"):
            raise broken_contract(_PROVIDER, "metadata without an address to sign in at", repeatable=True)
        if not told.endswith(f"/{_AUTHORIZE}"):
            raise broken_contract(_PROVIDER, "an address to sign in at of an unknown form", repeatable=True)
        return Expiring(told.removesuffix(_AUTHORIZE) + _CONSENT, _LIFETIME)
