"""The worker itself on the real server: how it stops, and that its heartbeats arrive."""

import asyncio
import uuid
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from temporalio.client import Client, ScheduleActionExecutionStartWorkflow, WorkflowHandle

import worker
from muster.clients.teams.connector import ConnectorClient
from muster.linked_people.person_token import PersonTokens
from muster.public_addresses import webhook_path
from muster.settings import Settings
from muster.store.pool import Pool
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.activities.card import Card
from tests.support.life import Life
from tests.support.linked_people import Tellings, link
from tests.support.pagerduty_account import COMPANY
from tests.support.pagerduty_account import SimulatedAccount as PagerDuty
from tests.support.settings import CONFIG, config_file, settings_for
from tests.support.teams_service import TeamsService
from tests.support.waiting import eventually
from workflows.channel_incident.activities import SHOW_CARD
from workflows.channel_incident.messages import Conversation, Start
from workflows.channel_incident.workflow_type import CHANNEL_INCIDENT

pytestmark = pytest.mark.anyio

HEARTBEAT_TIMEOUT = 3.0
EARLIER = "http://127.0.0.1:9"
"""A public address of before."""


@pytest.fixture
def settings(
    teams_side: TeamsService,
    database_url: str,
    temporal: EmbeddedTemporal,
    monkeypatch: pytest.MonkeyPatch,
) -> Settings:
    """Of a worker that reaches the simulator of Teams."""

    def connector_client(_settings: Settings, http: httpx.AsyncClient) -> ConnectorClient:
        return teams_side.connector(http, teams_side.tokens())

    # Its tokens come by httpx, which closes its connections, and not by msal.
    monkeypatch.setattr(worker, "connector_client", connector_client)
    return settings_for(database_url, temporal.address, task_queue=f"q-{uuid.uuid4().hex[:8]}")


@pytest.fixture
async def run(
    card: Card, settings: Settings, client: Client, teams_side: TeamsService
) -> WorkflowHandle[object, object]:
    """A run of the card's incident that is to show it; no worker has taken it yet."""
    start = Start(
        account=card.key.account,
        incident_id=card.key.incident_id,
        conversation=Conversation(
            tenant=teams_side.company.tenant_id,
            id=card.key.conversation,
            service_url=teams_side.service_url,
            label="Payments/#ops",
        ),
        conversation_key=settings.task_queue,
    )
    triggered = Life(card.key.incident_id).triggers()
    return await client.start_workflow(
        CHANNEL_INCIDENT.name,
        start,
        id=CHANNEL_INCIDENT.workflow_id(start),
        task_queue=settings.task_queue,
        start_signal=triggered.event_type,
        start_signal_args=[triggered],
    )


@pytest.mark.pooler_too
async def test_a_worker_that_stops_records_a_send_whose_activity_is_gone(
    run: WorkflowHandle[object, object],
    settings: Settings,
    client: Client,
    card: Card,
    teams_side: TeamsService,
) -> None:
    await teams_side.fault("create", "slow", seconds=5)
    async with worker.running_worker(settings, client):
        await teams_side.until(lambda: bool(teams_side.calls("POST", "/activities")))
        await run.terminate("the next heartbeat cancels its activity")
    (message,) = await teams_side.messages()
    assert (await card.row()).activity_id == message["id"]


@pytest.fixture
def with_pagerduty(settings: Settings, pagerduty_side: PagerDuty, tmp_path: Path) -> Settings:
    """Of a worker that reaches the simulator of PagerDuty too."""
    account = pagerduty_side.configured
    config = CONFIG.replace('"client"', f'"{account.client_id}"')
    config = config.replace("not used here", account.client_secret.get_secret_value())
    config += f'api_url = "{account.api_url}"\nidentity_url = "{account.identity_url}"\n'
    return settings.model_copy(update={"config": Path(config_file(tmp_path, config))})


@pytest.fixture
def workers_tokens(monkeypatch: pytest.MonkeyPatch) -> list[PersonTokens]:
    """What each worker has for people's tokens."""
    made: list[PersonTokens] = []

    class Kept(PersonTokens):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            made.append(self)

    monkeypatch.setattr(worker, "PersonTokens", Kept)
    return made


async def test_a_worker_that_stops_keeps_what_a_refresh_gives_whose_caller_is_gone(
    with_pagerduty: Settings,
    workers_tokens: list[PersonTokens],
    client: Client,
    pool: Pool,
    pagerduty_side: PagerDuty,
) -> None:
    ada = await link(pagerduty_side, pool)
    before = await ada.access_token()
    await ada.age(1.01)
    await ada.side.fault("token", "slow", seconds=4)
    async with worker.running_worker(with_pagerduty, client):
        caller = asyncio.create_task(workers_tokens[0].user(ada.link, account=COMPANY.account))
        await eventually(ada.is_asked)
        caller.cancel()
    assert await ada.access_token() != before


async def test_a_worker_that_stops_tells_whose_link_ends_meanwhile(
    with_pagerduty: Settings,
    workers_tokens: list[PersonTokens],
    client: Client,
    pool: Pool,
    pagerduty_side: PagerDuty,
) -> None:
    ada = await link(pagerduty_side, pool)
    await ada.age(1.01)
    await ada.side.fault("token", "slow", seconds=4)
    await ada.side.http.delete("/_sandbox/identity/delegations")
    async with worker.running_worker(with_pagerduty, client):
        caller = asyncio.create_task(workers_tokens[0].user(ada.link, account=COMPANY.account))
        await eventually(ada.is_asked)
        caller.cancel()
    await Tellings(client, ada).end()
    assert await pool.fetchval("SELECT told_at IS NOT NULL FROM ended_link WHERE link = $1", ada.link)


async def test_a_worker_at_another_public_address_moves_the_subscription_at_once(
    with_pagerduty: Settings, client: Client, pool: Pool, pagerduty_side: PagerDuty
) -> None:
    earlier, here = (url + webhook_path(COMPANY.account) for url in (EARLIER, with_pagerduty.public_url))
    subscriptions = pagerduty_side.simulator.subscriptions
    subscriptions.move(COMPANY.webhook_subscription, earlier)
    await pool.execute("UPDATE webhook_subscription SET url = $1", earlier)
    async with worker.running_worker(with_pagerduty, client):
        await pagerduty_side.until(lambda: [one.url for one in subscriptions.all()] == [earlier, here])
        upkeep = client.get_schedule_handle(f"upkeep/{COMPANY.account}")
        for action in (await upkeep.describe()).info.running_actions:
            assert isinstance(action, ScheduleActionExecutionStartWorkflow)
            await client.get_workflow_handle(action.workflow_id).terminate("it waits for a first event")


async def test_a_beat_of_each_second_reaches_the_server(
    run: WorkflowHandle[object, object], settings: Settings, client: Client, teams_side: TeamsService
) -> None:
    """So that a worker which is starved for more than a second is not taken for dead."""
    await teams_side.fault("create", "slow", seconds=6)
    beats: set[datetime] = set()
    async with worker.running_worker(settings, client):
        await teams_side.until(lambda: bool(teams_side.calls("POST", "/activities")))

        async def is_over() -> bool:
            found = [
                pending
                for pending in (await run.describe()).raw_description.pending_activities
                if pending.activity_type.name == SHOW_CARD.name
            ]
            beats.update(
                pending.last_heartbeat_time.ToDatetime(UTC)
                for pending in found
                if pending.HasField("last_heartbeat_time")
            )
            return not found

        await eventually(is_over)
        await run.terminate()
    at = sorted(beats)
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(at)]
    assert len(gaps) >= 3
    assert sorted(gaps)[len(gaps) // 2] < HEARTBEAT_TIMEOUT / 2
