"""As whom PagerDuty is asked for a person, or why as nobody."""

from collections.abc import Awaitable, Callable
from typing import Literal, TypeVar

import structlog

from muster.linked_people.link_refresh import LinkEnded
from muster.linked_people.person_token import PersonTokens
from muster.store.links import LinkedUser
from workflows.errors import CredentialRejected, OutsideError, RequestInvalid, Temporary

ResultT = TypeVar("ResultT")
Missing = Literal["link_removed", "link_ended", "link_rejected", "app_refused"]
"""``link_removed``: the person unlinked. ``link_ended``: PagerDuty does not refresh the link any more.
``link_rejected``: PagerDuty does not accept the link's token. ``app_refused``: PagerDuty refuses the app.
"""

log = structlog.stdlib.get_logger(__name__)


class NoIdentity(Exception):
    """PagerDuty cannot be asked as this person."""

    def __init__(self, reason: Missing) -> None:
        super().__init__(reason)
        self.reason: Missing = reason


async def asked_as(
    tokens: PersonTokens, ask: Callable[[LinkedUser], Awaitable[ResultT]], *, link: int, account: str
) -> ResultT:
    """What PagerDuty answers this person; a token that it does not accept is replaced once.

    ``ask`` only reads, since it may be called twice. Raises ``NoIdentity``, a ``Temporary``, and what ``ask``
    raises.
    """
    user = await identity(tokens.user(link, account=account))
    try:
        return await ask(user)
    except CredentialRejected:
        rejected = user.access_token
    renewed = await identity(tokens.renewed(link, account=account, rejected=rejected))
    if renewed.access_token == rejected:
        raise NoIdentity("link_rejected")
    try:
        return await ask(renewed)
    except CredentialRejected:
        raise NoIdentity("link_rejected") from None


async def identity(found: Awaitable[LinkedUser | None]) -> LinkedUser:
    """Who a link is, by what ``PersonTokens`` finds; raises ``NoIdentity``, and a ``Temporary``."""
    try:
        user = await found
    except LinkEnded:
        raise NoIdentity("link_ended") from None
    except Temporary:
        raise
    except OutsideError as error:
        if isinstance(error, RequestInvalid) and error.refusal is None:
            raise  # it was not sent: PagerDuty has refused nothing
        log.error("PagerDuty refuses the app", failure=type(error).__name__, reason=str(error))
        raise NoIdentity("app_refused") from None
    if user is None:
        raise NoIdentity("link_removed")
    return user
