"""The worker's composition root: settings → clients → Worker → graceful stop."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import structlog
import uvloop
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from temporalio.workflow import SandboxImportNotificationPolicy

from activities.composition import Dependencies, activities_of
from activities.heartbeats import BEAT
from activities.registration import tell_failures_once
from activities.signals import WorkflowSignals
from activities.teams.refused_sends import RefusedSends
from activities.teams.sends import Sends
from muster.card_runs import CardRuns
from muster.chat_life import ChatLife
from muster.clients.graph.accounts import AccountsClient
from muster.clients.graph.app_calls import app_calls
from muster.clients.graph.calendar import CalendarClient
from muster.clients.graph.chats import ChatsClient
from muster.clients.graph.client import graph_client
from muster.clients.graph.meetings import MeetingsClient
from muster.clients.http import open_pool as open_http_pool
from muster.clients.pagerduty.refresh import RefreshClient
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.clients.pagerduty.subscriptions import SubscriptionClient
from muster.clients.pagerduty.tokens import AppTokens
from muster.clients.teams.connector import connector_client
from muster.clients.way_out import way_out
from muster.garbage_collection import exclude_startup_objects
from muster.health import health_app
from muster.linked_people.ended_links import EndedLinks
from muster.linked_people.link_refresh import LinkRefresh
from muster.linked_people.person_token import PersonTokens
from muster.logging import configure_logging
from muster.private_sends import PrivateSends
from muster.public_addresses import return_address, webhook_path
from muster.security.sealing import KeyRing
from muster.serving import serving
from muster.settings import Settings, load_settings
from muster.store import accounts, subscriptions
from muster.store.migrate import require_schema
from muster.store.pool import open_pool
from muster.temporal.client import temporal_client
from muster.temporal.schedules import keep_upkeep_schedules
from muster.temporal.search_attributes import require_search_attributes
from muster.variables import warn_of_unknown
from workflows.channel_incident.messages import Timing
from workflows.discovery import passed_through, workflow_classes

_LIBRARIES = ("pydantic", "pydantic_core", "annotated_types", "typing_inspection")
"""Passed through the workflow sandbox beside our own modules: they hold no state of a run."""

_GRACE = timedelta(seconds=20)
"""For activities, and for the sends and refreshes that they began. Longer than a call of the connector may
take (8 s) and than refreshed tokens may wait for a database (12 s), so that what began is recorded."""

log = structlog.stdlib.get_logger(__name__)


def workflow_runner(*, sandboxed: bool) -> WorkflowRunner:
    """What runs workflow code: directly, or in the SDK's sandbox (docs/decisions/0020).

    In the sandbox a plain import of anything that is not passed through fails at start.
    """
    if not sandboxed:
        return UnsandboxedWorkflowRunner()
    return SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules(
            *_LIBRARIES, *passed_through()
        ).with_import_notification_policy(
            SandboxImportNotificationPolicy.WARN_ON_DYNAMIC_IMPORT
            | SandboxImportNotificationPolicy.RAISE_ON_UNINTENTIONAL_PASSTHROUGH
        )
    )


@asynccontextmanager
async def running_worker(settings: Settings, client: Client) -> AsyncIterator[Worker]:
    """A worker with everything it uses, polling until the block ends; then it finishes what runs."""
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(await open_pool(settings.database, size=20))
        await require_schema(pool)
        await accounts.write_configured(pool, settings.accounts.values(), settings.teams)
        await require_search_attributes(client)
        urls = {key: return_address(settings, webhook_path(key)) for key in settings.accounts}
        moved = await subscriptions.moved(pool, urls)
        await keep_upkeep_schedules(client, settings.accounts, task_queue=settings.task_queue, at_once=moved)
        http = await stack.enter_async_context(open_http_pool(way_out(settings)))
        sends = Sends()
        keys = KeyRing.parse(settings.keys.get_secret_value())
        signals = WorkflowSignals(client, task_queue=settings.task_queue)
        refresh_pool = await stack.enter_async_context(await open_pool(settings.database, size=4))
        person_tokens = PersonTokens(
            LinkRefresh(RefreshClient(http), refresh_pool, settings.accounts, keys),
            EndedLinks(signals, pool, settings),
            pool,
            keys,
        )
        connector = connector_client(settings, http)
        graph_calls = app_calls(settings, http)
        timing = Timing(edit_interval=settings.edit_interval, grace=settings.grace)
        card_runs = CardRuns(signals, timing)
        dependencies = Dependencies(
            connector=connector,
            pagerduty=PagerDutyClient(http),
            subscriptions=SubscriptionClient(http),
            app_tokens=AppTokens(http, settings.accounts),
            accounts=settings.accounts,
            registrations=settings.teams,
            keys=keys,
            settings=settings,
            graph=graph_client(settings, http),
            chats=ChatsClient(graph_calls),
            calendars=CalendarClient(graph_calls),
            online_meetings=MeetingsClient(graph_calls),
            directory=AccountsClient(graph_calls),
            signals=signals,
            card_runs=card_runs,
            sends=sends,
            refused_sends=RefusedSends(pool, signals, settings, ChatLife(pool, card_runs, connector)),
            person_tokens=person_tokens,
            private=PrivateSends(connector, pool),
            pool=pool,
            details_pool=await stack.enter_async_context(await open_pool(settings.database, size=4)),
            clicks_pool=await stack.enter_async_context(await open_pool(settings.database, size=10)),
            subscription_pool=await stack.enter_async_context(await open_pool(settings.database, size=2)),
        )
        # After the worker's own end, and before what the sends and the refreshes use is closed.
        stack.push_async_callback(person_tokens.finish)
        stack.push_async_callback(sends.finish)
        worker = await stack.enter_async_context(
            Worker(
                client,
                task_queue=settings.task_queue,
                workflows=workflow_classes(),
                activities=activities_of(dependencies),
                workflow_runner=workflow_runner(sandboxed=settings.workflow_sandbox),
                # They wait for others rather than compute; a provider that hangs must not fill all places.
                max_concurrent_activities=500,
                # They compute under one lock of the interpreter. With more at once, each runs out of its own
                # time when a restart replays many long histories.
                max_concurrent_workflow_tasks=20,
                # A run takes some 150 KB here: 600 of them keep the process below 250 MB. Any other is
                # replayed at its next event, which costs 8 ms more (docs/measured.md).
                max_cached_workflows=600,
                graceful_shutdown_timeout=_GRACE,
                max_heartbeat_throttle_interval=timedelta(seconds=BEAT),
                # A killed worker's workflows wait for its sticky queue; ten seconds by default.
                sticky_queue_schedule_to_start_timeout=timedelta(seconds=2),
            )
        )
        stack.callback(sends.stop, within=_GRACE)
        stack.callback(person_tokens.stop, within=_GRACE)
        yield worker


async def run(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT, then finish what runs."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(temporal_client(settings))
        await stack.enter_async_context(running_worker(settings, client))
        if settings.worker_health_port is not None:
            await stack.enter_async_context(
                serving(health_app(), host=settings.host, port=settings.worker_health_port)
            )
        exclude_startup_objects()
        log.info("working", task_queue=settings.task_queue)
        await stop.wait()
        log.info("stopping: finishing what runs")


def main(settings: Settings | None = None) -> None:
    """Run the worker; blocks until it has stopped."""
    settings = settings or load_settings()
    configure_logging(settings.log_level, "worker")
    warn_of_unknown(os.environ)
    tell_failures_once()
    uvloop.run(run(settings))


if __name__ == "__main__":
    main()
