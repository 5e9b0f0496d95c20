"""Tokens for both directions: Teams to the bot, and the bot to the connector."""

import time
import uuid
from typing import Any

import jwt
from fastapi import APIRouter

from sandbox.company import Company
from sandbox.teams.errors import bot_not_registered, unauthorized
from sandbox.teams.signing_key import SigningKey

CHANNEL_ISSUER = "https://api.botframework.com"
CONNECTOR_AUDIENCE = "https://api.botframework.com"
LIFETIME = 3600
_SKEW = 300
"""Seconds before its issue from which a token is valid, since clocks differ."""


class ChannelTokens:
    """Tokens that show the bot that an activity comes from Teams."""

    def __init__(self, key: SigningKey, company: Company) -> None:
        self._key = key
        self._company = company

    def issue(self, service_url: str) -> str:
        """A token for one activity with this service URL."""
        now = int(time.time())
        return self._key.sign(
            {
                "iss": CHANNEL_ISSUER,
                "aud": self._company.bot_app_id,
                "serviceurl": service_url,
                "nbf": now - _SKEW,
                "iat": now,
                "exp": now + LIFETIME,
            }
        )


class AppTokens:
    """Tokens that the tenant's authority issues to the bot, for the connector."""

    def __init__(self, key: SigningKey, company: Company) -> None:
        self._key = key
        self._company = company
        self._issuer = f"https://sts.windows.net/{company.tenant_id}/"

    def issue(self) -> str:
        """An app-only token for the connector."""
        now = int(time.time())
        return self._key.sign(
            {
                "iss": self._issuer,
                "aud": CONNECTOR_AUDIENCE,
                "appid": self._company.bot_app_id,
                "tid": self._company.tenant_id,
                "idtyp": "app",
                "ver": "1.0",
                "jti": uuid.uuid4().hex,
                "nbf": now - _SKEW,
                "iat": now,
                "exp": now + LIFETIME,
            }
        )

    def check(self, authorization: str | None) -> None:
        """Check that the header has a valid token of the bot; raises ConnectorError."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise unauthorized("The Authorization header must carry a bearer token.")
        try:
            claims = self._key.verify(token.strip(), audience=CONNECTOR_AUDIENCE, issuer=self._issuer)
        except jwt.InvalidTokenError as error:
            raise unauthorized(f"The bearer token is refused: {error}.") from None
        if claims.get("appid") != self._company.bot_app_id:
            raise bot_not_registered()


def metadata_router(key: SigningKey, base_url: str) -> APIRouter:
    """The routes of the documents in which a bot finds the keys of Teams' tokens."""
    router = APIRouter(prefix="/bot/v1/.well-known")

    @router.get("/openidconfiguration")
    async def metadata() -> dict[str, Any]:
        return {
            "issuer": CHANNEL_ISSUER,
            "authorization_endpoint": "https://invalid.botframework.com",
            "jwks_uri": f"{base_url}/bot/v1/.well-known/keys",
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        }

    @router.get("/keys")
    async def keys() -> dict[str, Any]:
        return key.published(endorsements=["msteams"])

    return router
