"""PagerDuty's ID tokens: who authorized, and in which account (*The PagerDuty OpenID ID Token*).

Its documents spell the issuer in two ways, call ``sub`` an address or an id, and write the region as a word.
So the issuer is the discovery document's, the person ``user_id``, and the region the REST address in ``aud``.
"""

from typing import Literal

import httpx

from muster.clients.id_tokens import Claims, IdTokens, IdTokenWrong, audience_of
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


class AuthorizationRefused(Exception):
    """A return that connects nothing; nothing of a token or code is in it.

    ``about`` is for operators: the claim that is wrong, the scope that is missing, the role.
    """

    def __init__(self, reason: Reason, about: str | None = None) -> None:
        super().__init__(reason if about is None else f"{reason}: {about}")
        self.reason = reason
        self.about = about


class PagerDutyIdTokens:
    """Verifies what the identity hosts of accounts sign."""

    def __init__(self, pool: httpx.AsyncClient) -> None:
        self._id_tokens = IdTokens(pool, provider="PagerDuty's identity host")

    async def person(self, account: PagerDutyAccount, id_token: str) -> str:
        """The user id of whoever authorized in this account.

        Raises ``AuthorizationRefused``, or ``OutsideError`` where the published keys cannot be read.
        """
        try:
            claims = await self._id_tokens.claims(
                id_token,
                metadata_url=account.identity_url.rstrip("/") + IDENTITY_METADATA,
                client_id=account.client_id,
            )
        except IdTokenWrong as wrong:
            raise _wrong(wrong.claim) from None
        _check_region(claims, account)
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


def _check_region(claims: Claims, account: PagerDutyAccount) -> None:
    audience = {one.rstrip("/") for one in audience_of(claims)}
    if account.regional_url not in audience:
        elsewhere = any(one.startswith("https://") for one in audience)
        raise AuthorizationRefused("other_region") if elsewhere else _wrong("aud")


def _wrong(claim: str) -> AuthorizationRefused:
    return AuthorizationRefused("id_token_wrong", claim)
