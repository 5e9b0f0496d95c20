"""Everything that can go wrong with an outside call, typed once by its condition.

::

    OutsideError                  never raised itself
    ├── ProviderUnavailable       5xx, 408, or no answer to a call that is safe to repeat: try again later
    ├── RateLimited               429: try again after ``retry_after`` seconds
    ├── Conflict                  412, or PagerDuty's 1005: somebody wrote at the same time; read, try again
    ├── OutcomeUnknown            a create was sent and its answer lost: it may exist; do not repeat blindly
    ├── CredentialRejected        401: the token is dead; get a new one, or the person must link again
    ├── Forbidden                 403: this identity may not do this; another may
    ├── ConsentMissing            a Microsoft permission is not granted; an admin can
    ├── BotRemoved                the bot is not in the conversation: suspend it until it is back
    ├── CardGone                  the message is unknown: post a new one
    ├── NotFound                  404: the object does not exist (any more)
    └── RequestInvalid            4xx: our request is wrong; repeating it cannot help

The type alone decides whether Temporal retries: ``retryable`` of the class. Texts are clipped and
hold no body, header, query string or token.
"""

from datetime import timedelta
from typing import ClassVar

from temporalio.exceptions import ActivityError, ApplicationError, TimeoutError, TimeoutType

_TEXT_LIMIT = 300


class OutsideError(Exception):
    """An outside call failed; the subclass says how.

    ``code`` is the provider's own error code, where it gave one.
    """

    retryable: ClassVar[bool] = False

    def __init__(self, text: str, *, code: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(text[:_TEXT_LIMIT])
        self.code = code
        self.retry_after = retry_after

    def to_application_error(self) -> ApplicationError:
        """The same failure as Temporal carries it: type, code and delay survive the journey."""
        return ApplicationError(
            str(self),
            self.code,
            self.retry_after,
            type=type(self).__name__,
            non_retryable=not self.retryable,
            next_retry_delay=timedelta(seconds=self.retry_after) if self.retry_after else None,
        )


class ProviderUnavailable(OutsideError):
    """The provider failed or did not answer, and nothing was done or repeating is harmless."""

    retryable = True


class RateLimited(OutsideError):
    """The provider asks to wait; ``retry_after`` in seconds."""

    retryable = True


class Conflict(OutsideError):
    """Somebody changed the same thing at the same time."""

    retryable = True


class OutcomeUnknown(OutsideError):
    """The request went out and no trustworthy answer came back: what it asked may have been done."""


class CredentialRejected(OutsideError):
    """The token is not accepted."""


class Forbidden(OutsideError):
    """The identity is known and may not do this."""


class ConsentMissing(OutsideError):
    """A Microsoft permission is missing."""


class BotRemoved(OutsideError):
    """The bot is not, or no longer, in the conversation."""


class CardGone(OutsideError):
    """The message to edit is not there."""


class NotFound(OutsideError):
    """The object asked for is not there."""


class RequestInvalid(OutsideError):
    """The provider refuses the request as it is."""


_FORESEEN = {kind.__name__ for kind in OutsideError.__subclasses__()}


def failure_of(error: ActivityError) -> tuple[str, float | None]:
    """The type name of what failed in an activity and the wait it asks for, in seconds.

    A worker that died and an error that nobody foresaw are ``OutcomeUnknown``: whatever was being done may
    have been done. An activity that no worker took in time did nothing, and is ``ProviderUnavailable``.
    """
    cause = error.cause
    if isinstance(cause, TimeoutError) and cause.type is TimeoutType.SCHEDULE_TO_START:
        return ProviderUnavailable.__name__, None
    if isinstance(cause, ApplicationError) and cause.type in _FORESEEN:
        retry_after = cause.details[1] if len(cause.details) > 1 else None
        return cause.type, retry_after
    return OutcomeUnknown.__name__, None
