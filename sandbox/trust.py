"""The certificate authorities that simulators trust."""

import ssl
from functools import cache

import httpx


@cache
def trust() -> ssl.SSLContext:
    """Those of a process: to read them takes 30 ms, and every client would read them for itself."""
    return httpx.create_ssl_context(trust_env=False)
