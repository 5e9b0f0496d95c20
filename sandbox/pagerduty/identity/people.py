"""Who is signed in in which browser, and what each user allowed the app."""

import secrets
from collections.abc import Iterable

from sandbox.clock import Clock
from sandbox.pagerduty.directory import Directory
from sandbox.pagerduty.identity.model import Allowance, Session
from sandbox.pagerduty.store import Store

SESSION_COOKIE = "pagerduty_session"
"""Cookies of ``localhost`` are sent to each of its ports, so the name is nobody else's."""


class Sessions:
    """The browsers in which somebody is signed in; they stay so until the person signs out."""

    def __init__(self, directory: Directory, store: Store, clock: Clock) -> None:
        self._directory = directory
        self._store = store
        self._clock = clock

    def sign_in(self, user: str) -> str | None:
        """The secret of a new session, for the cookie; None if there is no such active user."""
        if not self._directory.is_active(user):
            return None
        secret = secrets.token_urlsafe(32)
        session = Session(id=secrets.token_urlsafe(12), user=user, at=self._clock.now())
        self._store.state.sessions[secret] = session
        self._store.changed()
        return secret

    def of(self, secret: str | None) -> Session | None:
        """The session of this cookie; None where nobody is signed in."""
        session = self._store.state.sessions.get(secret or "")
        return session if session is not None and self._directory.is_active(session.user) else None

    def sign_out(self, secret: str | None) -> None:
        """End the session of this cookie, if there is one."""
        if self._store.state.sessions.pop(secret or "", None) is not None:
            self._store.changed()


class Allowances:
    """What people allowed; a scope that is new to a user is asked for again."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def cover(self, user: str, client: str, scopes: Iterable[str]) -> bool:
        """Whether the user allowed the client all of this before."""
        known = self._store.state.allowances.get(_key(user, client))
        return known is not None and set(scopes) <= set(known.scopes)

    def remember(self, user: str, client: str, scopes: Iterable[str]) -> None:
        """Note that the user allows this too."""
        known = self._store.state.allowances.get(_key(user, client))
        before = known.scopes if known is not None else ()
        together = tuple(dict.fromkeys((*before, *scopes)))
        self._store.state.allowances[_key(user, client)] = Allowance(
            user=user, client=client, scopes=together
        )
        self._store.changed()

    def forget(self) -> None:
        """Ask everybody again. Tokens stay valid."""
        self._store.state.allowances.clear()
        self._store.changed()


def _key(user: str, client: str) -> str:
    return f"{user} {client}"
