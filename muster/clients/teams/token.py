"""The bot's own tokens for the Bot Connector, one per tenant, from the tenant's Entra authority."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msal
import requests

from muster.clients.expiring import Expiring, ExpiringCache
from muster.settings import TeamsRegistration
from workflows.errors import CredentialRejected, ProviderUnavailable, RequestInvalid

_SCOPE = "https://api.botframework.com/.default"
_CONNECT_AND_READ = (2.0, 5.0)
_TRANSIENT = frozenset({"temporarily_unavailable", "server_error", "slow_down"})


class _Session(requests.Session):
    """What msal sends with: limited in time, to the configured authority alone.

    ``REQUESTS_CA_BUNDLE`` or a proxy of the environment would win over what is configured here, and a
    redirect would carry the app's secret to whoever it names.
    """

    def __init__(self, ca_file: Path | None) -> None:
        super().__init__()
        self.trust_env = False
        self.max_redirects = 0  # a redirect is an error, which msal hands on
        if ca_file is not None:
            self.verify = str(ca_file)

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        kwargs["timeout"] = _CONNECT_AND_READ
        return super().send(request, **kwargs)


class _TenantTokens:
    """Fetches one tenant's tokens. msal blocks, so everything here runs in a thread."""

    def __init__(self, registration: TeamsRegistration, authority: str, ca_file: Path | None) -> None:
        self._registration = registration
        self._authority = f"{authority.rstrip('/')}/{registration.tenant}"
        self._ca_file = ca_file
        self._application: Any = None

    def fetch(self) -> Expiring[str]:
        try:
            result = self._acquire()
        except (requests.RequestException, msal.exceptions.MsalError, ValueError) as error:
            # msal raises ValueError for an answer that is not JSON and for a tenant that does not exist.
            raise ProviderUnavailable("Entra gave no usable answer to the request for a bot token") from error
        if result is None or "error" in result:
            raise _refusal(result or {})
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
                http_client=_Session(self._ca_file),
            )
        # msal would hand out its cached token again; when to fetch a new one is decided by our cache.
        self._application.remove_tokens_for_client()
        return self._application.acquire_token_for_client([_SCOPE])


def _refusal(result: Mapping[str, Any]) -> CredentialRejected | ProviderUnavailable:
    error = str(result.get("error", "no reason given"))
    numbers = "".join(f", AADSTS{number}" for number in result.get("error_codes") or ())
    kind = ProviderUnavailable if error in _TRANSIENT else CredentialRejected
    return kind(f"Entra refused a bot token ({error}{numbers})", code=error)


def bot_tokens(
    registrations: Mapping[str, TeamsRegistration], authority: str, ca_file: Path | None
) -> ExpiringCache[str, str]:
    """Tokens by tenant, kept for the process.

    Fetching raises ``CredentialRejected``, ``ProviderUnavailable``, or ``RequestInvalid`` for a tenant
    that is not configured.
    """
    tenants = {
        tenant: _TenantTokens(registration, authority, ca_file)
        for tenant, registration in registrations.items()
    }

    async def fetch(tenant: str) -> Expiring[str]:
        if tenant not in tenants:
            raise RequestInvalid("there is no Teams registration for this tenant")
        return await asyncio.to_thread(tenants[tenant].fetch)

    return ExpiringCache(fetch)
