"""Authorization codes, and the tokens that they and refresh tokens are exchanged for."""

import base64
import hashlib
import re
import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta

from sandbox.clock import Clock
from sandbox.pagerduty.directory import Directory
from sandbox.pagerduty.identity.authorize_request import AuthorizeRequest
from sandbox.pagerduty.identity.model import AccessToken, Code, Delegation, RefreshToken, Session
from sandbox.pagerduty.identity.registration import Registration
from sandbox.pagerduty.identity.revocation import Revocation
from sandbox.pagerduty.ids import new_access_token, new_refresh_token
from sandbox.pagerduty.store import Store

CODE_LIFE = timedelta(seconds=30)
ACCESS_LIFE = timedelta(days=1)
REFRESH_LIFE = timedelta(days=30)
"""Each use begins it anew."""
DELEGATION_LIFE = timedelta(days=365)
"""How long one authorization can be refreshed at most."""
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
"""RFC 7636, 4.1."""


class GrantRefused(Exception):
    """The code or the refresh token gives no token: ``invalid_grant``."""


@dataclass(frozen=True)
class Issued:
    """The tokens of one answer."""

    access_token: str
    refresh_token: str
    lifetime: timedelta
    delegation_id: str
    delegation: Delegation


class Delegations:
    """The authorizations of the account's client, with their codes and tokens."""

    def __init__(
        self,
        registration: Registration,
        directory: Directory,
        revocation: Revocation,
        store: Store,
        clock: Clock,
    ) -> None:
        self._registration = registration
        self._directory = directory
        self._revocation = revocation
        self._store = store
        self._clock = clock

    def new_code(self, request: AuthorizeRequest, session: Session) -> str:
        """A code for the user of the session; ``openid`` belongs to every token."""
        code = secrets.token_urlsafe(24)
        self._store.state.codes[code] = Code(
            client=self._registration.client_id,
            redirect_uri=request.redirect_uri,
            challenge=request.challenge,
            scopes=with_openid(request.scopes),
            session=session,
            expires_at=self._clock.now() + CODE_LIFE,
        )
        self._store.changed()
        return code

    def exchange(self, code: str, *, redirect_uri: str, verifier: str) -> tuple[Issued, Session]:
        """Tokens for a code, once, and the session that it was given in; raises GrantRefused.

        A second use of a code ends what the first one began (RFC 6749, 4.1.2).
        """
        known = self._store.state.codes.get(code)
        if known is None:
            raise GrantRefused("The authorization code is not known")
        if known.delegation is not None:
            self._revocation.one(known.delegation)
            raise GrantRefused("The authorization code was used before")
        now = self._clock.now()
        if now >= known.expires_at:
            raise GrantRefused("The authorization code has expired")
        if redirect_uri != known.redirect_uri:
            raise GrantRefused("The redirect_uri is not that of the authorization request")
        if not _verifies(verifier, known.challenge):
            raise GrantRefused("The code_verifier does not match the code_challenge")
        self._check_user(known.session.user)
        key = str(uuid.uuid4())
        delegation = Delegation(
            client=known.client,
            user=known.session.user,
            scopes=known.scopes,
            ends_at=now + DELEGATION_LIFE,
        )
        self._store.state.codes[code] = known.model_copy(update={"delegation": key})
        self._store.state.delegations[key] = delegation
        return self._issue(key, delegation), known.session

    def refresh(self, refresh_token: str) -> Issued:
        """The next tokens; the old refresh token is dead at once. Raises GrantRefused."""
        known = self._store.state.refresh_tokens.get(refresh_token)
        if known is None or known.is_dead or self._clock.now() >= known.expires_at:
            raise GrantRefused("The refresh token is not known, was used before, was revoked, or has expired")
        delegation = self._store.state.delegations[known.delegation]
        self._check_user(delegation.user)
        self._store.state.refresh_tokens[refresh_token] = known.model_copy(update={"is_dead": True})
        return self._issue(known.delegation, delegation)

    def user_of(self, *, code: str | None = None, refresh_token: str | None = None) -> str | None:
        """Whose code or refresh token this is or was, for the records."""
        state = self._store.state
        known_code = state.codes.get(code or "")
        known_token = state.refresh_tokens.get(refresh_token or "")
        if known_code is not None:
            return known_code.session.user
        return known_token.user if known_token is not None else None

    def _check_user(self, user: str) -> None:
        if not self._directory.is_active(user):
            raise GrantRefused("The user is not active")

    def _issue(self, key: str, delegation: Delegation) -> Issued:
        now, state = self._clock.now(), self._store.state
        access_token, refresh_token = new_access_token(), new_refresh_token()
        access_end = min(now + ACCESS_LIFE, delegation.ends_at)
        state.access_tokens[access_token] = AccessToken(
            expires_at=access_end, scopes=delegation.scopes, user=delegation.user, delegation=key
        )
        state.refresh_tokens[refresh_token] = RefreshToken(
            delegation=key, expires_at=min(now + REFRESH_LIFE, delegation.ends_at), user=delegation.user
        )
        self._store.changed()
        return Issued(access_token, refresh_token, access_end - now, key, delegation)


def with_openid(scopes: tuple[str, ...]) -> tuple[str, ...]:
    """The scopes of a user's token: ``openid`` comes first, whether or not it was asked for."""
    return tuple(dict.fromkeys(("openid", *scopes)))


def _verifies(verifier: str, challenge: str) -> bool:
    if not _VERIFIER.fullmatch(verifier):
        return False
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
    return secrets.compare_digest(digest, challenge.encode())
