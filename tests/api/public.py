"""A caller of the public API: tokens, and what an error looks like."""

from typing import Any

import httpx

from muster.security.api_tokens import new_token
from muster.store import api_tokens
from muster.store.pool import Pool
from tests.support.company import ACCOUNT

EMAIL = "ada@acme.example"
SOON = 1.5
"""Seconds after which the API answers 202, so that a test of what takes longer is over soon."""
PATIENT = 10.0
"""The same, where a worker that is slow for a moment is to change no answer."""


async def given_token(pool: Pool, *, account: str = ACCOUNT, name: str = "PagerDuty workflows") -> str:
    """A new token that acts as Ada."""
    token = new_token()
    await api_tokens.insert(
        pool, token, account=account, name=name, pagerduty_user="PUSER01", pagerduty_email=EMAIL
    )
    return token


def bearer(token: str) -> dict[str, str]:
    """The header of a call."""
    return {"Authorization": f"Bearer {token}"}


def error_of(answer: httpx.Response) -> tuple[int, str]:
    """The status and the message; the body has nothing else."""
    body: dict[str, Any] = answer.json()
    assert answer.headers["content-type"] == "application/json"
    assert body.keys() == {"error"}
    assert body["error"].keys() == {"message"}
    return answer.status_code, body["error"]["message"]
