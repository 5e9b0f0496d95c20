"""Authorization by a person in PagerDuty: where it begins, and what its return is worth."""

import base64
import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx

from muster.clients.http import broken_contract, json_object, refusal
from muster.clients.pagerduty.id_tokens import AuthorizationRefused, PagerDutyIdTokens
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.clients.pagerduty.token_answers import PROVIDER, WITHIN, Issued, answer_to, issued
from muster.config_file import PagerDutyAccount
from muster.person_tokens import Tokens
from muster.values import NAME, VALUE, one_line, written
from workflows.errors import OutsideError, Temporary
from workflows.rights import AdminRole, may_authorize
from workflows.values import Value

ADMIN_SCOPES = ("openid", "users.read")
"""For one read of who they are."""
PERSON_SCOPES = (
    "openid",
    "incidents.read",
    "incidents.write",
    "users.read",
    "services.read",
    "teams.read",
    "escalation_policies.read",
    "schedules.read",
    "oncalls.read",
    "priorities.read",
    "incident_types.read",
    "custom_fields.read",
    "incident_workflows.read",
    "incident_workflows:instances.write",
    "subscribers.read",
    "subscribers.write",
    "abilities.read",
    "change_events.read",
)
"""For all that a person does and sees by their own token (docs/platform-facts.md, *Scope set to request*)."""

_ERRORS = frozenset({"invalid_request", "invalid_client", "unauthorized_client", "unsupported_grant_type"})
"""Of RFC 6749, 5.2; any other text could quote what was sent."""


class Admin(Value):
    """Who authorized, as what."""

    user: str
    name: str
    role: AdminRole


@dataclass(frozen=True)
class AuthorizedPerson:
    """Who authorized Muster to act for them, and by which tokens."""

    user: str
    name: str
    email: str
    role: str | None
    """PagerDuty's ``user.role``, the base role of the account; ``None``: it does not say."""
    tokens: Tokens = field(repr=False)


class OAuthClient:
    """Sends people to PagerDuty and reads what their return says.

    ``redirect_uri`` is the one that the app is registered with, to the letter.
    """

    def __init__(self, pool: httpx.AsyncClient, redirect_uri: str) -> None:
        self._pool = pool
        self._redirect_uri = redirect_uri
        self._rest = PagerDutyClient(pool)
        self._id_tokens = PagerDutyIdTokens(pool)

    def authorize_url(
        self, account: PagerDutyAccount, *, state: str, verifier: str, scopes: Collection[str]
    ) -> str:
        """Where a person's browser goes to authorize (PKCE, S256)."""
        digest = hashlib.sha256(verifier.encode()).digest()
        query = {
            "client_id": account.client_id,
            "redirect_uri": self._redirect_uri,
            "response_type": "code",
            "scope": " ".join(scopes),
            "state": state,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        return f"{account.identity_url.rstrip('/')}/oauth/authorize?{urlencode(query)}"

    async def admin(self, account: PagerDutyAccount, *, code: str, verifier: str) -> Admin:
        """Exchange the code, and say which admin of this account it came from; the tokens are dropped.

        Raises ``AuthorizationRefused``, or a ``Temporary`` where PagerDuty does not answer: then the person
        may begin again.
        """
        _, user = await self._authorized(account, code, verifier, ADMIN_SCOPES)
        role = user.get("role")
        if not may_authorize(role):
            raise AuthorizationRefused("role_too_low", one_line(written(role), NAME))
        return Admin(user=user["id"], name=_name_of(user), role=role)

    async def person(self, account: PagerDutyAccount, *, code: str, verifier: str) -> AuthorizedPerson:
        """Exchange the code, and say which user of this account it came from, with their tokens.

        Raises as ``admin`` does.
        """
        tokens, user = await self._authorized(account, code, verifier, PERSON_SCOPES)
        email = one_line(user.get("email"), VALUE)
        if not email:
            raise broken_contract(PROVIDER, "a user without an e-mail address", repeatable=True)
        role = one_line(written(user.get("role")), NAME) if user.get("role") else None
        return AuthorizedPerson(user["id"], _name_of(user), email, role, tokens)

    async def _authorized(
        self, account: PagerDutyAccount, code: str, verifier: str, scopes: Collection[str]
    ) -> tuple[Tokens, dict[str, Any]]:
        """The tokens that the code gives, and the user that they are of."""
        answer = await self._exchange(account, code, verifier)
        # No answer has to name ``openid``. A scope that the app does not have is left out without an error.
        missing = sorted(set(scopes) - {"openid"} - set(answer.tokens.scopes))
        if missing:
            raise AuthorizationRefused("scope_missing", " ".join(missing))
        person = await self._id_tokens.person(account, answer.id_token)
        return answer.tokens, await self._read_user(account, person, answer.tokens.access_token)

    async def _exchange(self, account: PagerDutyAccount, code: str, verifier: str) -> Issued:
        grant = {
            "grant_type": "authorization_code",
            "redirect_uri": self._redirect_uri,
            "code": code,
            "code_verifier": verifier,
        }
        response = await answer_to(self._pool, account, grant)
        if not response.is_success:
            raise _exchange_refused(response)
        return issued(response)

    async def _read_user(self, account: PagerDutyAccount, person: str, token: str) -> dict[str, Any]:
        try:
            return await self._rest.get_user(account, person, token=token, within=WITHIN)
        except Temporary:
            raise
        except OutsideError as error:
            raise AuthorizationRefused("person_unread", type(error).__name__) from None


def _name_of(user: dict[str, Any]) -> str:
    return one_line(user.get("name"), NAME) or str(user["id"])


def _exchange_refused(response: httpx.Response) -> Exception:
    code = json_object(response).get("error")
    failure = refusal(response, provider=PROVIDER, repeatable=True, code=None, by_code={})
    if isinstance(failure, Temporary):
        return failure
    if code == "invalid_grant":
        return AuthorizationRefused("code_refused")
    known = code if code in _ERRORS else "no known error"
    return AuthorizationRefused("app_refused", f"{response.status_code} ({known})")
