"""Answers that came when the API did not wait any more: told to whoever asked, and to nobody else."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.connect_channel.activities import TELL_ASKER, TellAsker
from workflows.connect_channel.fold import told
from workflows.connect_channel.run_state import RunState
from workflows.connect_channel.timeline import NAME_LIMIT
from workflows.contract import call
from workflows.errors import OutcomeUnknown, Temporary, failure_of
from workflows.markdown import as_markdown
from workflows.options import STALE_NEWS
from workflows.reconcile import Reconciler


class PrivateAnswersReconciler(Reconciler):
    """Tells each person at most once; what certainly was not said is tried again while it is of use."""

    name = "private answers"

    def __init__(self, run: RunState) -> None:
        self._run = run

    def is_due(self) -> bool:
        """Somebody waits to be told."""
        return bool(self._run.state.unheard)

    async def reconcile(self) -> None:
        """Tell the first of them."""
        run = self._run
        unheard = run.state.unheard[0]
        request = TellAsker(
            tenant=run.start.tenant,
            conversation=run.start.conversation,
            unheard=unheard,
            correlation=unheard.correlation,
        )
        try:
            await call(TELL_ASKER, request, f"to {as_markdown(unheard.person.name, NAME_LIMIT)}")
        except ActivityError as error:
            failure = failure_of(error)
            is_stale = run.now - unheard.asked_at > STALE_NEWS
            if issubclass(failure.kind, Temporary) and not is_stale:
                raise
            run.apply(told(run.state, unheard))
            if not issubclass(failure.kind, Temporary | OutcomeUnknown):
                raise
            workflow.logger.warning("somebody may not have been told what came of it: %s", failure.name)
        else:
            run.apply(told(run.state, unheard))
