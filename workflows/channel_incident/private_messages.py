"""Private messages: how a click ended, told to its person alone where its answer could not tell it."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.channel_incident.activities import TELL_PERSON, TellPerson
from workflows.channel_incident.run_state import RunState
from workflows.channel_incident.state import PrivateMessage
from workflows.channel_incident.timeline import told_to
from workflows.contract import call
from workflows.errors import OutcomeUnknown, Temporary, failure_of
from workflows.options import STALE_HIGHLIGHT
from workflows.reconcile import Reconciler


class PrivateMessagesReconciler(Reconciler):
    """Tells each person at most once; what certainly was not said is tried again while it is of use."""

    name = "private_messages"

    def __init__(self, run: RunState) -> None:
        self._run = run

    def is_due(self) -> bool:
        """Somebody waits to be told."""
        return bool(self._run.state.private_messages.waiting)

    async def reconcile(self) -> None:
        """Tell the first of them."""
        run = self._run
        message = run.state.private_messages.waiting[0]
        request = TellPerson(
            card=run.key,
            tenant=run.conversation.tenant,
            click=message.click,
            outcome=message.outcome,
            view=run.view,
        )
        try:
            await call(TELL_PERSON, request, told_to(message.click, message.outcome))
        except ActivityError as error:
            failure = failure_of(error)
            is_stale = workflow.now() - message.click.received_at > STALE_HIGHLIGHT
            if issubclass(failure.kind, Temporary) and not is_stale:
                raise
            self._take_off(message)
            if not issubclass(failure.kind, Temporary | OutcomeUnknown):
                raise
            workflow.logger.warning("somebody may not have been told how their click ended: %s", failure.name)
        else:
            self._take_off(message)

    def _take_off(self, message: PrivateMessage) -> None:
        state = self._run.state
        self._run.apply(state.replace(private_messages=state.private_messages.with_sent(message)))
