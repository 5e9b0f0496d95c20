"""App-only tokens: what Microsoft's authority issues to the bot itself, and Teams' connector takes."""

import time
import uuid
from typing import Any

from sandbox.company import Company
from sandbox.signing_key import SigningKey

CONNECTOR_AUDIENCE = "https://api.botframework.com"
LIFETIME = 3600
SKEW = 300
"""Seconds before its issue from which a token is valid, since clocks differ."""


def issuer_of(tenant: str) -> str:
    """Who issues access tokens of version 1.0, which those for the connector and for Graph are."""
    return f"https://sts.windows.net/{tenant}/"


def access_claims(company: Company, audience: str, *, idtyp: str = "app") -> dict[str, Any]:
    """What every access token for the bot's registration says; times are real ones."""
    now = int(time.time())
    return {
        "iss": issuer_of(company.tenant_id),
        "aud": audience,
        "appid": company.bot_app_id,
        "tid": company.tenant_id,
        "idtyp": idtyp,
        "ver": "1.0",
        "jti": uuid.uuid4().hex,
        "nbf": now - SKEW,
        "iat": now,
        "exp": now + LIFETIME,
    }


class ConnectorTokens:
    """Tokens of the bot for the connector."""

    def __init__(self, key: SigningKey, company: Company) -> None:
        self._key = key
        self._company = company

    def issue(self) -> str:
        """An app-only token for the connector."""
        return self._key.sign(access_claims(self._company, CONNECTOR_AUDIENCE))

    def claims_of(self, token: str) -> dict[str, Any]:
        """The claims of a token for the connector; raises jwt.InvalidTokenError."""
        issuer = issuer_of(self._company.tenant_id)
        return self._key.verify(token, audience=CONNECTOR_AUDIENCE, issuer=issuer)
