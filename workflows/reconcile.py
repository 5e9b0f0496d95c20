"""The one loop that drives an outside thing towards what the state wants, for any workflow.

Wait until something is due, call once with what is wanted at this moment, note the outcome, repeat.
The loop is the only retry: a failed call is never sent again as it was.
"""

import asyncio
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.errors import CardGone, Failure, failure_of
from workflows.options import FIRST_BACK_OFF, LONGEST_BACK_OFF, REFUSAL_BACK_OFFS, REFUSED_BACK_OFF


class NotBefore(NamedTuple):
    """Nothing was called: a limit allows the next call at ``at``."""

    at: datetime
    why: str
    """For operators: the name of the limit."""
    firm: bool = True
    """Nothing cuts the wait short; ``False`` for a back-off of our own choice."""


class Reconciler(Protocol):
    """One outside thing that is to follow the state. Inherit from it for the defaults."""

    name: str
    """How operators know it."""
    interval: timedelta = timedelta(0)
    """The shortest time between two calls."""
    interval_name: str = "interval"
    """How operators read the timer of the interval."""
    defers: bool = False
    """Other reconcilers that become due at the same moment are scheduled first."""

    def is_due(self) -> bool:
        """Whether anything is wanted of it."""
        ...

    def urgencies(self) -> int:
        """How often something happened so far that cuts a back-off of it short; by default nothing does."""
        return 0

    async def reconcile(self) -> NotBefore | None:
        """Call once with what is wanted now, and fold the outcome; raises ActivityError."""
        ...

    def holds_run(self) -> bool:
        """Whether the run may not end yet; by default while something is due."""
        return self.is_due()

    def least_back_off(self, failure: Failure) -> timedelta:
        """The shortest time to the next call after this failure."""
        return timedelta(0)

    def on_failure(self, failure: Failure) -> None:
        """Fold what the failure leaves unknown. By default it leaves nothing: it was not done."""
        return


class ReconciledRun(Protocol):
    """What the loop asks of the run whose reconcilers it drives."""

    draining: bool
    """Nothing may be started any more."""

    @property
    def continues(self) -> bool:
        """The run continues another one, which may have called somebody a moment ago."""
        ...

    def waits_until(self, name: str) -> datetime | None:
        """Until when this reconciler waits, perhaps since an earlier run."""
        ...

    def degrade(
        self,
        name: str,
        reason: str,
        until: datetime | None = None,
        *,
        held: bool = False,
        code: str | None = None,
    ) -> None:
        """The reconciler cannot go on, for a reason and perhaps until some time; ``held`` by a limit."""
        ...

    def recover(self, name: str) -> None:
        """The reconciler can go on again."""
        ...


class ReconcileLoop:
    """Drives one reconciler until the run is draining."""

    def __init__(self, reconciler: Reconciler, run: ReconciledRun) -> None:
        self._reconciler = reconciler
        self._run = run
        self._failures = 0
        self._urgencies = reconciler.urgencies()
        """Those that the last call has taken along."""
        self._not_before = self._left_off()
        self._interval: NotBefore | None = None
        """Since the last failure: what a hurried call waits for all the same."""
        self.busy = False
        """An activity is in flight: its outcome must not be lost by ending the run."""

    def _left_off(self) -> NotBefore | None:
        """Where an earlier run of the chain was waiting."""
        if until := self._run.waits_until(self._reconciler.name):
            return NotBefore(until, "back-off of an earlier run")
        if self._run.continues:
            return self._next_interval()
        return None

    async def drive(self) -> None:
        """Go on until the run is draining."""
        while True:
            await workflow.wait_condition(lambda: self._run.draining or self._reconciler.is_due())
            if self._reconciler.defers:
                await asyncio.sleep(0)  # noqa: TID251 (one turn of the loop, no timer)
            if await self._drained_while_waiting():
                return
            if not self._reconciler.is_due():
                continue
            self.busy = True
            try:
                await self._attempt()
            finally:
                self.busy = False

    async def _drained_while_waiting(self) -> bool:
        """Keep the interval or the back-off; a timer exists only while a change is waiting."""
        self._hurry()
        if not self._run.draining and self._not_before and self._not_before.at > workflow.now():
            try:
                await workflow.wait_condition(
                    lambda: self._run.draining or self._is_hurried(),
                    timeout=self._not_before.at - workflow.now(),
                    timeout_summary=self._not_before.why,
                )
            except TimeoutError:
                return False
            return await self._drained_while_waiting()
        return self._run.draining

    def _hurry(self) -> None:
        """Replace a back-off that is cut short by what is left of the interval, and begin it anew."""
        if self._is_hurried():
            self._not_before = self._interval
            self._failures = 0

    def _is_hurried(self) -> bool:
        """Something happened that cannot wait, and a back-off of our own choice alone is in its way."""
        return (
            self._not_before is not None
            and not self._not_before.firm
            and self._reconciler.urgencies() != self._urgencies
        )

    async def _attempt(self) -> None:
        self._urgencies = self._reconciler.urgencies()
        try:
            limit = await self._reconciler.reconcile()
        except ActivityError as error:
            self._fail(failure_of(error))
            return
        if limit is not None:
            self._not_before = limit
            self._run.degrade(self._reconciler.name, limit.why, limit.at, held=True)
            return
        self._failures = 0
        self._not_before = self._next_interval()
        self._run.recover(self._reconciler.name)

    def _next_interval(self) -> NotBefore:
        return NotBefore(workflow.now() + self._reconciler.interval, self._reconciler.interval_name)

    def _fail(self, failure: Failure) -> None:
        self._failures += 1
        wait = back_off(failure, failures=self._failures)
        wait = max(wait, self._reconciler.least_back_off(failure))
        is_asked = failure.retry_after is not None
        self._not_before = NotBefore(workflow.now() + wait, f"back-off after {failure.name}", firm=is_asked)
        self._interval = self._next_interval()
        self._reconciler.on_failure(failure)
        is_lasting = wait == REFUSED_BACK_OFF and not is_asked
        until = None if is_lasting else self._not_before.at
        self._run.degrade(self._reconciler.name, failure.name, until, code=failure.code)


def back_off(failure: Failure, *, failures: int) -> timedelta:
    """How long to wait after this failure, the ``failures``-th in a row: as asked, else by its pace.

    At least one second. Only the first ``CardGone`` in a row is tried again at once.
    """
    if failure.retry_after is not None:
        return max(timedelta(seconds=failure.retry_after), FIRST_BACK_OFF)
    if issubclass(failure.kind, CardGone) and failures == 1:
        return timedelta(0)
    match failure.pace:
        case "person":
            return REFUSED_BACK_OFF
        case "refusal":
            return (*REFUSAL_BACK_OFFS, REFUSED_BACK_OFF)[min(failures - 1, len(REFUSAL_BACK_OFFS))]
        case "outage":
            return min(FIRST_BACK_OFF * float(2 ** min(failures - 1, 10)), LONGEST_BACK_OFF)
