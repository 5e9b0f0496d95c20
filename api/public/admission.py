"""Who calls: the token of a request, in its account's name, and how often it called."""

import re
from collections.abc import Container
from dataclasses import dataclass

from starlette.requests import Request

from api.public.errors import ApiError
from muster.security.api_tokens import fingerprint_of, is_same, is_token
from muster.store import api_tokens
from muster.store.api_tokens import ApiToken
from muster.store.pool import Pool
from muster.strangers import known

CALLS_PER_MINUTE = 120
"""Of one token, at all API processes together."""

_FORMS = re.compile(r'(?:Bearer +|Token +token=)("?)(?P<token>[^" ]+)\1', re.IGNORECASE)


@dataclass(frozen=True)
class CallerIdentity:
    """An automation that may call: its token's id and name, and the user of PagerDuty that it acts as."""

    token_id: str
    name: str
    account: str
    pagerduty_user: str
    pagerduty_email: str


class Admission:
    """Lets in whoever has a token of one of the configured ``accounts``."""

    def __init__(self, pool: Pool, accounts: Container[str]) -> None:
        self._pool = pool
        self._accounts = accounts

    async def of(self, request: Request) -> CallerIdentity:
        """Who calls, and one call more of theirs; raises ``ApiError`` 401 or 429."""
        token = await self._token(request.headers.get("authorization", ""))
        known()
        counted = await api_tokens.count_call(self._pool, token.id)
        if counted is None:
            raise _unknown()
        if counted.calls > CALLS_PER_MINUTE:
            raise ApiError(
                429,
                f"this token has called more than {CALLS_PER_MINUTE} times within a minute",
                retry_after=min(counted.left, 60),
            )
        return CallerIdentity(
            token.id, token.name, token.account, token.pagerduty_user, token.pagerduty_email
        )

    async def _token(self, header: str) -> ApiToken:
        form = _FORMS.fullmatch(header.strip())
        if form is None:
            raise ApiError(401, "a token is missing: Authorization: Bearer mst_…")
        if not is_token(form["token"]):
            raise _unknown()
        id, digest = fingerprint_of(form["token"])
        found = await api_tokens.find(self._pool, id)
        if found is None or not is_same(found.digest, digest) or found.account not in self._accounts:
            raise _unknown()
        return found


def _unknown() -> ApiError:
    return ApiError(401, "this token is unknown or was revoked")
