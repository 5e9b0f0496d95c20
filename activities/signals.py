"""What activities tell and ask workflows: the only user of Temporal's client among them."""

import asyncio
from collections.abc import Iterable
from typing import Any

from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from muster.temporal.starting import signal_running, signal_with_start, start_options
from workflows.contract import ArgumentT, ResultT, Signal, StartT, Update, WorkflowType
from workflows.errors import ProviderUnavailable
from workflows.search_attributes import TEAMS_CONVERSATION

_WITHIN = 3.0
"""Seconds for all attempts: the SDK's own limit is for each of them."""


class Rejected(Exception):
    """The run refuses what it was asked, however often it is asked; the text says why."""


class WorkflowSignals:
    """Tells and asks workflows from an activity, starting them where none runs. Each is known by its row."""

    def __init__(self, client: Client, *, task_queue: str) -> None:
        self._client = client
        self._task_queue = task_queue

    async def signal(
        self, row: WorkflowType[StartT], start: StartT, signal: Signal[ArgumentT], message: ArgumentT
    ) -> None:
        """Signal once; raises ``ProviderUnavailable``: an activity that is tried again signals again."""
        try:
            async with asyncio.timeout(_WITHIN):
                await signal_with_start(
                    self._client, row, start, signal, message, task_queue=self._task_queue
                )
        except TimeoutError as error:
            raise ProviderUnavailable("Temporal did not take a signal in time") from error
        except RPCError as error:
            raise ProviderUnavailable(f"Temporal did not take a signal: {error.status.name}") from error

    async def ask(
        self,
        row: WorkflowType[StartT],
        start: StartT,
        update: Update[ArgumentT, ResultT],
        message: ArgumentT,
        *,
        update_id: str,
        within: float,
    ) -> ResultT:
        """The answer to an update, within so many seconds; asked again under the same id it is the same.

        Raises ``ProviderUnavailable`` where there is no answer in time: the run may give it all the same.
        Raises ``Rejected``.
        """
        operation: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
            row.name, **start_options(row, start, message, task_queue=self._task_queue)
        )
        try:
            async with asyncio.timeout(within):
                answer: ResultT = await self._client.execute_update_with_start_workflow(
                    update.name,
                    message,
                    start_workflow_operation=operation,
                    id=update_id,
                    result_type=update.answer,
                )
        except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
            raise ProviderUnavailable("a workflow did not answer in time") from error
        except RPCError as error:
            if error.status is RPCStatusCode.INVALID_ARGUMENT:
                raise Rejected(error.status.name) from error
            raise ProviderUnavailable(f"Temporal did not take an update: {error.status.name}") from error
        except WorkflowUpdateFailedError as error:
            cause = error.cause
            raise Rejected(cause.message if isinstance(cause, ApplicationError) else str(cause)) from error
        return answer

    async def signal_running(self, workflow_id: str, signal: Signal[Any]) -> bool:
        """Signal a run that goes on, without anything to carry; ``False`` where none does.

        Raises ``ProviderUnavailable``.
        """
        try:
            async with asyncio.timeout(_WITHIN):
                return await signal_running(self._client, workflow_id, signal)
        except TimeoutError as error:
            raise ProviderUnavailable("Temporal did not take a signal in time") from error
        except RPCError as error:
            raise ProviderUnavailable(f"Temporal did not take a signal: {error.status.name}") from error

    async def is_running_in(self, conversations: Iterable[str]) -> bool:
        """Whether a run goes on that belongs to one of these conversations; raises ``ProviderUnavailable``.

        Temporal lists a run a moment after its start.
        """
        ids = ", ".join(_quoted(one) for one in conversations)
        query = f"{TEAMS_CONVERSATION.name} IN ({ids}) AND ExecutionStatus = 'Running'"
        try:
            async with asyncio.timeout(_WITHIN):
                return (await self._client.count_workflows(query)).count > 0
        except TimeoutError as error:
            raise ProviderUnavailable("Temporal did not list runs in time") from error
        except RPCError as error:
            raise ProviderUnavailable(f"Temporal did not list runs: {error.status.name}") from error


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
