"""Orphans: messages that a lost answer left behind, deleted once somebody has pressed one."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.channel_incident.activities import DELETE_MESSAGE, DeleteMessage
from workflows.channel_incident.run_state import RunState
from workflows.channel_incident.state import Orphan, State
from workflows.contract import call
from workflows.errors import Temporary, failure_of
from workflows.reconcile import Reconciler


class OrphansReconciler(Reconciler):
    """Deletes each orphan, by two tries at most; one that stays is deleted at its next click."""

    name = "orphans"

    def __init__(self, run: RunState) -> None:
        self._run = run
        self._tried: set[Orphan] = set()

    def is_due(self) -> bool:
        """An orphan was pressed, and its click has come to its outcome: until then it keeps its buttons."""
        return bool(self._run.state.orphans)

    async def reconcile(self) -> None:
        """Delete the first of them."""
        run = self._run
        orphan = run.state.orphans[0]
        request = DeleteMessage(
            card=run.key,
            tenant=run.conversation.tenant,
            activity_id=orphan.message,
            marker=orphan.marker,
            correlation=run.state.cause,
        )
        try:
            await call(DELETE_MESSAGE, request, "an orphan that was pressed")
        except ActivityError as error:
            failure = failure_of(error)
            if issubclass(failure.kind, Temporary) and orphan not in self._tried:
                self._tried.add(orphan)
                raise
            workflow.logger.warning("an orphan could not be deleted: %s", failure.name)
        run.apply(run.state.replace(orphans=tuple(one for one in run.state.orphans if one != orphan)))


def with_orphan(state: State, orphan: Orphan) -> State:
    """A click found this message not to be the card."""
    if orphan in state.orphans or orphan.message == state.card.activity_id:
        return state
    return state.replace(orphans=(*state.orphans, orphan))
