"""Tokens for both directions: Teams to the bot, and the bot to the connector."""

import time
from typing import Any

import jwt
from fastapi import APIRouter

from sandbox.app_tokens import LIFETIME, SKEW, ConnectorTokens
from sandbox.company import Company
from sandbox.signing_key import SigningKey
from sandbox.teams.errors import bot_not_registered, unauthorized

CHANNEL_ISSUER = "https://api.botframework.com"


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
                "nbf": now - SKEW,
                "iat": now,
                "exp": now + LIFETIME,
            }
        )


class BotTokens:
    """The check of the tokens that the bot brings to the connector; Microsoft's authority issued them."""

    def __init__(self, key: SigningKey, company: Company) -> None:
        self._tokens = ConnectorTokens(key, company)
        self._company = company

    def check(self, authorization: str | None) -> None:
        """Check that the header has a valid token of the bot; raises ConnectorError."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise unauthorized("The Authorization header must carry a bearer token.")
        try:
            claims = self._tokens.claims_of(token.strip())
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
