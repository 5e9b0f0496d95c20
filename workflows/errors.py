"""Everything that can go wrong with an outside call, typed once by its condition.

::

    OutsideError                  never raised itself
    ├── Temporary                 it may pass by itself: try again later
    │   ├── ProviderUnavailable   5xx, 408, or no answer to a call that is safe to repeat
    │   ├── RateLimited           429: try again after ``retry_after`` seconds
    │   ├── RefusedForNow         Teams refuses for no lasting reason: the same call may work in seconds
    │   └── Conflict              409, 412, or it is so already: somebody else wrote; read first
    ├── NeedsPerson               it does not pass until somebody does something
    │   ├── CredentialRejected    401: the token is dead; get a new one, or the person must link again
    │   ├── Forbidden             403: this identity may not do this; another may
    │   ├── ConsentMissing        a Microsoft permission is not granted; an admin can
    │   ├── BotRemoved            the bot is not in the conversation: suspend it until it is back
    │   │   └── ConversationUnavailable  so it seems; Teams also says so at random
    │   └── RequestInvalid        4xx, or it cannot even be written: repeating it cannot help
    ├── Gone                      the object is not there
    │   ├── CardGone              the message to edit is unknown: post a new one
    │   └── NotFound              404: the object asked for does not exist (any more)
    └── OutcomeUnknown            a write was sent and its answer lost: it may be done; do not repeat blindly

Callers ask for groups and classes. The class alone decides whether Temporal retries (``retryable``).
Histories hold the names of the leaves. Texts are clipped and hold no body, header, query string or token.
What a provider says of its refusal is a text of its own (``says``), cleaned and clipped by its client.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import ClassVar, Literal, NamedTuple

from temporalio.exceptions import ActivityError, ApplicationError, TimeoutError, TimeoutType

_TEXT_LIMIT = 300

LACKS_SCOPES = "insufficient_scope"
"""RFC 6750's word for a token without the scopes that a call needs. In a code these follow it:
``insufficient_scope:services.read,incidents.read``.
"""
_CODE = re.compile(r"[A-Za-z0-9_.:,-]{1,300}")
"""What a code may be that states and cards keep: it holds no sentence."""

Pace = Literal["outage", "refusal", "person"]
"""How soon a reconciler tries again after an error (docs/decisions/0006): an ``outage`` is over any moment, a
``refusal`` may be one of a moment or a lasting one, and a ``person`` needs longer than a back-off."""


class Refusal(NamedTuple):
    """A provider's own number and words for what it did not do; the words are for a person to read."""

    code: str | None = None
    says: str | None = None


class OutsideError(Exception):
    """An outside call failed; the subclass says how.

    ``code`` is the provider's own error code and ``says`` what it says of it, where it gave them: for a
    person, cleaned and clipped.
    """

    retryable: ClassVar[bool] = False
    pace: ClassVar[Pace] = "outage"

    def __init__(
        self,
        text: str,
        *,
        code: str | None = None,
        retry_after: float | None = None,
        says: str | None = None,
    ) -> None:
        super().__init__(text[:_TEXT_LIMIT])
        self.code = code
        self.retry_after = retry_after
        self.says = says

    @property
    def refusal(self) -> Refusal | None:
        """What the provider answered; ``None`` where it gave neither number nor words."""
        return _refusal(self.code, self.says)

    def to_application_error(self) -> ApplicationError:
        """The same failure as Temporal carries it: type, code, delay and words survive the journey."""
        return ApplicationError(
            str(self),
            self.code,
            self.retry_after,
            *([] if self.says is None else [self.says]),
            type=type(self).__name__,
            non_retryable=not self.retryable,
            next_retry_delay=timedelta(seconds=self.retry_after) if self.retry_after else None,
        )


class Temporary(OutsideError):
    """Nothing was done, or repeating it is harmless; it may pass by itself."""

    retryable = True


class ProviderUnavailable(Temporary):
    """The provider failed or did not answer."""


class RateLimited(Temporary):
    """The provider asks to wait; ``retry_after`` in seconds."""


class RefusedForNow(Temporary):
    """The provider refuses, and nothing says for how long; certainly nothing was done."""

    pace: ClassVar[Pace] = "refusal"


class Conflict(Temporary):
    """Somebody changed the same thing at the same time."""


class NeedsPerson(OutsideError):
    """Nothing was done, and nothing will be until somebody does something."""

    pace: ClassVar[Pace] = "person"


class CredentialRejected(NeedsPerson):
    """The token is not accepted."""

    pace: ClassVar[Pace] = (
        "outage"  # a renewed secret is known to its provider within minutes, and nobody tells us
    )


class Forbidden(NeedsPerson):
    """The identity is known and may not do this."""


class ConsentMissing(NeedsPerson):
    """A Microsoft permission is missing."""


class BotRemoved(NeedsPerson):
    """The bot is not, or no longer, in the conversation."""


class ConversationUnavailable(BotRemoved):
    """The conversation is not there for the bot, for good or for a moment."""

    pace: ClassVar[Pace] = "refusal"


class RequestInvalid(NeedsPerson):
    """The provider refuses the request as it is, or it cannot be written: then it was not sent."""


class Gone(OutsideError):
    """The object is not there."""


class CardGone(Gone):
    """The message to edit is not there."""


class NotFound(Gone):
    """The object asked for is not there."""


class OutcomeUnknown(OutsideError):
    """The request went out and no trustworthy answer came back: what it asked may have been done."""


def _below(kind: type[OutsideError]) -> Iterator[type[OutsideError]]:
    for one in kind.__subclasses__():
        yield one
        yield from _below(one)


_BY_NAME = {kind.__name__: kind for kind in _below(OutsideError)}


class Failure(NamedTuple):
    """What failed in an activity, and the wait that the provider asks for, in seconds."""

    kind: type[OutsideError]
    retry_after: float | None = None
    code: str | None = None
    """The error's own, where it is one that states and cards may keep."""

    @property
    def name(self) -> str:
        """As operators read it."""
        return self.kind.__name__

    @property
    def pace(self) -> Pace:
        """How soon it is tried again."""
        return self.kind.pace


def failure_of(error: ActivityError) -> Failure:
    """The condition behind a failed activity.

    A worker that died and an error that nobody foresaw are ``OutcomeUnknown``: whatever was being done may
    have been done. An activity that no worker took in time did nothing, and is ``ProviderUnavailable``.
    """
    cause = error.cause
    if isinstance(cause, TimeoutError) and cause.type is TimeoutType.SCHEDULE_TO_START:
        return Failure(ProviderUnavailable)
    if isinstance(cause, ApplicationError) and cause.type in _BY_NAME:
        code, retry_after = (*cause.details, None, None)[:2]
        is_code = isinstance(code, str) and _CODE.fullmatch(code)
        return Failure(_BY_NAME[cause.type], retry_after, code if is_code else None)
    return Failure(OutcomeUnknown)


def refusal_of(error: ActivityError) -> Refusal | None:
    """What the provider answered to a failed activity, where it answered."""
    cause = error.cause
    if not isinstance(cause, ApplicationError) or cause.type not in _BY_NAME:
        return None
    # The words are the third detail, where there are any.
    code, _, says = (*cause.details, None, None, None)[:3]
    return _refusal(code, says)


def _refusal(code: str | None, says: str | None) -> Refusal | None:
    return None if code is None and says is None else Refusal(code, says)
