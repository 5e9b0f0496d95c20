"""How long a test keeps its connections to the servers that it calls."""

import httpx

KEPT_SHORTLY = httpx.Limits(keepalive_expiry=2)
"""Uvicorn closes a connection that is idle for five seconds, after which httpx gives up its own by default:
one that is used in that moment is cut."""
