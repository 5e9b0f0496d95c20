"""A channel that is deleted and restored, by the worker itself: Temporal, Postgres, and both simulators."""

import json
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from temporalio.client import Client, WorkflowExecutionStatus

import worker
from activities.signals import WorkflowSignals
from muster.clients.teams.connector import ConnectorClient
from muster.settings import Settings
from muster.store import targets, teams
from muster.store.pool import Pool
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.support.pagerduty_account import SimulatedAccount as PagerDuty
from tests.support.settings import CONFIG, config_file, settings_for
from tests.support.teams_service import TeamsService
from tests.support.waiting import eventually
from workflows.bringing_in.activities import OfConnection
from workflows.channel_incident.messages import Attached, Timing
from workflows.channel_incident.workflow_type import ATTACH, CHANNEL_INCIDENT
from workflows.team_setup.messages import Deadlines, TeamEvent
from workflows.team_setup.workflow_type import TEAM_EVENTS, TEAM_SETUP

pytestmark = pytest.mark.anyio


@dataclass
class Channel:
    """Payments › ops, to which Checkout is connected."""

    pool: Pool
    client: Client
    signals: WorkflowSignals
    side: PagerDuty
    teams_side: TeamsService
    key: str

    async def shows(self, *incidents: str) -> None:
        """Bring these in, and wait for their cards."""
        place = OfConnection(account="acme", service="PSVC001", conversation=self.teams_side.channel)
        for target in await targets.bring_in(self.pool, place, incidents, most=50):
            start = target.start(Timing(edit_interval=0.05, grace=1))
            await self.signals.signal(CHANNEL_INCIDENT, start, ATTACH, Attached(by="Ada Ops"))
        for incident in incidents:
            await eventually(partial(self.is_shown, incident), within=30)

    async def is_shown(self, incident: str, text: str = "") -> bool:
        found = await self.message(incident)
        return found is not None and text in json.dumps(found["versions"][-1])

    async def message(self, incident: str) -> dict[str, Any] | None:
        """The newest message of an incident's card."""
        row = await self.pool.fetchrow(
            "SELECT activity_id FROM incident_card WHERE incident_id = $1", incident
        )
        messages = await self.teams_side.messages()
        return next((one for one in messages if row and one["id"] == row["activity_id"]), None)

    async def hears(self, event: str) -> None:
        """Teams tells what happened to the channel."""
        team = await teams.of_channel(self.pool, self.teams_side.channel)
        assert team is not None
        told = TeamEvent(event=event, activity="f:1", at=datetime.now(UTC), channel=self.teams_side.channel)
        await self.signals.signal(TEAM_SETUP, team.start(Deadlines()), TEAM_EVENTS[event], told)

    async def status(self, incident: str) -> WorkflowExecutionStatus | None:
        handle = self.client.get_workflow_handle(f"incident/acme/{incident}/{self.key}")
        return (await handle.describe()).status

    async def is_over(self, incident: str) -> bool:
        return await self.status(incident) is WorkflowExecutionStatus.COMPLETED


@pytest.fixture
async def channel(
    pool: Pool,
    client: Client,
    temporal: EmbeddedTemporal,
    database_url: str,
    teams_side: TeamsService,
    pagerduty_side: PagerDuty,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Channel]:
    def connector_client(_settings: Settings, http: httpx.AsyncClient) -> ConnectorClient:
        return teams_side.connector(http, teams_side.tokens())

    monkeypatch.setattr(worker, "connector_client", connector_client)
    account = pagerduty_side.configured
    config = CONFIG.replace('"client"', f'"{account.client_id}"')
    config = config.replace("not used here", account.client_secret.get_secret_value())
    config += f'api_url = "{account.api_url}"\nidentity_url = "{account.identity_url}"\n'
    settings = settings_for(
        database_url,
        temporal.address,
        task_queue=f"q-{uuid.uuid4().hex[:8]}",
        config=config_file(tmp_path, config),
        grace=1,
    )
    key = f"payments-ops-{uuid.uuid4().hex[:8]}"
    await pool.execute("UPDATE conversation SET key = $1 WHERE id = $2", key, teams_side.channel)
    await pool.execute("UPDATE team SET key = $1 WHERE id = $2", key, teams_side.company.teams[0].id)
    signals = WorkflowSignals(client, task_queue=settings.task_queue)
    async with worker.running_worker(settings, client):
        yield Channel(pool, client, signals, pagerduty_side, teams_side, key)


async def test_what_is_open_in_pagerduty_then_is_what_comes_back(channel: Channel) -> None:
    side = channel.side
    kept, over, deleted = [str((await side.trigger(title=f"Nr {one}"))["id"]) for one in range(3)]
    await channel.shows(kept, over, deleted)
    await channel.hears("channelDeleted")
    for incident in (kept, over, deleted):
        await eventually(partial(channel.is_over, incident), within=30)
    before = {incident: await channel.message(incident) for incident in (kept, over, deleted)}
    await side.put(kept, status="acknowledged")
    await side.put(over, status="resolved")
    opened = str((await side.trigger(title="Meanwhile"))["id"])
    was_shown = before[deleted]
    assert was_shown is not None
    await channel.teams_side.fault("edit", "gone", match={"message": was_shown["id"]})
    await side.fault("rest", "status", status=503, match={"path": "/incidents"})  # down at that moment

    await channel.hears("channelRestored")
    await eventually(lambda: channel.is_shown(kept, "Acknowledged"), within=30)
    await eventually(lambda: channel.is_shown(opened, "Meanwhile"), within=30)

    async def is_posted_anew() -> bool:
        message = await channel.message(deleted)
        return message is not None and message["id"] != was_shown["id"]

    await eventually(is_posted_anew, within=30)
    shown_before = before[kept]
    message = await channel.message(kept)
    assert shown_before is not None
    assert message is not None
    assert message["id"] == shown_before["id"], "the card that was there goes on"
    await eventually(lambda: channel.is_shown(over, "Resolved"), within=30)
    shown_before, message = before[over], await channel.message(over)
    assert shown_before is not None
    assert message is not None
    assert message["id"] == shown_before["id"]
    await eventually(partial(channel.is_over, over), within=30)
    assert await channel.status(opened) is WorkflowExecutionStatus.RUNNING
    replies = [one for one in await channel.teams_side.messages() if one.get("reply_to")]
    assert replies == [], "nothing that happened meanwhile is announced"


async def test_a_card_is_followed_to_its_end_though_nothing_is_connected_there_any_more(
    channel: Channel,
) -> None:
    incident = str((await channel.side.trigger(title="Nr 1"))["id"])
    await channel.shows(incident)
    await channel.pool.execute("UPDATE connection SET ended_at = now()")
    await channel.hears("channelDeleted")
    await eventually(partial(channel.is_over, incident), within=30)
    await channel.side.put(incident, status="resolved")
    await channel.hears("channelRestored")
    await eventually(lambda: channel.is_shown(incident, "Resolved"), within=30)
    await eventually(partial(channel.is_over, incident), within=30)
