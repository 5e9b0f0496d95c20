"""Whose credential a call carries, what it may do, and which user makes the change."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from sandbox.clock import Clock
from sandbox.pagerduty import errors
from sandbox.pagerduty.directory import Directory
from sandbox.pagerduty.store import Store


@dataclass(frozen=True)
class Caller:
    """Who holds a credential: a person, or the account itself (REST key or app token)."""

    user: str | None = None
    scopes: frozenset[str] | None = None
    """The scopes of a token that the token endpoint gave; None for other credentials, which have none."""

    def must_have(self, scope: str | None) -> None:
        """Raise error 2010 if this is a token with scopes that lacks this one; None is no scope."""
        if self.scopes is not None and scope is not None and scope not in self.scopes:
            raise errors.access_denied(f"The token lacks the scope {scope}")


class Credentials:
    """The valid credentials of the account."""

    def __init__(self, directory: Directory, store: Store, clock: Clock) -> None:
        self._directory = directory
        self._store = store
        self._clock = clock
        self._people = {person.access_token: user for user, person in directory.users.items()}

    def caller(self, authorization: str) -> Caller:
        """The holder of this ``Authorization`` header; raises error 2006 if it is not valid."""
        scheme, _, value = authorization.partition(" ")
        if scheme == "Token" and value.removeprefix("token=") == self._directory.company.api_token:
            return Caller()
        if scheme == "Bearer" and self._directory.is_active(self._people.get(value, "")):
            return Caller(user=self._people[value])
        token = self._store.state.access_tokens.get(value) if scheme == "Bearer" else None
        has_user = token is None or token.user is None or self._directory.is_active(token.user)
        if token is not None and has_user and self._clock.now() < token.expires_at:
            return Caller(user=token.user, scopes=frozenset(token.scopes))
        raise errors.unauthorized()

    def acting_user(self, caller: Caller, from_header: str | None) -> str:
        """The user who makes the change: the token's user, else the one in ``From``; raises error 1008."""
        user = caller.user or self._directory.user_by_email(from_header or "")
        if user is None:
            raise errors.requester_unknown()
        return user

    def user_of(self, authorization: str, from_header: str | None) -> str | None:
        """The acting user for the records; None if it is unknown. Raises nothing."""
        try:
            return self.acting_user(self.caller(authorization), from_header)
        except errors.ApiError:
            return None


def requires(scope: str | None) -> Callable[[Request], Awaitable[Caller]]:
    """A dependency for reads: the caller, whose token (if it has scopes) must have this one."""

    async def caller_with_scope(request: Request) -> Caller:
        caller = _credentials(request).caller(request.headers.get("Authorization", ""))
        caller.must_have(scope)
        return caller

    return caller_with_scope


def acts_with(scope: str) -> Callable[..., Awaitable[str]]:
    """A dependency for changes that need ``From``: checks the scope, and gives the acting user's id."""

    async def acting_user(request: Request, caller: Annotated[Caller, Depends(requires(scope))]) -> str:
        return _credentials(request).acting_user(caller, request.headers.get("From"))

    return acting_user


def _credentials(request: Request) -> Credentials:
    credentials: Credentials = request.app.state.simulator.credentials
    return credentials
