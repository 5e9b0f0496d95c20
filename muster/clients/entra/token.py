"""An app's own tokens, one per tenant and purpose, from the tenant's Entra authority."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msal
import requests

from muster.clients.entra.session import TRANSIENT, EntraSession, unanswered
from muster.clients.expiring import Expiring, ExpiringCache
from muster.clients.teams.clouds import Cloud
from muster.clients.way_out import WayOut
from muster.config_file import TeamsRegistration
from workflows.errors import CredentialRejected, ProviderUnavailable, RequestInvalid


class Purpose(NamedTuple):
    """What a token is for."""

    name: str
    """As errors name the token."""
    scope: Callable[[Cloud], str]


class _TenantTokens:
    """Fetches one tenant's tokens. msal blocks, so everything here runs in a thread."""

    def __init__(self, registration: TeamsRegistration, cloud: Cloud, way: WayOut, purpose: Purpose) -> None:
        self._registration = registration
        self._authority = f"{cloud.authority.rstrip('/')}/{registration.tenant}"
        self._host = urlsplit(cloud.authority).hostname or ""
        self._scope = purpose.scope(cloud)
        self._name = purpose.name
        self._way = way
        self._application: Any = None

    def fetch(self) -> Expiring[str]:
        try:
            result = self._acquire()
        except (requests.RequestException, msal.exceptions.MsalError, ValueError) as error:
            # msal raises ValueError for an answer that is not JSON and for a tenant that does not exist.
            raise unanswered(self._host, error, self._name) from None
        if result is None or "error" in result:
            raise _refusal(result or {}, self._name)
        try:
            return Expiring(str(result["access_token"]), float(result["expires_in"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ProviderUnavailable(
                "Entra broke its contract: no token and lifetime in its answer"
            ) from error

    def _acquire(self) -> Any:
        if self._application is None:  # made here since its constructor asks the authority for its endpoints
            self._application = msal.ConfidentialClientApplication(
                self._registration.app_id,
                client_credential=self._registration.app_secret.get_secret_value(),
                authority=self._authority,
                instance_discovery=False,
                http_client=EntraSession(self._way),
            )
        # msal would hand out its cached token again; when to fetch a new one is decided by our cache.
        self._application.remove_tokens_for_client()
        return self._application.acquire_token_for_client([self._scope])


def _refusal(result: Mapping[str, Any], name: str) -> CredentialRejected | ProviderUnavailable:
    error = str(result.get("error", "no reason given"))
    numbers = "".join(f", AADSTS{number}" for number in result.get("error_codes") or ())
    kind = ProviderUnavailable if error in TRANSIENT else CredentialRejected
    return kind(f"Entra refused a {name} ({error}{numbers})", code=error)


def app_tokens(
    registrations: Mapping[str, TeamsRegistration],
    clouds: Mapping[str, Cloud],
    way: WayOut,
    purpose: Purpose,
) -> ExpiringCache[str, str]:
    """Tokens by tenant, kept for the process.

    ``clouds`` has the cloud of each tenant. Fetching raises ``CredentialRejected``, ``ProviderUnavailable``,
    or ``RequestInvalid`` for a tenant that is not configured.
    """
    return ExpiringCache(_fetching(registrations, clouds, way, purpose))


def _fetching(
    registrations: Mapping[str, TeamsRegistration],
    clouds: Mapping[str, Cloud],
    way: WayOut,
    purpose: Purpose,
) -> Callable[[str], Awaitable[Expiring[str]]]:
    tenants = {
        tenant: _TenantTokens(registration, clouds[tenant], way, purpose)
        for tenant, registration in registrations.items()
    }

    async def fetch(tenant: str) -> Expiring[str]:
        if tenant not in tenants:
            raise RequestInvalid("there is no Teams registration for this tenant")
        return await asyncio.to_thread(tenants[tenant].fetch)

    return fetch


def fresh_app_token(
    registrations: Mapping[str, TeamsRegistration],
    clouds: Mapping[str, Cloud],
    way: WayOut,
    purpose: Purpose,
) -> Callable[[str], Awaitable[str]]:
    """Fetches a tenant's token anew at each call: one that is kept tells what was granted an hour ago."""
    fetch = _fetching(registrations, clouds, way, purpose)

    async def fresh(tenant: str) -> str:
        return (await fetch(tenant)).value

    return fresh
