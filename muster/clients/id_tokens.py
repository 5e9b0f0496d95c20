"""ID tokens, verified by the keys that whoever issues them publishes (OpenID Connect Core, 3.1.3.7).

Libraries for signing in decode them at most; a token that nobody verified says what its writer liked.
"""

import hmac
from collections.abc import Mapping
from typing import Any

import httpx
import jwt
from jwt.exceptions import InvalidSubjectError

from muster.clients.jwks import PublishedKeys
from muster.values import written

Claims = Mapping[str, Any]

_LEEWAY = 60
"""Seconds by which the issuer's clock and ours may differ."""
_REQUIRED = ("exp", "iat", "iss", "aud")
_CLAIMS: dict[type[jwt.InvalidTokenError], str] = {
    jwt.ExpiredSignatureError: "exp",
    jwt.ImmatureSignatureError: "iat",
    jwt.InvalidIssuedAtError: "iat",
    InvalidSubjectError: "sub",
    jwt.InvalidSignatureError: "signature",
}


class IdTokenWrong(Exception):
    """A token that counts for nothing. ``claim`` names what is wrong; nothing of the token is in the text."""

    def __init__(self, claim: str, tenant: str | None = None) -> None:
        super().__init__(claim)
        self.claim = claim
        self.tenant = tenant
        """Of another issuer: the tenant (``tid``) that the token is of, where it names one."""


class IdTokens:
    """Verifies ID tokens with the keys that their issuers publish, which are kept for a day.

    ``provider`` is how failures name whoever publishes them.
    """

    def __init__(self, pool: httpx.AsyncClient, *, provider: str) -> None:
        self._pool = pool
        self._provider = provider
        self._keys: dict[str, PublishedKeys] = {}

    async def claims(
        self, id_token: str, *, metadata_url: str, client_id: str, nonce: str | None = None
    ) -> Claims:
        """What a token says that is for this client and, where ``nonce`` is given, for this sign-in.

        ``metadata_url`` has the issuer's name and its keys. Raises ``IdTokenWrong``, or ``OutsideError``
        where the published keys cannot be read.
        """
        keys = self._keys_at(metadata_url)
        try:
            claims: dict[str, Any] = jwt.decode(
                id_token,
                await _key(keys, id_token),
                algorithms=["RS256"],
                leeway=_LEEWAY,
                options={"require": list(_REQUIRED), "verify_aud": False, "verify_iss": False},
            )
        except jwt.MissingRequiredClaimError as error:
            raise IdTokenWrong(error.claim) from None
        except jwt.InvalidTokenError as error:
            raise IdTokenWrong(_CLAIMS.get(type(error), "form")) from None
        if client_id not in audience_of(claims):
            raise IdTokenWrong("aud")
        if claims.get("azp", client_id) != client_id:
            raise IdTokenWrong("azp")
        if nonce is not None and not _are_same(claims.get("nonce"), nonce):
            raise IdTokenWrong("nonce")
        if claims["iss"] != await keys.issuer():
            raise IdTokenWrong("iss", written(claims.get("tid")) or None)
        return claims

    def _keys_at(self, metadata_url: str) -> PublishedKeys:
        if metadata_url not in self._keys:
            self._keys[metadata_url] = PublishedKeys(self._pool, metadata_url, provider=self._provider)
        return self._keys[metadata_url]


def audience_of(claims: Claims) -> frozenset[str]:
    """For whom the token is; it may be one or several."""
    told = claims["aud"]
    return frozenset(written(one) for one in (told if isinstance(told, list) else [told]))


async def _key(keys: PublishedKeys, id_token: str) -> jwt.PyJWK:
    try:
        header = jwt.get_unverified_header(id_token)
    except jwt.InvalidTokenError:
        raise IdTokenWrong("form") from None
    if header.get("alg") != "RS256":
        raise IdTokenWrong("alg")
    key_id = header.get("kid")
    found = await keys.find(key_id) if isinstance(key_id, str) else None
    if found is None:
        raise IdTokenWrong("kid")
    return found.key


def _are_same(told: Any, nonce: str) -> bool:
    return hmac.compare_digest(written(told).encode(errors="replace"), nonce.encode())
