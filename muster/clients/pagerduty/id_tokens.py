"""PagerDuty's ID tokens: who authorized, and in which account (*The PagerDuty OpenID ID Token*).

Its documents spell the issuer in two ways, call ``sub`` an address or an id, and write the region as a word.
So the issuer is the discovery document's, the person ``user_id``, and the region the REST address in ``aud``.
"""

from typing import Any, Literal

import httpx
import jwt
from jwt.exceptions import InvalidSubjectError

from muster.clients.jwks import PublishedKeys
from muster.clients.pagerduty.rest import IDENTITY_METADATA
from muster.config_file import PagerDutyAccount
from muster.values import identifier, written

Reason = Literal[
    "denied",
    "code_refused",  # late, used already, or of another flow
    "app_refused",  # the app's own credentials, or how it is registered
    "scope_missing",
    "id_token_wrong",
    "other_account",
    "other_region",
    "person_unread",  # PagerDuty does not show the person's user
    "role_too_low",
]

_PROVIDER = "PagerDuty's identity host"
_LEEWAY = 60
"""Seconds by which its clock and ours may differ."""
_CLAIMS: dict[type[jwt.InvalidTokenError], str] = {
    jwt.ExpiredSignatureError: "exp",
    jwt.ImmatureSignatureError: "iat",
    jwt.InvalidIssuedAtError: "iat",
    jwt.InvalidIssuerError: "iss",
    InvalidSubjectError: "sub",
    jwt.InvalidSignatureError: "signature",
}


class AuthorizationRefused(Exception):
    """A return that connects nothing; nothing of a token or code is in it.

    ``about`` is for operators: the claim that is wrong, the scope that is missing, the role.
    """

    def __init__(self, reason: Reason, about: str | None = None) -> None:
        super().__init__(reason if about is None else f"{reason}: {about}")
        self.reason = reason
        self.about = about


class IdTokens:
    """Verifies ID tokens with the keys that their identity host publishes, which are kept for a day."""

    def __init__(self, pool: httpx.AsyncClient) -> None:
        self._pool = pool
        self._keys: dict[str, PublishedKeys] = {}

    async def person(self, account: PagerDutyAccount, id_token: str) -> str:
        """The user id of whoever authorized in this account.

        Raises ``AuthorizationRefused``, or ``OutsideError`` where the published keys cannot be read.
        """
        keys = self._keys_of(account)
        try:
            claims: dict[str, Any] = jwt.decode(
                id_token,
                await _key(keys, id_token),
                algorithms=["RS256"],
                issuer=await keys.issuer(),
                leeway=_LEEWAY,
                options={"require": ["exp", "iat", "iss", "aud"], "verify_aud": False},
            )
        except jwt.MissingRequiredClaimError as error:
            raise _wrong(error.claim) from None
        except jwt.InvalidTokenError as error:
            raise _wrong(_CLAIMS.get(type(error), "form")) from None
        _check_audience(claims, account)
        if identifier(claims.get("account_id")) is None:
            raise _wrong("account_id")
        subdomain = written(claims.get("subdomain"))
        if not subdomain:
            raise _wrong("subdomain")
        if subdomain.casefold() != account.subdomain.casefold():
            raise AuthorizationRefused("other_account")
        person = identifier(claims.get("user_id"))
        if person is None:
            raise _wrong("user_id")
        return person

    def _keys_of(self, account: PagerDutyAccount) -> PublishedKeys:
        url = account.identity_url.rstrip("/") + IDENTITY_METADATA
        return self._keys.setdefault(url, PublishedKeys(self._pool, url, provider=_PROVIDER))


async def _key(keys: PublishedKeys, id_token: str) -> jwt.PyJWK:
    try:
        header = jwt.get_unverified_header(id_token)
    except jwt.InvalidTokenError:
        raise _wrong("form") from None
    if header.get("alg") != "RS256":
        raise _wrong("alg")
    key_id = header.get("kid")
    found = await keys.find(key_id) if isinstance(key_id, str) else None
    if found is None:
        raise _wrong("kid")
    return found.key


def _check_audience(claims: dict[str, Any], account: PagerDutyAccount) -> None:
    told = claims["aud"]
    audience = {written(one).rstrip("/") for one in (told if isinstance(told, list) else [told])}
    if account.client_id not in audience:
        raise _wrong("aud")
    if claims.get("azp", account.client_id) != account.client_id:
        raise _wrong("azp")
    if account.regional_url not in audience:
        elsewhere = any(one.startswith("https://") for one in audience)
        raise AuthorizationRefused("other_region") if elsewhere else _wrong("aud")


def _wrong(claim: str) -> AuthorizationRefused:
    return AuthorizationRefused("id_token_wrong", claim)
