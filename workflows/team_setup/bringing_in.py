"""Channels that are there again: what is open in PagerDuty now comes in, whatever the rows say of it."""

from workflows.bringing_in.activities import BRING_IN, BringIn
from workflows.contract import call
from workflows.errors import Failure
from workflows.reconcile import Reconciler
from workflows.team_setup.run_state import RunState
from workflows.team_setup.state import Revived


class RevivedReconciler(Reconciler):
    """Brings in the open incidents of the revived channels' services, one service and channel at a time.

    One that fails holds up no other: it is tried again after those that were not tried yet.
    """

    name = "open incidents"

    def __init__(self, run: RunState) -> None:
        self._run = run
        self._failed_before_others = 0

    def is_due(self) -> bool:
        """A channel was revived."""
        return bool(self._run.state.revived)

    def holds_run(self) -> bool:
        """An outage keeps a run alive; what only people can mend does not, once it was tried."""
        return self.is_due() and (self._next().failures == 0 or not self._run.needs_people(self.name))

    def urgencies(self) -> int:
        """What was not tried yet does not wait for what failed."""
        return self._failed_before_others

    def _next(self) -> Revived:
        return min(self._run.state.revived, key=lambda one: one.failures)

    async def reconcile(self) -> None:
        """Bring in one. Where its channel is away again, nothing comes in."""
        run = self._run
        self._trying = self._next()
        place = self._trying.connection
        request = BringIn(connection=place, correlation=run.subject)
        await call(BRING_IN, request, f"{place.service}: its channel is there again")
        run.apply(run.state.replace(revived=self._others()))

    def on_failure(self, failure: Failure) -> None:
        """It is tried again, after the others."""
        run, others = self._run, self._others()
        if len(others) == len(run.state.revived):
            return
        failed = self._trying.model_copy(update={"failures": self._trying.failures + 1})
        run.apply(run.state.replace(revived=(*others, failed)))
        if any(one.failures == 0 for one in others):
            self._failed_before_others += 1

    def _others(self) -> tuple[Revived, ...]:
        return tuple(one for one in self._run.state.revived if one != self._trying)
