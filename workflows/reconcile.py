"""The one loop that drives an outside thing towards what the state wants.

Wait until something is due, call once with what is wanted at this moment, note the outcome, repeat.
The loop is the only retry: a failed call is never sent again as it was.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.errors import failure_of
from workflows.ledger import Ledger
from workflows.model.state import Degradable
from workflows.options import FIRST_BACK_OFF, LONGEST_BACK_OFF, REFUSED_BACK_OFF

_ONLY_PEOPLE_CAN_MEND = frozenset({"BotRemoved", "ConsentMissing", "Forbidden", "RequestInvalid"})


class Part(Protocol):
    """One outside thing that is to follow the state."""

    @property
    def name(self) -> Degradable:
        """How operators know it."""

    @property
    def gives_way(self) -> bool:
        """Whether what else is due at the same moment goes first."""

    @property
    def interval(self) -> timedelta:
        """The shortest time between two calls."""

    def due(self) -> bool:
        """Whether anything is wanted of it."""

    async def act(self) -> None:
        """Call once with what is wanted now, and fold the outcome; raises ActivityError."""

    def failed(self, kind: str) -> None:
        """Fold what the failure leaves unknown."""


class Reconciler:
    """Drives one part. ``draining`` says that nothing may be started any more."""

    def __init__(self, part: Part, ledger: Ledger, draining: Callable[[], bool]) -> None:
        self._part = part
        self._ledger = ledger
        self._draining = draining
        self._failures = 0
        self._not_before, self._waiting_for = self._left_off()
        self.busy = False
        """An activity is in flight: its outcome must not be lost by ending the run."""

    def _left_off(self) -> tuple[datetime | None, str]:
        """Where an earlier run of the chain was waiting; it may have called a moment ago."""
        troubles = {trouble.part: trouble.until for trouble in self._ledger.state.troubles}
        if until := troubles.get(self._part.name):
            return until, "back-off of an earlier run"
        if self._ledger.start.carried is not None:
            return workflow.now() + self._part.interval, "edit interval"
        return None, ""

    async def run(self) -> None:
        """Go on until draining."""
        while True:
            await workflow.wait_condition(lambda: self._draining() or self._part.due())
            if self._part.gives_way:  # what else became due with it is scheduled in the meantime
                await asyncio.sleep(0)  # noqa: TID251 (one turn of the loop, no timer)
            if await self._stopped_while_waiting():
                return
            if not self._part.due():
                continue
            self.busy = True
            try:
                await self._attempt()
            finally:
                self.busy = False

    async def _stopped_while_waiting(self) -> bool:
        """Keep the interval or the back-off; a timer exists only while a change is waiting."""
        if self._draining():
            return True
        wait = self._not_before - workflow.now() if self._not_before else timedelta(0)
        if wait > timedelta(0):
            try:
                await workflow.wait_condition(self._draining, timeout=wait, timeout_summary=self._waiting_for)
            except TimeoutError:
                return False
        return self._draining()

    async def _attempt(self) -> None:
        try:
            await self._part.act()
        except ActivityError as error:
            kind, retry_after = failure_of(error)
            self._failures += 1
            wait = back_off(kind, failures=self._failures, retry_after=retry_after)
            self._not_before, self._waiting_for = workflow.now() + wait, f"back-off after {kind}"
            self._part.failed(kind)
            until = self._not_before if kind not in _ONLY_PEOPLE_CAN_MEND else None
            self._ledger.trouble(self._part.name, kind, until)
        else:
            self._failures = 0
            self._not_before, self._waiting_for = workflow.now() + self._part.interval, "edit interval"
            self._ledger.trouble(self._part.name)
            self._ledger.tell_operators()


def back_off(kind: str, *, failures: int, retry_after: float | None) -> timedelta:
    """How long to wait after this failure, the ``failures``-th in a row: as asked, else ever longer.

    Never less than the first back-off, whatever is asked: but for a message that is gone, once.
    """
    if retry_after is not None:
        return max(timedelta(seconds=retry_after), FIRST_BACK_OFF)
    if kind == "CardGone" and failures == 1:
        return timedelta(0)
    if kind in _ONLY_PEOPLE_CAN_MEND:
        return REFUSED_BACK_OFF
    return min(FIRST_BACK_OFF * float(2 ** min(failures - 1, 10)), LONGEST_BACK_OFF)
