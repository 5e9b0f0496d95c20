"""``AccountLink``: one person is offered to link their Teams account to a PagerDuty user."""

import asyncio

from temporalio import workflow

from workflows.account_link.answers import Answers
from workflows.account_link.deadlines import Deadlines
from workflows.account_link.messages import End, LinkAnswer, Linked, OfferLink, Start
from workflows.account_link.notices import NoticesReconciler
from workflows.account_link.reconcilers import ClickReconciler, OfferReconciler, RowReconciler
from workflows.account_link.restore import restore
from workflows.account_link.run_state import RunState
from workflows.account_link.workflow_type import ACCOUNT_LINK, UPDATES
from workflows.draining import drain
from workflows.handlers import takes_requests
from workflows.reconcile import ReconcileLoop


@workflow.defn(name=ACCOUNT_LINK.name)
@takes_requests(UPDATES)
class AccountLinkWorkflow:
    """Owns the offers of one person to link themselves to a PagerDuty account.

    Started by a button, a command or a return from PagerDuty (update-with-start), or by a click that met no
    link and by a link that ended (signal-with-start); id ``link/{tenant}/{person}/{account}``. Every run
    first reads the rows. Then the person gets one message with a link, whose row decides. The run ends
    *linked*, once the message says so and the clicks that met no link are done, or *expired*; a later request
    starts a new one.
    """

    @workflow.init
    def __init__(self, start: Start) -> None:
        self.run_state = RunState(start)
        self.restored = False
        self.answers = Answers(self.run_state)
        self.deadlines = Deadlines(self.run_state)
        self.reconcilers = (
            RowReconciler(self.run_state),
            OfferReconciler(self.run_state),
            ClickReconciler(self.run_state),
            NoticesReconciler(self.run_state),
        )
        self.loops = [ReconcileLoop(reconciler, self.run_state) for reconciler in self.reconcilers]

    @workflow.run
    async def run(self, start: Start) -> End:
        """Read the rows, go on until the offer is over, end with nothing in flight."""
        self.run_state.publish()  # a run that continues another has no details yet
        await restore(self.run_state)
        self.restored = True
        while True:
            await self._keep_in_sync_until_over()
            if self._must_continue() and not self._final():
                workflow.continue_as_new(start.model_copy(update={"carried": self.run_state.state}))
            if self._final():
                return End(step="expired" if self.run_state.state.known is None else "linked")

    # What happens to it

    async def offer(self, request: OfferLink) -> LinkAnswer:
        """A button, a command, a click that met no link, or a link that ended: the person is offered one."""
        await workflow.wait_condition(lambda: self.restored)
        return await self.answers.offered(request)

    async def renew(self, request: OfferLink) -> LinkAnswer:
        """*Send a new link*: one that is open serves as well."""
        return await self.offer(request)

    async def linked(self, linked: Linked) -> LinkAnswer:
        """An offer was spent."""
        await workflow.wait_condition(lambda: self.restored)
        return await self.answers.linked(linked)

    # How long it lives

    async def _keep_in_sync_until_over(self) -> None:
        """Drive the reconcilers; return with nothing in flight and all handlers finished."""
        self.run_state.draining = False
        tasks = [asyncio.create_task(loop.drive()) for loop in self.loops]
        tasks.append(asyncio.create_task(self.deadlines.watch()))
        await workflow.wait_condition(
            lambda: self._must_continue() or self._final() or any(task.done() for task in tasks)
        )
        await drain(self.run_state, tasks)

    def _must_continue(self) -> bool:
        return workflow.info().is_continue_as_new_suggested()

    def _final(self) -> bool:
        """The person has nothing to do any more, and was told."""
        pending = any(loop.busy for loop in self.loops) or any(
            reconciler.holds_run() for reconciler in self.reconcilers
        )
        return not self.run_state.state.is_under_way and not pending
