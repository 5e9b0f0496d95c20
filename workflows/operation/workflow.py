"""``Operation``: sends one message of a program, at most once."""

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.contract import call, call_in_task
from workflows.errors import failure_of
from workflows.handlers import takes_requests
from workflows.operation.activities import RECORD_OPERATION, SEND_MESSAGE, RecordOperation, SendMessage
from workflows.operation.messages import End, Say, Start
from workflows.operation.run_state import RunState
from workflows.operation.state import Ended, OperationKey, State
from workflows.operation.workflow_type import OPERATION

SENT_IN_TASK = "a-message-is-sent-in-the-workflow-task"
"""Before, its activity was always a task of its own, and another workflow task heard of its end."""
_IN_TASK = timedelta(seconds=0.5)
"""For the first attempt: of a worker's twenty places a slow Teams fills ten at twenty messages a second."""


@workflow.defn(name=OPERATION.name)
@takes_requests(OPERATION.updates)
class OperationWorkflow:
    """Does one thing that a program asks for through the API and that belongs to no card.

    Started by the update ``do``, whose answer is how it ended, and by the signal of that name where the API
    cannot wait for it. The row of the operation decides whether anything is sent: a later run under the same
    id finds there what this one did. It ends as soon as it is done.
    """

    @workflow.init
    def __init__(self, start: Start) -> None:
        self.run_state = RunState(start)
        self.operation = OperationKey(account=start.account, key=start.key)
        self.turn = asyncio.Lock()

    @workflow.run
    async def run(self, start: Start) -> End:
        """Wait until it is done and whoever asked was answered."""
        self.run_state.apply(self.run_state.state)
        await workflow.wait_condition(
            lambda: self.run_state.state.ended is not None and workflow.all_handlers_finished()
        )
        return End(ended=self.run_state.state.ended)

    async def do(self, asked: Say) -> Ended:
        """Send the message. Whoever asks again while it is being sent gets the same answer."""
        async with self.turn:
            ended = self.run_state.state.ended
            if ended is None:
                ended = await self._sent(asked)
                self.run_state.apply(State(ended=ended))
        return ended

    async def _sent(self, asked: Say) -> Ended:
        start = self.run_state.start
        request = SendMessage(
            operation=self.operation,
            place=start.place,
            text=asked.text,
            by=start.by,
            through=start.through,
            longest_send=start.longest_send,
            correlation=asked.correlation,
        )
        if workflow.patched(SENT_IN_TASK):
            ended = await call_in_task(SEND_MESSAGE, request, start.place.name, within=_IN_TASK)
            if ended is not None:
                return ended
        try:
            return await call(SEND_MESSAGE, request, start.place.name)
        except ActivityError as error:
            return await self._recorded(failure_of(error).name)

    async def _recorded(self, reason: str) -> Ended:
        """Nobody tells what became of it: the row says whether anything may have been sent."""
        ended = Ended(outcome="unknown", reason=reason, says=self.run_state.start.place.name)
        record = RecordOperation(operation=self.operation, ended=ended, is_sent=True)
        try:
            return await call(RECORD_OPERATION, record, "nobody tells what became of it")
        except ActivityError:
            return ended  # the upkeep ends the row
