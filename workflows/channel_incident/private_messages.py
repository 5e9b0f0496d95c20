"""Private messages: what is for one person alone, because the answer to their click could not do it."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.channel_incident.activities import OFFER_LINK, TELL_PERSON, OfferToClicker, TellPerson
from workflows.channel_incident.run_state import RunState
from workflows.channel_incident.state import PrivateMessage
from workflows.channel_incident.timeline import told_to
from workflows.contract import call
from workflows.errors import OutcomeUnknown, OutsideError, Temporary, failure_of
from workflows.options import STALE_NEWS
from workflows.reconcile import Reconciler


class PrivateMessagesReconciler(Reconciler):
    """Tells each person at most once; what certainly was not said is tried again while it is of use.

    Whoever is not linked is offered a link, by a workflow that is told of the click as often as it takes.
    """

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
        try:
            if message.outcome.kind == "unlinked":
                await self._offer_link(message)
            else:
                await self._tell(message)
        except ActivityError as error:
            failure = failure_of(error)
            is_stale = workflow.now() - message.click.received_at > STALE_NEWS
            if issubclass(failure.kind, _repeatable(message)) and not is_stale:
                raise
            self._take_off(message)
            if not issubclass(failure.kind, Temporary | OutcomeUnknown):
                raise
            workflow.logger.warning("somebody may not have been told how their click ended: %s", failure.name)
        else:
            self._take_off(message)

    async def _tell(self, message: PrivateMessage) -> None:
        run, click = self._run, message.click
        request = TellPerson(
            card=run.key,
            tenant=run.conversation.tenant,
            click=click,
            outcome=message.outcome,
            view=run.view,
        )
        await call(TELL_PERSON, request, told_to(click, message.outcome))

    async def _offer_link(self, message: PrivateMessage) -> None:
        run, click = self._run, message.click
        request = OfferToClicker(card=run.key, tenant=run.conversation.tenant, click=click, view=run.view)
        await call(OFFER_LINK, request, told_to(click, message.outcome))

    def _take_off(self, message: PrivateMessage) -> None:
        state = self._run.state
        self._run.apply(state.replace(private_messages=state.private_messages.with_sent(message)))


def _repeatable(message: PrivateMessage) -> tuple[type[OutsideError], ...]:
    """After which failures it is done again: who offers the link knows the click by its key."""
    return (Temporary, OutcomeUnknown) if message.outcome.kind == "unlinked" else (Temporary,)
