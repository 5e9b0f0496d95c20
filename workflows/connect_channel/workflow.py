"""``ConnectChannel``: a service's incidents come to a channel, or come no more."""

import asyncio

from temporalio import workflow

from workflows.connect_channel.answers import Answers
from workflows.connect_channel.bringing_in import BringInReconciler, OfferReconciler
from workflows.connect_channel.deadlines import Deadlines
from workflows.connect_channel.messages import Asked, ConnectAnswer, End, Start
from workflows.connect_channel.notices import NoticesReconciler
from workflows.connect_channel.private_answers import PrivateAnswersReconciler
from workflows.connect_channel.reconcilers import RowReconciler, SubscriptionReconciler
from workflows.connect_channel.restore import restore
from workflows.connect_channel.run_state import RunState
from workflows.connect_channel.state import Request
from workflows.connect_channel.workflow_type import CONNECT_CHANNEL, UPDATES
from workflows.draining import drain
from workflows.handlers import takes_requests
from workflows.reconcile import ReconcileLoop


@workflow.defn(name=CONNECT_CHANNEL.name)
@takes_requests(UPDATES, unheard="unheard")
class ConnectChannelWorkflow:
    """Owns the connection of one service to one channel, while it changes.

    Started by **Connect Service**, a command or the web page (update-with-start); id
    ``connect/{channel}/{service}``. Every run first reads the rows. It serves those who connect and
    disconnect one after the other: what they may do is read as them, the row is committed, the account's
    subscription follows it, then the channel's card does, and the channel's welcome where it was the first.
    One of these two offers the service's open incidents, which the run brings in for whoever asks. Whoever is
    answered too late for the API, with what no message in the channel says, is told privately.
    The run ends when all of that is in step; a later click starts a new one.
    """

    @workflow.init
    def __init__(self, start: Start) -> None:
        self.run_state = RunState(start)
        self.restored = False
        self.answers = Answers(self.run_state)
        self.deadlines = Deadlines(self.run_state)
        self.reconcilers = (
            RowReconciler(self.run_state),
            SubscriptionReconciler(self.run_state),
            OfferReconciler(self.run_state),
            BringInReconciler(self.run_state),
            NoticesReconciler(self.run_state),
            PrivateAnswersReconciler(self.run_state),
        )
        self.loops = [ReconcileLoop(reconciler, self.run_state) for reconciler in self.reconcilers]

    @workflow.run
    async def run(self, start: Start) -> End:
        """Read the rows, go on until all is in step, end with nothing in flight."""
        self.run_state.publish()  # a run that continues another has no details yet
        await restore(self.run_state)
        self.restored = True
        while True:
            await self._keep_in_sync_until_over()
            if self._must_continue() and not self._final():
                workflow.continue_as_new(start.model_copy(update={"carried": self.run_state.state}))
            if self._final():
                return End(step=self.run_state.state.step)

    # What happens to it

    async def connect(self, asked: Asked) -> ConnectAnswer:
        """**Connect Service**."""
        await workflow.wait_condition(lambda: self.restored)
        return await self.answers.asked("connect", asked)

    async def disconnect(self, asked: Asked) -> ConnectAnswer:
        """The command of that name."""
        await workflow.wait_condition(lambda: self.restored)
        return await self.answers.asked("disconnect", asked)

    async def bring_in(self, asked: Asked) -> ConnectAnswer:
        """**Bring in open incidents**."""
        await workflow.wait_condition(lambda: self.restored)
        return await self.answers.asked("bring_in", asked)

    def unheard(self, kind: Request, asked: Asked, answer: ConnectAnswer) -> None:
        """It was handed over: the API waits for its answer no longer."""
        self.answers.unheard(kind, asked, answer)

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
        """Everybody was served, and all is in step."""
        pending = any(loop.busy for loop in self.loops) or any(
            reconciler.holds_run() for reconciler in self.reconcilers
        )
        return workflow.all_handlers_finished() and not pending
