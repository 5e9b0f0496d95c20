"""The one loop that drives an outside thing towards what the state wants.

Wait until something is due, call once with what is wanted at this moment, note the outcome, repeat.
The loop is the only retry: a failed call is never sent again as it was.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.errors import failure_of
from workflows.model.state import Degradable
from workflows.options import FIRST_BACK_OFF, LONGEST_BACK_OFF, REFUSED_BACK_OFF

_ONLY_PEOPLE_CAN_MEND = frozenset({"BotRemoved", "ConsentMissing", "Forbidden", "RequestInvalid"})


class Reconciler:
    """One part of a run. ``act`` calls its activity with the view of that moment and folds the outcome.

    ``due`` says whether anything is wanted; ``draining`` whether nothing may be started any more;
    ``trouble`` is told why and until when the part cannot go on, and ``None`` when it can again;
    ``not_before`` is where an earlier run of the chain left off waiting.
    """

    def __init__(
        self,
        part: Degradable,
        *,
        due: Callable[[], bool],
        act: Callable[[], Awaitable[None]],
        draining: Callable[[], bool],
        trouble: Callable[[Degradable, str | None, datetime | None], None],
        failed: Callable[[str], None] = lambda kind: None,
        interval: timedelta = timedelta(0),
        not_before: datetime | None = None,
    ) -> None:
        self._part = part
        self._due = due
        self._act = act
        self._draining = draining
        self._trouble = trouble
        self._failed = failed
        self._interval = interval
        self._failures = 0
        self._not_before = not_before
        self._waiting_for = "edit interval" if not_before is None else "back-off of an earlier run"
        self.busy = False
        """An activity is in flight: its outcome must not be lost by ending the run."""

    async def run(self) -> None:
        """Go on until draining."""
        while True:
            await workflow.wait_condition(lambda: self._draining() or self._due())
            if await self._stopped_while_waiting():
                return
            if not self._due():
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
            await self._act()
        except ActivityError as error:
            kind, retry_after = failure_of(error)
            self._failures += 1
            wait = back_off(kind, failures=self._failures, retry_after=retry_after)
            self._not_before, self._waiting_for = workflow.now() + wait, f"back-off after {kind}"
            self._failed(kind)
            self._trouble(self._part, kind, self._not_before if kind not in _ONLY_PEOPLE_CAN_MEND else None)
        else:
            self._failures = 0
            self._not_before, self._waiting_for = workflow.now() + self._interval, "edit interval"
            self._trouble(self._part, None, None)


def back_off(kind: str, *, failures: int, retry_after: float | None) -> timedelta:
    """How long to wait after this failure, the ``failures``-th in a row: as asked, else ever longer."""
    if retry_after is not None:
        return timedelta(seconds=retry_after)
    if kind == "CardGone":
        return timedelta(0)
    if kind in _ONLY_PEOPLE_CAN_MEND:
        return REFUSED_BACK_OFF
    return min(FIRST_BACK_OFF * float(2 ** min(failures - 1, 10)), LONGEST_BACK_OFF)
