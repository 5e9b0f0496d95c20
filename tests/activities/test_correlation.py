"""One id from the webhook to the connector's call: by it an operator follows an event through the logs."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.worker import Worker

from activities.pagerduty.incidents import IncidentActivities
from activities.pagerduty.verbs import VerbActivities
from activities.registration import registered
from activities.store import StoreActivities
from activities.teams.cards import CardActivities
from activities.teams.outcomes import OutcomeActivities
from activities.teams.replies import ReplyActivities
from muster.store.pool import Pool
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.api.edge import Edge, edge_settings, json_lines, new_incident, serving_edge
from tests.support.bodies import event, note, webhook
from tests.support.company import signature
from tests.support.pagerduty_account import COMPANY
from tests.support.teams_service import TeamsService
from worker import workflow_runner
from workflows.channel_incident.workflow import ChannelIncidentWorkflow

pytestmark = pytest.mark.anyio


@pytest.fixture
async def serve(
    pool: Pool,
    client: Client,
    temporal: EmbeddedTemporal,
    database_url: str,
    tmp_path: Path,
    card_activities: CardActivities,
    reply_activities: ReplyActivities,
    outcome_activities: OutcomeActivities,
    incident_activities: IncidentActivities,
    verb_activities: VerbActivities,
    store_activities: StoreActivities,
    teams_side: TeamsService,
) -> Callable[[], AbstractAsyncContextManager[Edge]]:
    """``serve()``: the API and a worker."""
    activities = registered(
        card_activities,
        reply_activities,
        outcome_activities,
        incident_activities,
        verb_activities,
        store_activities,
    )
    settings = edge_settings(database_url, temporal.address, tmp_path, edit_interval=0.05)

    @asynccontextmanager
    async def serving() -> AsyncIterator[Edge]:
        worker = Worker(
            client,
            task_queue=settings.task_queue,
            workflows=[ChannelIncidentWorkflow],
            activities=activities,
            workflow_runner=workflow_runner(sandboxed=False),
            graceful_shutdown_timeout=timedelta(seconds=2),  # docs/measured.md: what ends is not cancelled
        )
        async with serving_edge(settings, pool, client) as edge, worker:
            yield edge

    return serving


async def deliver(edge: Edge, happened: dict[str, Any]) -> None:
    body = webhook(happened)
    answer = await edge.post(
        body, signed=signature(body, COMPANY.webhook_secret), subscription=COMPANY.webhook_subscription
    )
    assert answer.status_code == 202


@pytest.mark.pooler_too
async def test_an_event_is_followed_from_the_webhook_to_the_connector(
    serve: Callable[[], AbstractAsyncContextManager[Edge]],
    teams_side: TeamsService,
    capsys: pytest.CaptureFixture[str],
) -> None:
    incident = new_incident()
    triggered = event("incident.triggered", incident)
    noted = event("incident.annotated", note(incident["id"]))

    def caused_by(happened: dict[str, Any]) -> list[str]:
        """The methods of the connector's calls that an event caused."""
        sent = [one for one in teams_side.asked if one.headers["X-Correlation-Id"] == happened["id"]]
        return [one.method for one in sent]

    async with serve() as edge:
        await deliver(edge, triggered)
        await teams_side.until(lambda: "POST" in caused_by(triggered))
        await deliver(edge, noted)
        await teams_side.until(lambda: "PUT" in caused_by(noted))

    lines = json_lines(capsys.readouterr().err)
    delivered = {line["correlation_id"] for line in lines if line["event"] == "event delivered"}
    assert delivered == {triggered["id"], noted["id"]}
    shown = [line for line in lines if line["event"] == "card shown"]
    assert {line["correlation_id"] for line in shown} == delivered
    assert (shown[0]["incident"], shown[0]["conversation"]) == (incident["id"], teams_side.channel)
    assert (shown[0]["revision"], shown[0]["correlation_id"]) == (1, triggered["id"])
