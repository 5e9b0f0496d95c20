"""How msal sends, and what it means where nothing usable comes back."""

import ssl
from collections.abc import Iterator
from typing import Any

import requests
import structlog
from requests.adapters import HTTPAdapter

from muster.clients.way_out import WayOut, certificate_refused, proxy_refused
from workflows.errors import ProviderUnavailable

log = structlog.stdlib.get_logger(__name__)

TRANSIENT = frozenset({"temporarily_unavailable", "server_error", "slow_down"})
"""Errors of Entra that pass by themselves."""
_CONNECT_AND_READ = (2.0, 5.0)


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


class EntraSession(requests.Session):
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
        """Send with a limit for connecting and one for each read."""
        return super().send(request, **kwargs | {"timeout": _CONNECT_AND_READ})


def unanswered(host: str, error: Exception, name: str) -> ProviderUnavailable:
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
