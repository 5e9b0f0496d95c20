"""The Schedules of upkeep, one for each configured PagerDuty account; made, renewed and removed by workers.

Whatever a worker does here is the same when another does it at the same moment, or did it before.
"""

from collections.abc import Collection
from datetime import timedelta

import structlog
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleListActionStartWorkflow,
    ScheduleListDescription,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleState,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.service import RPCError, RPCStatusCode

from muster.errors import OperatorError
from muster.temporal.ambient import sources
from muster.temporal.client import TemporalUnreachable
from workflows.ids import UpkeepId
from workflows.search_attributes import typed
from workflows.upkeep.messages import Start
from workflows.upkeep.workflow_type import UPKEEP

_DAY = timedelta(days=1)
_SPREAD = timedelta(hours=1)
"""Accounts begin within this time after midnight (UTC), each at a moment that Temporal chooses by the id."""
_CATCH_UP = timedelta(hours=23)
"""A day that nobody could begin is begun later, but not beside the next one."""
_REFUSES_US = frozenset(
    {RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED, RPCStatusCode.INVALID_ARGUMENT}
)
_ATTEMPTS = 3
"""For a Schedule that another worker makes or removes at the same moment."""

log = structlog.stdlib.get_logger(__name__)


class SchedulesRefused(OperatorError):
    """Temporal does not let this identity keep Schedules, or has none: links would die unnoticed."""


async def keep_upkeep_schedules(
    client: Client, accounts: Collection[str], *, task_queue: str, at_once: Collection[str] = ()
) -> None:
    """Have a Schedule for each of these accounts, and none for any other of ours.

    Ours are those whose id is an ``UpkeepId`` and that start ``Upkeep`` on this task queue. A Schedule that
    an operator paused stays paused. Those ``at_once`` do not wait for their time. Raises ``SchedulesRefused``
    or ``TemporalUnreachable``.
    """
    try:
        for account in accounts:
            await _keep(client, account, task_queue)
        async for listed in await client.list_schedules():
            found = UpkeepId.of(listed.id)
            if found is not None and found.account not in accounts and _starts_upkeep(listed):
                await _remove(client, listed.id, task_queue)
        for account in at_once:
            await _trigger(client, account)
    except RPCError as error:
        if error.status in _REFUSES_US:
            raise SchedulesRefused(f"Temporal does not let Muster keep {_what(client, error)}") from error
        raise TemporalUnreachable(f"Temporal does not keep {_what(client, error)}") from error


def _what(client: Client, error: RPCError) -> str:
    said = error.message or error.status.name
    return f"the Schedules of upkeep in the namespace {client.namespace}: {said}{sources()}"


async def _keep(client: Client, account: str, task_queue: str) -> None:
    id = str(UpkeepId(account))
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            await client.create_schedule(id, _schedule(account, task_queue, ScheduleState()))
            log.info("upkeep is scheduled", account=account)
            return
        except ScheduleAlreadyRunningError:
            pass

        def as_configured(known: ScheduleUpdateInput) -> ScheduleUpdate:
            return ScheduleUpdate(_schedule(account, task_queue, known.description.schedule.state))

        try:
            await client.get_schedule_handle(id).update(as_configured)
            return
        except RPCError as error:
            # Removed since, by a worker that does not know the account.
            if error.status is not RPCStatusCode.NOT_FOUND or attempt == _ATTEMPTS:
                raise


async def _trigger(client: Client, account: str) -> None:
    handle = client.get_schedule_handle(str(UpkeepId(account)))
    if (await handle.describe()).schedule.state.paused:
        return
    # After a run that goes on: it may have done already what this one is for.
    await handle.trigger(overlap=ScheduleOverlapPolicy.BUFFER_ONE)


async def _remove(client: Client, id: str, task_queue: str) -> None:
    handle = client.get_schedule_handle(id)
    try:
        action = (await handle.describe()).schedule.action
        if isinstance(action, ScheduleActionStartWorkflow) and action.task_queue == task_queue:
            await handle.delete()
            log.info("upkeep is not scheduled any more: the account is not configured", schedule=id)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise


def _starts_upkeep(listed: ScheduleListDescription) -> bool:
    action = listed.schedule.action if listed.schedule else None
    return isinstance(action, ScheduleListActionStartWorkflow) and action.workflow == UPKEEP.name


def _schedule(account: str, task_queue: str, state: ScheduleState) -> Schedule:
    start = Start(account=account)
    listing = UPKEEP.listing(start, None)
    return Schedule(
        action=ScheduleActionStartWorkflow(
            UPKEEP.name,
            start,
            id=UPKEEP.workflow_id(start),
            task_queue=task_queue,
            static_summary=listing.title,
            typed_search_attributes=typed(listing.attributes),
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=_DAY)], jitter=_SPREAD),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=_CATCH_UP),
        state=state,
    )
