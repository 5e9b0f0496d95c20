"""The token with which the Bot Framework signs what it sends (Bot Connector authentication)."""

from collections.abc import Collection
from typing import Any

import jwt

from muster.clients.teams.jwks import BotKeys

_ISSUER = "https://api.botframework.com"
_CHANNEL = "msteams"
_SKEW = 5 * 60
_REASONS: dict[type[jwt.InvalidTokenError], str] = {
    jwt.ExpiredSignatureError: "the token has expired",
    jwt.ImmatureSignatureError: "the token is not valid yet",
    jwt.InvalidAudienceError: "the token is for another app",
    jwt.InvalidIssuerError: "the token is from another issuer",
    jwt.InvalidSignatureError: "the token's signature is wrong",
    jwt.MissingRequiredClaimError: "the token lacks a claim",
}


class TokenRefused(Exception):
    """The token is missing or not valid; the text is the reason and holds nothing of the token."""


class BotTokenVerifier:
    """Accepts RS256 tokens for one of ``app_ids``, signed with a published key that is endorsed for Teams."""

    def __init__(self, keys: BotKeys, app_ids: Collection[str]) -> None:
        self._keys = keys
        self._app_ids = frozenset(app_ids)

    async def verify(self, authorization: str | None, *, service_url: str) -> dict[str, Any]:
        """The claims of the ``Authorization`` header of an activity that names ``service_url``.

        Raises ``TokenRefused``, or ``OutsideError`` where the published keys cannot be read.
        """
        token = _bearer(authorization)
        key = await self._key(token)
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=["RS256"],
                audience=self._app_ids,
                issuer=_ISSUER,
                leeway=_SKEW,
                options={"require": ["exp", "iss", "aud"]},
            )
        except jwt.InvalidTokenError as error:
            raise TokenRefused(_REASONS.get(type(error), "the token is malformed")) from error
        _check_service_url(claims.get("serviceurl"), service_url)
        return claims

    async def _key(self, token: str) -> jwt.PyJWK:
        try:
            header = jwt.get_unverified_header(token)
        except jwt.InvalidTokenError as error:
            raise TokenRefused("the token is malformed") from error
        if header.get("alg") != "RS256":
            raise TokenRefused("the token is not signed with RS256")
        key_id = header.get("kid")
        found = await self._keys.find(key_id) if isinstance(key_id, str) else None
        if found is None:
            raise TokenRefused("the token's key is not published")
        if _CHANNEL not in found.endorsements:
            raise TokenRefused("the token's key is not endorsed for Teams")
        return found.key


def _bearer(authorization: str | None) -> str:
    scheme, _, token = (authorization or "").strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise TokenRefused("there is no bearer token")
    return token.strip()


def _check_service_url(claim: Any, service_url: str) -> None:
    """The claim binds the token to the address that answers go to; only a closing slash may differ."""
    if not isinstance(claim, str) or not claim:
        raise TokenRefused("the token names no service address")
    if claim.rstrip("/") != service_url.rstrip("/"):
        raise TokenRefused("the token is for another service address")
