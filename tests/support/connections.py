"""How tests call servers over HTTP: straight, whatever the environment says."""

from typing import Any

import httpx

from sandbox.trust import trust

KEPT_SHORTLY = httpx.Limits(keepalive_expiry=2)
"""Uvicorn closes a connection that is idle for five seconds, after which httpx gives up its own by default:
one that is used in that moment is cut."""


def async_client(**options: Any) -> httpx.AsyncClient:
    """A client with httpx's own ``options``. All of a process share what they trust (``sandbox.trust``)."""
    return httpx.AsyncClient(verify=trust(), trust_env=False, **options)


def sync_client(**options: Any) -> httpx.Client:
    """The same, and nothing else is done while it waits."""
    return httpx.Client(verify=trust(), trust_env=False, **options)


def request(method: str, url: str, **more: Any) -> httpx.Response:
    """One call by a client of its own."""
    with sync_client(timeout=more.pop("timeout", 5)) as client:
        return client.request(method, url, **more)
