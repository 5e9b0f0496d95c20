"""The app's own PagerDuty tokens (client credentials), one per account, for what nobody clicked for.

PagerDuty leaves out the scopes that the app's registration lacks, without an error (OAuth functionality
guide). So a token is kept with the scopes that it has, and each use names those that it needs.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from muster.clients.expiring import Expiring, ExpiringCache
from muster.clients.http import broken_contract, exchange, json_object, refusal
from muster.clients.pagerduty.app_scopes import SCOPES, Use
from muster.config_file import PagerDutyAccount
from workflows.errors import LACKS_SCOPES, CredentialRejected, Forbidden, RequestInvalid

_PROVIDER = "PagerDuty's token endpoint"
_WITHIN = 5.0
_ASKED_AGAIN_AFTER = 30.0
"""Seconds between two tokens of an account that are asked for because the one at hand lacks scopes."""


ResultT = TypeVar("ResultT")


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    access_token: str
    expires_in: float
    scope: str = ""


@dataclass(frozen=True)
class _Token:
    value: str = field(repr=False)
    scopes: frozenset[str]

    def missing(self, use: Use) -> list[str]:
        return [scope for scope in use.scopes if scope not in self.scopes]


class AppTokens:
    """Tokens by account key, kept for the process.

    Its methods raise ``CredentialRejected``, ``Forbidden`` (the registration lacks scopes that the use
    needs, named with the feature), ``ProviderUnavailable``, ``RateLimited``, or ``RequestInvalid`` for an
    account that is not configured.
    """

    def __init__(
        self,
        pool: httpx.AsyncClient,
        accounts: Mapping[str, PagerDutyAccount],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pool = pool
        self._accounts = accounts
        self._clock = clock
        self._ask_again_at: dict[str, float] = {}
        """By account: nobody asks for more scopes before."""
        self._cache: ExpiringCache[str, _Token] = ExpiringCache(self._fetch)

    async def get(self, account: str, use: Use) -> str:
        """A token that has the scopes of the use."""
        token = await self._cache.get(account)
        now = self._clock()
        if token.missing(use) and now >= self._ask_again_at.get(account, now):
            # Whoever registered the app may have granted them since.
            self._ask_again_at[account] = now + _ASKED_AGAIN_AFTER
            token = await self._cache.renew(account, token)
        return self._value(token, use)

    async def renew(self, account: str, rejected: str, use: Use) -> str:
        """Another token than ``rejected``, which PagerDuty refused before its life was over."""
        token = await self._cache.get(account)
        if token.value == rejected:
            token = await self._cache.renew(account, token)
        return self._value(token, use)

    async def asked(self, account: str, use: Use, ask: Callable[[str], Awaitable[ResultT]]) -> ResultT:
        """What ``ask`` returns for a token; one that PagerDuty does not accept is replaced once."""
        token = await self.get(account, use)
        try:
            return await ask(token)
        except CredentialRejected:
            return await ask(await self.renew(account, token, use))

    def _value(self, token: _Token, use: Use) -> str:
        if missing := token.missing(use):
            scopes = ", ".join(missing)
            raise Forbidden(
                f"{use.feature} needs the scopes {scopes}, which the registration of the PagerDuty app lacks",
                code=f"{LACKS_SCOPES}:{','.join(missing)}",
                says=scopes,
            )
        return token.value

    async def _fetch(self, key: str) -> Expiring[_Token]:
        if key not in self._accounts:
            raise RequestInvalid("there is no PagerDuty account of this name in the configuration")
        return await _fetch(self._pool, self._accounts[key])


async def _fetch(pool: httpx.AsyncClient, account: PagerDutyAccount) -> Expiring[_Token]:
    request = pool.build_request(
        "POST",
        f"{account.identity_url.rstrip('/')}/oauth/token",
        data={
            "grant_type": "client_credentials",
            "client_id": account.client_id,
            "client_secret": account.client_secret.get_secret_value(),
            "scope": " ".join((f"as_account-{account.region}.{account.subdomain}", *SCOPES)),
        },
    )
    response = await exchange(pool, request, provider=_PROVIDER, within=_WITHIN, repeatable=True)
    if not response.is_success:
        error = json_object(response).get("error")
        raise refusal(
            response,
            provider=_PROVIDER,
            repeatable=True,
            code=error if isinstance(error, str) else None,
            by_code={"invalid_client": CredentialRejected, "unauthorized_client": CredentialRejected},
        )
    try:
        answer = _Answer.model_validate_json(response.content)
    except ValidationError:
        # Not chained: pydantic's text would quote the answer, and the answer holds a token.
        raise broken_contract(_PROVIDER, "no token and lifetime in its answer", repeatable=True) from None
    return Expiring(_Token(answer.access_token, frozenset(answer.scope.split())), answer.expires_in)
