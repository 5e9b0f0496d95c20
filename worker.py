"""The worker's composition root: settings → clients → Worker → graceful stop."""

import asyncio
import signal
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

import structlog
import uvloop
from temporalio.client import Client
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from temporalio.workflow import SandboxImportNotificationPolicy

from activities.clients.app_token import app_tokens
from activities.clients.connector import connector_client
from activities.clients.http import open_pool as open_http_pool
from activities.clients.pagerduty import PagerDutyClient
from activities.implementing import tell_failures_once
from activities.pagerduty import PagerDutyActivities
from activities.store import StoreActivities
from activities.teams import TeamsActivities
from muster.health import health_server
from muster.keys import KeyRing
from muster.logging import configure_logging
from muster.memory import settle
from muster.settings import Settings, load_settings
from muster.store.migrate import require_schema
from muster.store.pool import open_pool
from muster.temporal import connect, goodbye, require_search_attributes
from workflows.channel_incident import ChannelIncidentWorkflow

PASSED_THROUGH = (
    "pydantic",
    "pydantic_core",
    "annotated_types",
    "typing_inspection",
    "workflows.clicking",
    "workflows.contract",
    "workflows.errors",
    "workflows.ids",
    "workflows.ledger",
    "workflows.messages",
    "workflows.model",
    "workflows.options",
    "workflows.parts",
    "workflows.presses",
    "workflows.recall",
    "workflows.reconcile",
    "workflows.search_attributes",
    "workflows.story",
)
"""Level 0 and the helpers, loaded once for all workflows; modules that define workflows never are."""

_GRACE = timedelta(seconds=20)
"""Longer than a connector call may take (8 s), so that a send that began is recorded."""

log = structlog.stdlib.get_logger(__name__)


def workflow_runner() -> SandboxedWorkflowRunner:
    """The sandbox of all workflows: a plain import of anything not on the list fails at start."""
    return SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules(
            *PASSED_THROUGH
        ).with_import_notification_policy(
            SandboxImportNotificationPolicy.WARN_ON_DYNAMIC_IMPORT
            | SandboxImportNotificationPolicy.RAISE_ON_UNINTENTIONAL_PASSTHROUGH
        )
    )


def all_activities(
    teams: TeamsActivities, pagerduty: PagerDutyActivities, store: StoreActivities
) -> list[Callable[..., Any]]:
    """An activity for every row of ``workflows.contract``."""
    return [
        teams.show_card,
        teams.reply,
        teams.tell_person,
        pagerduty.read_details,
        pagerduty.recall_incident,
        pagerduty.change_status,
        store.recall_card,
        store.record_click,
    ]


@asynccontextmanager
async def running_worker(settings: Settings, client: Client) -> AsyncIterator[Worker]:
    """A worker with everything it uses, polling until the block ends; then it finishes what runs."""
    async with AsyncExitStack() as stack:
        database_url = settings.database_url.get_secret_value()
        pool = await stack.enter_async_context(await open_pool(database_url, size=20))
        await require_schema(pool)
        await require_search_attributes(client)
        http = await stack.enter_async_context(open_http_pool(verify=ssl.create_default_context()))
        connector = connector_client(settings, http)
        pagerduty = PagerDutyActivities(
            PagerDutyClient(http),
            app_tokens(http, settings.accounts),
            details_pool=await stack.enter_async_context(await open_pool(database_url, size=4)),
            clicks_pool=await stack.enter_async_context(await open_pool(database_url, size=10)),
            accounts=settings.accounts,
            keys=KeyRing.parse(settings.keys.get_secret_value()),
        )
        teams, store = TeamsActivities(connector, pool), StoreActivities(pool)
        yield await stack.enter_async_context(
            Worker(
                client,
                task_queue=settings.task_queue,
                workflows=[ChannelIncidentWorkflow],
                activities=all_activities(teams, pagerduty, store),
                workflow_runner=workflow_runner(),
                # They wait for others rather than compute; a provider that hangs must not fill all places.
                max_concurrent_activities=500,
                # They compute, under one lock of the interpreter: more of them at once only run out of the
                # time that each has from its poll on, when a restart replays many long histories.
                max_concurrent_workflow_tasks=20,
                graceful_shutdown_timeout=_GRACE,
                # A killed worker's workflows wait for its sticky queue; ten seconds by default.
                sticky_queue_schedule_to_start_timeout=timedelta(seconds=2),
            )
        )


async def run(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT, then finish what runs."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        client = await connect(settings)
        async with running_worker(settings, client), health_server(settings.worker_health_port):
            settle()
            log.info("working", task_queue=settings.task_queue)
            await stop.wait()
            log.info("stopping: finishing what runs")
    finally:
        await goodbye()


def main(settings: Settings | None = None) -> None:
    """Run the worker; blocks until it has stopped."""
    settings = settings or load_settings()
    configure_logging(settings.log_level, "worker")
    tell_failures_once()
    uvloop.run(run(settings))


if __name__ == "__main__":
    main()
