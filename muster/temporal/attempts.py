"""Calls to Temporal, repeated while their failure may pass, and what is known of those that failed.

The client that the API uses makes one attempt a call (``muster.temporal.client``). The SDK's own repetitions
would keep the failures to themselves, and with them whether a message may have been taken.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

from temporalio.service import RPCError, RPCStatusCode

ResultT = TypeVar("ResultT")

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
"""Seconds between two attempts, doubling."""

_REFUSES_THE_MESSAGE = frozenset({RPCStatusCode.INVALID_ARGUMENT, RPCStatusCode.OUT_OF_RANGE})
"""Everything else says that Temporal, or our access to it, is not as it should be: docs/decisions/0015."""

_NEVER_BEGUN = frozenset(
    {
        RPCStatusCode.RESOURCE_EXHAUSTED,
        RPCStatusCode.PERMISSION_DENIED,
        RPCStatusCode.UNAUTHENTICATED,
        RPCStatusCode.NOT_FOUND,
        RPCStatusCode.UNIMPLEMENTED,
        RPCStatusCode.FAILED_PRECONDITION,
        *_REFUSES_THE_MESSAGE,
    }
)
"""Statuses by which Temporal says that it did nothing."""

_DOES_NOT_PASS = _NEVER_BEGUN - {RPCStatusCode.RESOURCE_EXHAUSTED}

_NOT_SENT = ("tcp connect error", "dns error")
"""How the SDK's transport says, beside UNAVAILABLE, that there was nobody to send anything to. A status alone
does not tell: a test at a closed port fails where the SDK words it otherwise."""


_NOT_READY = b"WorkflowNotReadyFailure"
"""In the details of Temporal's answer: of an update alone, and of one with a start."""


class TemporalUnavailable(Exception):
    """Temporal is out of reach, asks to wait or does not let us in: try the whole thing again."""


class Rejected(Exception):
    """Temporal or the workflow refuses this message as it is; the text says why."""


class AcceptedAndLost(Exception):
    """Temporal has taken the message, and asking for its answer failed."""


class Attempts:
    """The attempts to get one message to Temporal."""

    def __init__(self) -> None:
        self.may_be_taken = False
        """An attempt was sent, and Temporal did not say that it did nothing."""

    async def make(self, call: Callable[[], Awaitable[ResultT]]) -> ResultT:
        """Call until it succeeds; for as long as the caller waits.

        Raises ``Rejected``, or ``TemporalUnavailable`` for a failure that will not pass in seconds.
        """
        pauses = _pauses()
        while True:
            earlier, self.may_be_taken = self.may_be_taken, True
            try:
                return await call()
            except AcceptedAndLost:
                pass  # it stays so
            except RPCError as error:
                if not _is_begun_anew(error):
                    self._judge(error, earlier)
            await asyncio.sleep(next(pauses))

    def _judge(self, error: RPCError, earlier: bool) -> None:
        """Raise what does not pass; ``earlier``: an attempt before this one may have been taken."""
        if _certainly_nothing_happened(error):
            self.may_be_taken = earlier
        if error.status in _REFUSES_THE_MESSAGE:
            raise Rejected(f"{error.status.name}: {error.message}"[:300]) from error
        if error.status in _DOES_NOT_PASS:
            raise TemporalUnavailable(error.status.name) from error


def _is_begun_anew(error: RPCError) -> bool:
    """Whether a task was to end a run for which another message has come: what it did may be done."""
    return error.status is RPCStatusCode.FAILED_PRECONDITION and _NOT_READY in error.raw_grpc_status


def _certainly_nothing_happened(error: RPCError) -> bool:
    not_sent = error.status is RPCStatusCode.UNAVAILABLE and any(
        reason in error.message for reason in _NOT_SENT
    )
    return not_sent or error.status in _NEVER_BEGUN


def _pauses() -> Iterator[float]:
    pause = _FIRST_PAUSE
    while True:
        yield pause
        pause = min(2 * pause, _LONGEST_PAUSE)
