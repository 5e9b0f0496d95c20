"""Authorization by a person in PagerDuty: where it begins, and what its return is worth.

The tokens that PagerDuty gives for it are used for one read and are kept nowhere.
"""

import base64
import hashlib
from typing import Literal, get_args
from urllib.parse import urlencode

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from muster.clients.http import broken_contract, exchange, json_object, refusal
from muster.clients.pagerduty.id_tokens import AuthorizationRefused, IdTokens
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.config_file import PagerDutyAccount
from muster.values import NAME, one_line, written
from workflows.errors import OutsideError, Temporary
from workflows.values import Value

AdminRole = Literal["owner", "admin"]
"""PagerDuty's names for *Account Owner* and *Global Admin* (REST schema, ``User.role``)."""
_SCOPES = ("openid", "users.read")
_NEEDED = frozenset({"users.read"})
"""``openid`` is in no answer; a scope that the app does not have is left out without an error."""

_PROVIDER = "PagerDuty's token endpoint"
_WITHIN = 5.0
_ERRORS = frozenset({"invalid_request", "invalid_client", "unauthorized_client", "unsupported_grant_type"})
"""Of RFC 6749, 5.2; any other text could quote what was sent."""


class Admin(Value):
    """Who authorized, as what."""

    user: str
    name: str
    role: AdminRole


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    access_token: str
    id_token: str = ""
    scope: str = ""


class OAuthClient:
    """Sends people to PagerDuty and reads what their return says.

    ``redirect_uri`` is the one that the app is registered with, to the letter.
    """

    def __init__(self, pool: httpx.AsyncClient, redirect_uri: str) -> None:
        self._pool = pool
        self._redirect_uri = redirect_uri
        self._rest = PagerDutyClient(pool)
        self._id_tokens = IdTokens(pool)

    def authorize_url(self, account: PagerDutyAccount, *, state: str, verifier: str) -> str:
        """Where a person's browser goes to authorize (PKCE, S256)."""
        digest = hashlib.sha256(verifier.encode()).digest()
        query = {
            "client_id": account.client_id,
            "redirect_uri": self._redirect_uri,
            "response_type": "code",
            "scope": " ".join(_SCOPES),
            "state": state,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        return f"{account.identity_url.rstrip('/')}/oauth/authorize?{urlencode(query)}"

    async def admin(self, account: PagerDutyAccount, *, code: str, verifier: str) -> Admin:
        """Exchange the code, and say which admin of this account it came from.

        Raises ``AuthorizationRefused``, or a ``Temporary`` where PagerDuty does not answer: then the person
        may begin again.
        """
        answer = await self._exchange(account, code, verifier)
        missing = _NEEDED - set(answer.scope.split())
        if missing:
            raise AuthorizationRefused("scope_missing", " ".join(missing))
        person = await self._id_tokens.person(account, answer.id_token)
        return await self._read_admin(account, person, answer.access_token)

    async def _exchange(self, account: PagerDutyAccount, code: str, verifier: str) -> _Answer:
        request = self._pool.build_request(
            "POST",
            f"{account.identity_url.rstrip('/')}/oauth/token",
            data={
                "grant_type": "authorization_code",
                "client_id": account.client_id,
                "client_secret": account.client_secret.get_secret_value(),
                "redirect_uri": self._redirect_uri,
                "code": code,
                "code_verifier": verifier,
            },
        )
        # Repeatable: a lost code costs nothing but that the person begins again.
        response = await exchange(self._pool, request, provider=_PROVIDER, within=_WITHIN, repeatable=True)
        if not response.is_success:
            raise _exchange_refused(response)
        try:
            return _Answer.model_validate_json(response.content)
        except ValidationError:
            # Not chained: pydantic's text could quote the answer, and the answer holds tokens.
            raise broken_contract(_PROVIDER, "no token in its answer", repeatable=True) from None

    async def _read_admin(self, account: PagerDutyAccount, person: str, token: str) -> Admin:
        try:
            user = await self._rest.get_user(account, person, token=token, within=_WITHIN)
        except Temporary:
            raise
        except OutsideError as error:
            raise AuthorizationRefused("person_unread", type(error).__name__) from None
        role = user.get("role")
        if role not in get_args(AdminRole):
            raise AuthorizationRefused("role_too_low", one_line(written(role), NAME))
        return Admin(user=person, name=one_line(user.get("name"), NAME) or person, role=role)


def _exchange_refused(response: httpx.Response) -> Exception:
    code = json_object(response).get("error")
    failure = refusal(response, provider=_PROVIDER, repeatable=True, code=None, by_code={})
    if isinstance(failure, Temporary):
        return failure
    if code == "invalid_grant":
        return AuthorizationRefused("code_refused")
    known = code if code in _ERRORS else "no known error"
    return AuthorizationRefused("app_refused", f"{response.status_code} ({known})")
