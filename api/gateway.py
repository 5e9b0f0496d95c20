"""The API's only way to Temporal: events and presses go to workflows, with what each call may cost."""

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
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from muster.store.targets import Target
from workflows.ids import ChannelIncidentId
from workflows.messages import Click, ClickAnswer, Facts
from workflows.model.incident import Snapshot
from workflows.model.state import End, Start, Timing
from workflows.search_attributes import typed
from workflows.story import attributes_of, title

_WORKFLOW = "ChannelIncident"
_HAND_OVER_WITHIN = 0.4
"""Seconds kept of a press's time for handing it over when its answer does not come."""
_SIGNAL_WITHIN = timedelta(seconds=3)
_TASK_WITHIN = timedelta(seconds=5)
"""A worker killed in the middle of a workflow task is waited for as long: below the promised six seconds."""
_REFUSES_THE_MESSAGE = frozenset({RPCStatusCode.INVALID_ARGUMENT, RPCStatusCode.OUT_OF_RANGE})
"""Everything else says that Temporal, or our access to it, is not as it should be: docs/decisions/0015."""


class TemporalUnavailable(Exception):
    """Temporal is out of reach, asks to wait or does not let us in: try the whole thing again."""


class Rejected(Exception):
    """Temporal or the workflow refuses this message as it is; the text says why."""


class Gateway:
    """Sends messages to ``ChannelIncident`` workflows, starting them where none runs."""

    def __init__(self, client: Client, *, task_queue: str, timing: Timing) -> None:
        self._client = client
        self._task_queue = task_queue
        self._timing = timing

    async def deliver(self, target: Target, facts: Facts) -> None:
        """Signal an event under its own name; raises ``TemporalUnavailable`` or ``Rejected``."""
        try:
            await self._client.start_workflow(
                _WORKFLOW,
                start_signal=facts.event_type,
                start_signal_args=[facts],
                rpc_timeout=_SIGNAL_WITHIN,
                **self._start_options(target, facts.snapshot),
            )
        except RPCError as error:
            raise _failure(error) from error

    async def press(self, target: Target, click: Click, *, answer_by: float) -> ClickAnswer | None:
        """The answer to a press, or ``None`` when it is not there yet and the press was handed over.

        All of it, a hand-over too, ends at ``answer_by`` by the clock of the event loop.
        Raises ``TemporalUnavailable`` when nothing was accepted, ``Rejected`` when it never will be.
        """
        operation: WithStartWorkflowOperation[Any, End] = WithStartWorkflowOperation(
            _WORKFLOW, **self._start_options(target, None)
        )
        try:
            # The SDK's own time limit is per attempt, and attempts are repeated.
            async with _failure_read(operation), asyncio.timeout_at(answer_by - _HAND_OVER_WITHIN):
                answer: ClickAnswer = await self._client.execute_update_with_start_workflow(
                    click.verb,
                    click,
                    start_workflow_operation=operation,
                    id=click.key,
                    result_type=ClickAnswer,
                )
                return answer
        except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError):
            await self._hand_over(target, click, answer_by)
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

    async def _hand_over(self, target: Target, click: Click, answer_by: float) -> None:
        """The press goes on by signal under the same key; whichever comes first does it."""
        try:
            async with asyncio.timeout_at(answer_by):
                await self._client.start_workflow(
                    _WORKFLOW,
                    start_signal="click",
                    start_signal_args=[click],
                    **self._start_options(target, None),
                )
        except TimeoutError as error:
            raise TemporalUnavailable("the press could not be handed over in time") from error
        except RPCError as error:
            raise _failure(error) from error

    def _start_options(self, target: Target, snapshot: Snapshot | None) -> dict[str, Any]:
        """How a target's workflow starts if none runs, whichever message finds it missing."""
        start = Start(
            account=target.account,
            incident_id=target.incident_id,
            conversation=target.conversation,
            timing=self._timing,
            remembered=target.remembered,
        )
        return {
            "arg": start,
            "id": str(ChannelIncidentId(target.account, target.incident_id, target.channel)),
            "task_queue": self._task_queue,
            "task_timeout": _TASK_WITHIN,
            "id_conflict_policy": WorkflowIDConflictPolicy.USE_EXISTING,
            "id_reuse_policy": WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            "static_summary": _title(target, snapshot),
            "search_attributes": typed(
                attributes_of(target.account, target.incident_id, target.conversation, snapshot)
            ),
        }


@asynccontextmanager
async def _failure_read(operation: WithStartWorkflowOperation[Any, Any]) -> AsyncIterator[None]:
    """The SDK keeps a failed start in the operation too, and the loop reports whatever nobody read."""
    started = asyncio.ensure_future(operation.workflow_handle())
    started.add_done_callback(lambda start: start.cancelled() or start.exception())
    try:
        yield
    finally:
        started.cancel()


def _title(target: Target, snapshot: Snapshot | None) -> str:
    service = snapshot.service.name if snapshot and snapshot.service else None
    return title(
        snapshot.number if snapshot else None, target.incident_id, service, target.conversation.label
    )


def _failure(error: RPCError) -> TemporalUnavailable | Rejected:
    if error.status in _REFUSES_THE_MESSAGE:
        return Rejected(f"{error.status.name}: {error.message}"[:300])
    return TemporalUnavailable(error.status.name)
