"""The API's only way to Temporal: messages go to workflows, with what each call may cost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from muster.temporal.starting import signal_with_start, start_options
from workflows.contract import ArgumentT, ResultT, Signal, StartT, Update, WorkflowType

_HAND_OVER_WITHIN = 0.4
"""Seconds kept of a request's time for handing it over when its answer does not come."""
_SIGNAL_WITHIN = timedelta(seconds=3)
_REFUSES_THE_MESSAGE = frozenset({RPCStatusCode.INVALID_ARGUMENT, RPCStatusCode.OUT_OF_RANGE})
"""Everything else says that Temporal, or our access to it, is not as it should be: docs/decisions/0015."""


class TemporalUnavailable(Exception):
    """Temporal is out of reach, asks to wait or does not let us in: try the whole thing again."""


class Rejected(Exception):
    """Temporal or the workflow refuses this message as it is; the text says why."""


class Gateway:
    """Sends messages to workflows, starting them where none runs. Each is known by its row."""

    def __init__(self, client: Client, *, task_queue: str) -> None:
        self._client = client
        self._task_queue = task_queue

    async def signal(
        self, row: WorkflowType[StartT], start: StartT, signal: Signal[ArgumentT], message: ArgumentT
    ) -> None:
        """Signal; raises ``TemporalUnavailable`` or ``Rejected``."""
        try:
            await signal_with_start(
                self._client,
                row,
                start,
                signal,
                message,
                task_queue=self._task_queue,
                rpc_timeout=_SIGNAL_WITHIN,
            )
        except RPCError as error:
            raise _failure(error) from error

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
        """The answer to an update, or ``None`` when it is not there yet and the message was handed over.

        All of it, handing over included, ends at ``answer_by`` by the clock of the event loop.
        Raises ``TemporalUnavailable`` when nothing was accepted, ``Rejected`` when it never will be.
        """
        operation: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
            row.name, **start_options(row, start, message, task_queue=self._task_queue)
        )
        try:
            # The SDK's own time limit is per attempt, and attempts are repeated.
            async with _failure_read(operation), asyncio.timeout_at(answer_by - _HAND_OVER_WITHIN):
                answer: ResultT = await self._client.execute_update_with_start_workflow(
                    update.name,
                    message,
                    start_workflow_operation=operation,
                    id=update_id,
                    result_type=update.answer,
                )
                return answer
        except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError):
            await self._hand_over(row, start, update, message, answer_by)
            return None
        except WorkflowUpdateFailedError as error:
            cause = error.cause
            raise Rejected(cause.message if isinstance(cause, ApplicationError) else str(cause)) from error
        except RPCError as error:
            raise _failure(error) from error

    async def check_health(self) -> None:
        """Return if Temporal serves; raises ``TemporalUnavailable``."""
        try:
            serving = await self._client.service_client.check_health()
        except RPCError as error:
            raise TemporalUnavailable(error.status.name) from error
        if not serving:
            raise TemporalUnavailable("not serving")

    async def _hand_over(
        self,
        row: WorkflowType[StartT],
        start: StartT,
        update: Update[ArgumentT, ResultT],
        message: ArgumentT,
        answer_by: float,
    ) -> None:
        """Hand the message over by signal with the same key; the one that arrives first is handled."""
        try:
            async with asyncio.timeout_at(answer_by):
                await signal_with_start(
                    self._client, row, start, update.goes_on_as, message, task_queue=self._task_queue
                )
        except TimeoutError as error:
            raise TemporalUnavailable("the message could not be handed over in time") from error
        except RPCError as error:
            raise _failure(error) from error


@asynccontextmanager
async def _failure_read(operation: WithStartWorkflowOperation[Any, Any]) -> AsyncIterator[None]:
    """The SDK keeps a failed start in the operation too, and the loop reports whatever nobody read."""
    started = asyncio.ensure_future(operation.workflow_handle())
    started.add_done_callback(lambda start: start.cancelled() or start.exception())
    try:
        yield
    finally:
        started.cancel()


def _failure(error: RPCError) -> TemporalUnavailable | Rejected:
    if error.status in _REFUSES_THE_MESSAGE:
        return Rejected(f"{error.status.name}: {error.message}"[:300])
    return TemporalUnavailable(error.status.name)
