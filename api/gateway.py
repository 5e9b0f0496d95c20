"""The API's only way to Temporal: messages go to workflows, with what each call may cost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from api.hand_overs import HandOvers
from muster.temporal.attempts import AcceptedAndLost, Attempts, Rejected, TemporalUnavailable
from muster.temporal.starting import signal_running, signal_with_start, start_options
from workflows.contract import ArgumentT, ResultT, Signal, StartT, Update, WorkflowType

_HAND_OVER_WITHIN = 0.4
"""Seconds kept of a request's time for handing it over when its answer does not come."""
_SIGNAL_WITHIN = 3.0
"""Seconds, for all attempts."""


class Gateway:
    """Sends messages to workflows, starting them where none runs. Each is known by its row.

    ``client`` makes one attempt a call: ``muster.temporal.client.temporal_client(…, repeats=False)``.
    """

    def __init__(self, client: Client, *, task_queue: str) -> None:
        self._client = client
        self._task_queue = task_queue
        self._hand_overs = HandOvers()

    async def signal(
        self,
        row: WorkflowType[StartT],
        start: StartT,
        signal: Signal[ArgumentT],
        message: ArgumentT,
        *,
        within: float = _SIGNAL_WITHIN,
    ) -> None:
        """Signal within so many seconds; raises ``TemporalUnavailable`` or ``Rejected``.

        What may have been taken may be signalled again: workflows know their messages by their keys.
        """
        try:
            async with asyncio.timeout(within):
                await Attempts().make(lambda: self._signal(row, start, signal, message))
        except TimeoutError as error:
            raise TemporalUnavailable("Temporal did not take the signal in time") from error

    async def signal_running(
        self, workflow_id: str, signal: Signal[ArgumentT], message: ArgumentT | None = None
    ) -> bool:
        """Signal a run that goes on; ``False`` where none does. Raises as ``signal``."""
        try:
            async with asyncio.timeout(_SIGNAL_WITHIN):
                return await Attempts().make(
                    lambda: signal_running(self._client, workflow_id, signal, message)
                )
        except TimeoutError as error:
            raise TemporalUnavailable("Temporal did not take the signal in time") from error

    async def ask(
        self,
        row: WorkflowType[StartT],
        start: StartT,
        update: Update[ArgumentT, ResultT],
        message: ArgumentT,
        *,
        update_id: str,
        answer_by: float,
    ) -> ResultT | None:
        """The answer to an update; ``None`` where Temporal may have it and the answer is not there in time.

        Such a message is handed over too, by signal with the same key; the one that arrives first is handled.
        All of it ends at ``answer_by`` by the clock of the event loop. Where Temporal takes long to take the
        signal, that goes on afterwards.

        Raises ``TemporalUnavailable`` when nothing was taken, ``Rejected`` when it never will be.
        """
        attempts = Attempts()
        try:
            async with asyncio.timeout_at(answer_by - _HAND_OVER_WITHIN):
                return await attempts.make(lambda: self._update(row, start, update, message, update_id))
        except (TimeoutError, TemporalUnavailable) as error:
            if not attempts.may_be_taken:
                raise TemporalUnavailable(str(error) or "Temporal was not reached in time") from error
        handing_over = self._hand_overs.begin(
            f"{update.name} {update_id}", lambda: self._signal(row, start, update.goes_on_as, message)
        )
        await asyncio.wait({handing_over}, timeout=max(0, answer_by - asyncio.get_running_loop().time()))
        return None

    async def check_health(self) -> None:
        """Return if Temporal serves; raises ``TemporalUnavailable``."""
        try:
            serving = await self._client.service_client.check_health()
        except RPCError as error:
            raise TemporalUnavailable(error.status.name) from error
        if not serving:
            raise TemporalUnavailable("not serving")

    async def finish(self) -> None:
        """Hand over what is still to be handed over, for a few seconds."""
        await self._hand_overs.finish()

    async def _signal(
        self, row: WorkflowType[StartT], start: StartT, signal: Signal[ArgumentT], message: ArgumentT
    ) -> None:
        await signal_with_start(self._client, row, start, signal, message, task_queue=self._task_queue)

    async def _update(
        self,
        row: WorkflowType[StartT],
        start: StartT,
        update: Update[ArgumentT, ResultT],
        message: ArgumentT,
        update_id: str,
    ) -> ResultT:
        operation: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
            row.name, **start_options(row, start, message, task_queue=self._task_queue)
        )
        try:
            async with _failure_read(operation) as started:
                try:
                    answer: ResultT = await self._client.execute_update_with_start_workflow(
                        update.name,
                        message,
                        start_workflow_operation=operation,
                        id=update_id,
                        result_type=update.answer,
                    )
                except RPCError as error:
                    if started.done() and not started.exception():
                        raise AcceptedAndLost from error
                    raise
                return answer
        except WorkflowUpdateRPCTimeoutOrCancelledError as error:
            # The SDK turns a cancelled wait into this too; the timeout around it makes it its own again.
            raise TimeoutError from error
        except WorkflowUpdateFailedError as error:
            cause = error.cause
            raise Rejected(cause.message if isinstance(cause, ApplicationError) else str(cause)) from error


@asynccontextmanager
async def _failure_read(
    operation: WithStartWorkflowOperation[Any, Any],
) -> AsyncIterator[asyncio.Future[Any]]:
    """The start of the operation: done, without an exception, once Temporal took it.

    The SDK keeps a failed start in the operation too, and the loop reports whatever nobody read.
    """
    started = asyncio.ensure_future(operation.workflow_handle())
    started.add_done_callback(lambda start: start.cancelled() or start.exception())
    try:
        yield started
    finally:
        started.cancel()
