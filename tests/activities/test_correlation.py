"""One id from the webhook to the connector's call: by it an operator follows an event through the logs."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.worker import Worker

from activities.pagerduty import PagerDutyActivities
from activities.store import StoreActivities
from activities.teams import TeamsActivities
from muster.store.pool import Pool
from sandbox.stack.temporal import EmbeddedTemporal
from tests.api.edge import Edge, edge_settings, json_lines, new_incident, serving_edge, signature
from tests.bodies import event, note, webhook
from tests.sandbox.pagerduty_rig import WORLD
from tests.teams_service import TeamsService
from worker import workflow_runner
from workflows.channel_incident import ChannelIncidentWorkflow

pytestmark = pytest.mark.anyio


@pytest.fixture
async def edge(
    capsys: pytest.CaptureFixture[str],
    pool: Pool,
    client: Client,
    temporal: EmbeddedTemporal,
    database_url: str,
    tmp_path: Path,
    teams: TeamsActivities,
    pagerduty: PagerDutyActivities,
    store: StoreActivities,
    teams_side: TeamsService,
) -> AsyncIterator[Edge]:
    """The API and a worker; their logs go to the captured standard error."""
    await pool.execute("UPDATE channel SET service_url = $1", teams_side.service_url)
    settings = edge_settings(database_url, temporal.address, tmp_path, edit_interval=0.05)
    async with (
        serving_edge(settings, pool, client) as edge,
        Worker(
            client,
            task_queue=settings.task_queue,
            workflows=[ChannelIncidentWorkflow],
            activities=[
                teams.show_card,
                teams.reply,
                teams.tell_person,
                pagerduty.read_details,
                pagerduty.recall_incident,
                pagerduty.change_status,
                store.recall_card,
                store.record_click,
            ],
            workflow_runner=workflow_runner(),
        ),
    ):
        yield edge


async def deliver(edge: Edge, happened: dict[str, Any]) -> None:
    body = webhook(happened)
    answer = await edge.post(
        body, signed=signature(body, WORLD.webhook_secret), subscription=WORLD.webhook_subscription
    )
    assert answer.status_code == 202


async def test_an_event_is_followed_from_the_webhook_to_the_connector(
    edge: Edge, teams_side: TeamsService, capsys: pytest.CaptureFixture[str]
) -> None:
    incident = new_incident()
    triggered = event("incident.triggered", incident)
    noted = event("incident.annotated", note(incident["id"]))
    await deliver(edge, triggered)
    await teams_side.until(lambda: bool(teams_side.calls("POST", "/activities")))
    (posted,) = teams_side.calls("POST", "/activities")
    assert posted.headers["X-Correlation-Id"] == triggered["id"]

    await deliver(edge, noted)
    await teams_side.until(
        lambda: noted["id"] in [one.headers["X-Correlation-Id"] for one in teams_side.asked]
    )
    (edited,) = [one for one in teams_side.asked if one.headers["X-Correlation-Id"] == noted["id"]]
    assert edited.method == "PUT"

    lines = json_lines(capsys.readouterr().err)
    told = {line["correlation_id"]: line for line in lines if line["event"] == "event delivered"}
    assert set(told) == {triggered["id"], noted["id"]}
    (shown,) = [
        line for line in lines if line["event"] == "card shown" and line["correlation_id"] == triggered["id"]
    ]
    assert (shown["incident"], shown["conversation"]) == (incident["id"], teams_side.channel)
    assert shown["revision"] == 1
