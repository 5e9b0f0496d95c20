"""An app's own tokens, one per tenant and purpose, from the tenant's Entra authority."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msal
import requests
import structlog
from requests.adapters import HTTPAdapter

from muster.clients.expiring import Expiring, ExpiringCache
from muster.clients.teams.clouds import Cloud
from muster.clients.way_out import WayOut, certificate_refused, proxy_refused
from muster.config_file import TeamsRegistration
from workflows.errors import CredentialRejected, ProviderUnavailable, RequestInvalid

log = structlog.stdlib.get_logger(__name__)

_CONNECT_AND_READ = (2.0, 5.0)
_TRANSIENT = frozenset({"temporarily_unavailable", "server_error", "slow_down"})


class Purpose(NamedTuple):
    """What a token is for."""

    name: str
    """As errors name the token."""
    scope: Callable[[Cloud], str]


class _Adapter(HTTPAdapter):
    """Trusts what the way out trusts, straight and through a proxy; requests has authorities of its own."""

    def __init__(self, trust: ssl.SSLContext) -> None:
        self._trust = trust
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, ssl_context=self._trust)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        return super().proxy_manager_for(*args, **kwargs, ssl_context=self._trust)

    def cert_verify(self, conn: Any, *_: Any, **__: Any) -> None:
        """Leave the context as it is, where requests would add its own authorities."""
        conn.cert_reqs = "CERT_REQUIRED"


class _Session(requests.Session):
    """What msal sends with: limited in time, to the configured address, without the environment's settings.

    ``REQUESTS_CA_BUNDLE`` or a proxy of the environment would win over what is configured here. A redirect is
    an error: the secret in the form must not go where it points.
    """

    def __init__(self, way: WayOut) -> None:
        super().__init__()
        self.trust_env = False
        self.max_redirects = 0  # a redirect is an error, which msal hands on
        self.mount("https://", _Adapter(way.trust))
        if way.proxy is not None:
            self.proxies = {"http": way.proxy, "https": way.proxy}

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        return super().send(request, **kwargs | {"timeout": _CONNECT_AND_READ})


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
            raise _unanswered(self._host, error, self._name) from None
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
                http_client=_Session(self._way),
            )
        # msal would hand out its cached token again; when to fetch a new one is decided by our cache.
        self._application.remove_tokens_for_client()
        return self._application.acquire_token_for_client([self._scope])


def _unanswered(host: str, error: Exception, name: str) -> ProviderUnavailable:
    """Entra's silence, with its reason where an operator can mend it: that is an error of the log."""
    causes = list(_causes(error))
    refused = next((cause for cause in causes if isinstance(cause, ssl.SSLCertVerificationError)), None)
    if refused is not None:
        why = certificate_refused(host, refused)
    elif any(isinstance(cause, requests.exceptions.ProxyError) for cause in causes):
        why = proxy_refused(host)
    else:
        return ProviderUnavailable(f"Entra gave no usable answer to the request for a {name}")
    problem = f"Entra cannot be reached: {why}"
    log.error("no way out", provider="Entra", problem=problem)
    return ProviderUnavailable(problem)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and all that it was made of: requests keeps causes as ``args``, and as their ``reason``."""
    yield error
    for inner in (*error.args, getattr(error, "reason", None)):
        if isinstance(inner, BaseException):
            yield from _causes(inner)


def _refusal(result: Mapping[str, Any], name: str) -> CredentialRejected | ProviderUnavailable:
    error = str(result.get("error", "no reason given"))
    numbers = "".join(f", AADSTS{number}" for number in result.get("error_codes") or ())
    kind = ProviderUnavailable if error in _TRANSIENT else CredentialRejected
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
