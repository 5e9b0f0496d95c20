"""The Schedules of upkeep on a real server of their own: made, renewed, removed, triggered."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionExecutionStartWorkflow,
    ScheduleActionStartWorkflow,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    ScheduleSpec,
)

from muster.temporal.schedules import keep_upkeep_schedules
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.support.temporal import client_of, prepare
from tests.support.waiting import eventually
from tests.workflows.upkeep.outside import FakeActivities
from tests.workflows.upkeep.running import Run
from workflows.search_attributes import ATTENTION, PD_ACCOUNT
from workflows.upkeep.messages import Start

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def own_temporal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedTemporal]:
    """Workers of other tests keep Schedules too."""
    with EmbeddedTemporal(log=tmp_path_factory.mktemp("schedules") / "log") as server:
        asyncio.run(prepare(server))
        yield server


@pytest.fixture
async def client(own_temporal: EmbeddedTemporal) -> AsyncIterator[Client]:
    client = await client_of(own_temporal)
    yield client
    async for listed in await client.list_schedules():
        await client.get_schedule_handle(listed.id).delete()
    await are_listed(client)


async def ids_of(client: Client) -> set[str]:
    return {listed.id async for listed in await client.list_schedules()}


async def are_listed(client: Client, *ids: str) -> None:
    """The list follows what was done after a moment."""

    async def listed() -> bool:
        return await ids_of(client) == set(ids)

    await eventually(listed)


async def action_of(client: Client, id: str) -> ScheduleActionStartWorkflow:
    action = (await client.get_schedule_handle(id).describe()).schedule.action
    assert isinstance(action, ScheduleActionStartWorkflow)
    return action


async def make(client: Client, id: str, *, workflow: str = "Upkeep", queue: str = "muster") -> None:
    """Somebody else's Schedule."""
    action = ScheduleActionStartWorkflow(workflow, Start(account="x"), id=id, task_queue=queue)
    spec = ScheduleSpec(intervals=[ScheduleIntervalSpec(every=timedelta(days=7))])
    await client.create_schedule(id, Schedule(action=action, spec=spec))


async def test_each_account_has_one_a_day_that_never_overlaps(client: Client) -> None:
    await keep_upkeep_schedules(client, ("acme", "umbrella"), task_queue="muster")
    await are_listed(client, "upkeep/acme", "upkeep/umbrella")
    schedule = (await client.get_schedule_handle("upkeep/acme").describe()).schedule
    assert [one.every for one in schedule.spec.intervals] == [timedelta(days=1)]
    assert schedule.spec.jitter == timedelta(hours=1)
    assert schedule.policy.overlap is ScheduleOverlapPolicy.SKIP
    action = await action_of(client, "upkeep/acme")
    assert (action.workflow, action.id, action.task_queue) == ("Upkeep", "upkeep/acme", "muster")
    assert await client.data_converter.decode(list(action.args), [Start]) == [Start(account="acme")]


async def test_two_accounts_do_not_begin_at_the_same_moment(client: Client) -> None:
    await keep_upkeep_schedules(client, ("acme", "umbrella"), task_queue="muster")
    firsts = [
        (await client.get_schedule_handle(f"upkeep/{account}").describe()).info.next_action_times[0]
        for account in ("acme", "umbrella")
    ]
    assert firsts[0] != firsts[1]
    assert all(first.hour == 0 for first in firsts)
    await keep_upkeep_schedules(client, ("acme", "umbrella"), task_queue="muster")
    again = (await client.get_schedule_handle("upkeep/acme").describe()).info.next_action_times[0]
    assert again == firsts[0], "a worker's start moves nothing"


async def test_workers_that_start_at_once_or_again_change_nothing(client: Client) -> None:
    await asyncio.gather(*(keep_upkeep_schedules(client, ("acme",), task_queue="muster") for _ in range(4)))
    await keep_upkeep_schedules(client, ("acme",), task_queue="muster")
    await are_listed(client, "upkeep/acme")


async def test_what_was_made_otherwise_is_made_right_and_a_pause_stays(client: Client) -> None:
    await make(client, "upkeep/acme", queue="an older queue")
    await client.get_schedule_handle("upkeep/acme").pause(note="Friday")
    await keep_upkeep_schedules(client, ("acme",), task_queue="muster")
    schedule = (await client.get_schedule_handle("upkeep/acme").describe()).schedule
    assert [one.every for one in schedule.spec.intervals] == [timedelta(days=1)]
    assert (await action_of(client, "upkeep/acme")).task_queue == "muster"
    assert (schedule.state.paused, schedule.state.note) == (True, "Friday")


async def test_an_account_that_is_not_configured_any_more_loses_its_own_and_nobody_elses(
    client: Client,
) -> None:
    await keep_upkeep_schedules(client, ("acme", "umbrella"), task_queue="muster")
    await make(client, "upkeep/of-others", workflow="CleanUp")
    await make(client, "upkeep/of-another-muster", queue="another queue")
    await make(client, "upkeep/a/b")
    await make(client, "nightly")
    others = ("upkeep/of-others", "upkeep/of-another-muster", "upkeep/a/b", "nightly")
    await are_listed(client, "upkeep/acme", "upkeep/umbrella", *others)
    await asyncio.gather(*(keep_upkeep_schedules(client, ("acme",), task_queue="muster") for _ in range(2)))
    await are_listed(client, "upkeep/acme", *others)


async def test_a_worker_starts_the_one_that_is_not_to_wait_and_neither_a_paused_one_nor_others(
    client: Client,
) -> None:
    names = ("acme", "paused", "umbrella")
    await keep_upkeep_schedules(client, names, task_queue="nobody")
    await client.get_schedule_handle("upkeep/paused").pause()
    await keep_upkeep_schedules(client, names, task_queue="nobody", at_once=("acme", "paused"))

    seen: set[str] = set()

    async def begins_and_is_ended() -> None:
        async def begins() -> bool:
            info = (await client.get_schedule_handle("upkeep/acme").describe()).info
            for one in info.running_actions:
                assert isinstance(one, ScheduleActionExecutionStartWorkflow)
                if one.first_execution_run_id not in seen:
                    seen.add(one.first_execution_run_id)
                    handle = client.get_workflow_handle(one.workflow_id, run_id=one.first_execution_run_id)
                    await handle.terminate("nobody works on it")
                    return True
            return False

        await eventually(begins)

    # The second one was asked for while the first went on.
    await keep_upkeep_schedules(client, names, task_queue="nobody", at_once=("acme", "paused"))
    for _ in range(2):
        await begins_and_is_ended()
    for name in names[1:]:
        info = (await client.get_schedule_handle(f"upkeep/{name}").describe()).info
        assert (info.running_actions, info.recent_actions) == ([], [])


async def test_a_trigger_runs_it_at_once_under_the_accounts_id_with_the_time(client: Client) -> None:
    run = Run(client, FakeActivities())
    await keep_upkeep_schedules(client, ("acme",), task_queue=run.queue)
    async with run.working():
        await client.get_schedule_handle("upkeep/acme").trigger()

        async def has_run() -> bool:
            info = (await client.get_schedule_handle("upkeep/acme").describe()).info
            return bool(info.recent_actions) and not info.running_actions

        await eventually(has_run)
    ours = f"WorkflowType = 'Upkeep' AND TaskQueue = '{run.queue}'"
    found = [one async for one in client.list_workflows(ours)]
    assert [one.id.startswith("upkeep/acme-2") for one in found] == [True]
    attributes = found[0].typed_search_attributes
    assert (attributes[PD_ACCOUNT], attributes[ATTENTION]) == ("acme", "ok")
    assert len(run.outside.calls) == 10
