"""Details: what webhooks do not carry and REST tells. Read after the first card, and never beside a click."""

from collections.abc import Callable

from temporalio import workflow

from workflows.channel_incident.activities import READ_DETAILS, ReadDetails
from workflows.channel_incident.run_state import RunState
from workflows.contract import call
from workflows.incident.stamps import Stamp
from workflows.reconcile import Reconciler


class DetailsReconciler(Reconciler):
    """Reads the incident again when something happened of which REST knows more."""

    name = "details"
    defers = True

    def __init__(self, run: RunState, is_changing: Callable[[], bool]) -> None:
        self._run = run
        self._is_changing = is_changing
        """A click is telling PagerDuty something: the answer brings the details."""

    def is_due(self) -> bool:
        """Something happened of which REST knows more."""
        run, state, incident = self._run, self._run.state, self._run.state.incident
        wanted = incident.details_wanted is not None and (
            incident.details_read is None or incident.details_read < incident.details_wanted
        )
        missing = incident.snapshot is None or run.is_degraded("restore")
        ready = missing or state.card.activity_id is not None or bool(state.degradations)
        return (
            not state.detached
            and (not state.is_stopped or state.lacks_last_state)
            and not self._is_changing()
            and ready
            and (wanted or missing or incident.reread_wanted)
        )

    def holds_run(self) -> bool:
        """Details that cannot be read do not keep a resolved incident's run alive."""
        return self.is_due() and not self._run.is_degraded(self.name)

    async def reconcile(self) -> None:
        """Ask PagerDuty, or take what was asked for another conversation.

        A second reading counts against an event of its second, unless that event came while it was read.
        """
        run = self._run
        again, before = run.state.incident.reread_wanted, run.state.incident.snapshot_stamp
        fresh = again or run.state.incident.details_wanted is None or run.is_degraded("restore")
        details = await call(READ_DETAILS, details_request(run, fresh=fresh), "responders, acknowledgers")
        undisturbed = run.state.incident.snapshot_stamp == before
        run.fold_details(details.model_copy(update={"reread": again and undisturbed}))
        run.recover("restore")


def details_request(run: RunState, *, fresh: bool) -> ReadDetails:
    """What to ask PagerDuty now; ``fresh``: whatever is stored."""
    return ReadDetails(
        account=run.start.account,
        incident_id=run.start.incident_id,
        wanted=run.state.incident.details_wanted or Stamp(at=workflow.now()),
        fresh=fresh,
        correlation=run.state.cause,
    )
