"""As whom PagerDuty is asked for a person, or why as nobody."""

from collections.abc import Awaitable
from typing import Literal

import structlog

from muster.linked_people.link_refresh import LinkEnded
from muster.store.links import LinkedUser
from workflows.errors import OutsideError, RequestInvalid, Temporary

log = structlog.stdlib.get_logger(__name__)


class NoIdentity(Exception):
    """PagerDuty cannot be asked as this person."""

    def __init__(self, reason: Literal["link_removed", "link_ended", "app_refused"]) -> None:
        super().__init__(reason)
        self.reason: Literal["link_removed", "link_ended", "app_refused"] = reason


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
