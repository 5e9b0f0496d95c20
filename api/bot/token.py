"""The token with which the Bot Framework signs what it sends (Bot Connector authentication)."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

import jwt

from muster.clients.teams.clouds import CLOUDS, clouds_of
from muster.clients.teams.jwks import BotKeys
from muster.clients.teams.service_url import same_address
from muster.identifiers import uuid_of
from muster.settings import Settings

_CHANNEL = "msteams"
_SKEW = 5 * 60
_REASONS: dict[type[jwt.InvalidTokenError], str] = {
    jwt.ExpiredSignatureError: "the token has expired",
    jwt.ImmatureSignatureError: "the token is not valid yet",
    jwt.InvalidIssuerError: "the token is from another issuer",
    jwt.InvalidSignatureError: "the token's signature is wrong",
    jwt.MissingRequiredClaimError: "the token lacks a claim",
}


class TokenRefused(Exception):
    """The token is missing or not valid; the text is the reason and holds nothing of the token."""


class TokenVerifier(Protocol):
    """Tells a token of the Bot Framework from any other."""

    async def claims(self, authorization: str | None) -> dict[str, Any]:
        """The claims of the token in an ``Authorization`` header; needs nothing else of a request.

        ``aud`` among them is in small letters, and ``check_service_url`` is to come. Raises ``TokenRefused``,
        or ``OutsideError`` where the published keys cannot be read.
        """


def check_service_url(claims: Mapping[str, Any], service_url: str) -> None:
    """The token is bound to the address that answers go to, which the activity names as ``service_url``.

    Only a closing slash and the case of scheme and host may differ. Raises ``TokenRefused``.
    """
    claim = claims.get("serviceurl")
    if not isinstance(claim, str) or not claim:
        raise TokenRefused("the token names no service address")
    if not same_address(claim, service_url):
        raise TokenRefused("the token is for another service address")


class BotTokenVerifier:
    """Accepts RS256 tokens of one cloud.

    They are for one of ``app_ids``, of ``issuer``, and signed with a published key endorsed for Teams.
    """

    def __init__(
        self, keys: BotKeys, app_ids: Collection[str], *, issuer: str = CLOUDS["public"].issuer
    ) -> None:
        self._keys = keys
        self._app_ids = frozenset(app_ids)
        self._issuer = issuer

    def knows(self, app_id: str | None) -> bool:
        """Whether it accepts tokens for this app."""
        return app_id in self._app_ids

    async def claims(self, authorization: str | None) -> dict[str, Any]:
        """See ``TokenVerifier``."""
        token = _bearer(authorization)
        key = await self._key(token)
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=["RS256"],
                issuer=self._issuer,
                leeway=_SKEW,
                options={"require": ["exp", "iss", "aud"], "verify_aud": False},
            )
        except jwt.InvalidTokenError as error:
            raise TokenRefused(_REASONS.get(type(error), "the token is malformed")) from error
        claims["aud"] = uuid_of(claims["aud"])
        if not self.knows(claims["aud"]):
            raise TokenRefused("the token is for another app")
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


class CloudsTokenVerifier:
    """Lets each token be judged by the cloud of the app that it is for, and by no other."""

    def __init__(self, verifiers: Sequence[BotTokenVerifier]) -> None:
        self._verifiers = tuple(verifiers)

    async def claims(self, authorization: str | None) -> dict[str, Any]:
        """See ``TokenVerifier``."""
        app_id = _claimed_app(_bearer(authorization))
        for verifier in self._verifiers:
            if verifier.knows(app_id):
                return await verifier.claims(authorization)
        raise TokenRefused("the token is for another app")


def token_verifier(settings: Settings, keys_of: Callable[[str], BotKeys]) -> TokenVerifier:
    """The verifier for the configured registrations; ``keys_of`` makes the keys of a metadata address."""
    apps = defaultdict[tuple[str, str], set[str]](set)
    for tenant, cloud in clouds_of(settings).items():
        apps[cloud.metadata_url, cloud.issuer].add(settings.teams[tenant].app_id)
    return CloudsTokenVerifier(
        [
            BotTokenVerifier(keys_of(metadata_url), app_ids, issuer=issuer)
            for (metadata_url, issuer), app_ids in apps.items()
        ]
    )


def _claimed_app(token: str) -> str | None:
    """The app that a token says it is for; nothing has verified that yet."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise TokenRefused("the token is malformed") from error
    if "aud" not in claims:
        raise TokenRefused("the token lacks a claim")
    return uuid_of(claims["aud"])


def _bearer(authorization: str | None) -> str:
    scheme, _, token = (authorization or "").strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise TokenRefused("there is no bearer token")
    return token.strip()
