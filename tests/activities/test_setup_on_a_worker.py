"""A whole set-up by the worker itself: Temporal, Postgres, and both simulators of Microsoft's over HTTP."""

import json
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

from activities.signals import WorkflowSignals
from muster.permissions import REQUIRED
from muster.security.sealing import KeyRing
from muster.settings import Settings
from muster.store import accounts, link_offers, teams
from muster.store.link_offers import Spending
from muster.store.pool import Pool
from sandbox.up.servers.ports import LOOPBACK
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.sandbox.microsoft_process import MicrosoftProcess, running_microsoft
from tests.support.pagerduty_account import COMPANY
from tests.support.settings import KEYS, config_file, settings_for
from tests.support.teams_service import TeamsService, teams_service
from tests.support.waiting import eventually
from worker import running_worker
from workflows.person import Person
from workflows.team_setup.messages import Authorized, ConsentReturned, Deadlines, TeamEvent
from workflows.team_setup.workflow_type import AUTHORIZED, CONSENT_RETURNED, TEAM_EVENTS, TEAM_SETUP

pytestmark = pytest.mark.anyio

TEAM = COMPANY.teams[0]
ADA = COMPANY.people[0]
QUICK = Deadlines(role_reads=(0, 0.2, 0.5))


@dataclass
class Aboard:
    """A team that comes aboard."""

    pool: Pool
    client: Client
    settings: Settings
    teams_side: TeamsService
    microsoft: MicrosoftProcess

    async def tells(self, signal: Any, message: Any) -> None:
        team = await teams.find(self.pool, TEAM.id)
        assert team is not None
        signals = WorkflowSignals(self.client, task_queue=self.settings.task_queue)
        await signals.signal(TEAM_SETUP, team.start(QUICK), signal, message)

    async def chat(self) -> list[dict[str, Any]]:
        """Ada's private chat with the bot."""
        row = "SELECT private_conversation FROM person WHERE aad_object_id = $1"
        conversation = await self.pool.fetchval(row, ADA.aad_object_id)
        return await self.teams_side.messages(conversation) if conversation else []

    async def reads(self, text: str, conversation: str | None = None) -> None:
        """Wait until a message shows this: in Ada's chat, or in a channel."""

        async def shown() -> bool:
            messages = await (self.teams_side.messages(conversation) if conversation else self.chat())
            return any(text in json.dumps(message["versions"][-1]) for message in messages)

        await eventually(shown, within=30)

    async def history(self) -> str:
        team = await teams.find(self.pool, TEAM.id)
        assert team is not None
        handle = self.client.get_workflow_handle(f"setup/{team.key}")
        await handle.result()
        return (await handle.fetch_history()).to_json()


@pytest.fixture
async def aboard(
    pool: Pool, database_url: str, client: Client, temporal: EmbeddedTemporal, tmp_path: Path
) -> AsyncIterator[Aboard]:
    """A worker, and the company's first team, of which only its first activity is known."""
    with running_microsoft(tmp_path, company=COMPANY) as microsoft:
        microsoft.consent(requested=list(REQUIRED))
        microsoft.sandbox("DELETE", "consent")
        async with teams_service(COMPANY, tmp_path / "ca") as teams_side:
            settings = settings_for(
                database_url,
                temporal.address,
                config=config_file(tmp_path, _configuration()),
                task_queue=f"q-{uuid.uuid4().hex[:8]}",
                microsoft_authority=microsoft.authority,
                graph_url=microsoft.authority,
                service_hosts=LOOPBACK,
                ca_file=microsoft.ca,
            )
            await pool.execute("DELETE FROM connection")
            await pool.execute("DELETE FROM conversation WHERE kind = 'channel'")
            await pool.execute("UPDATE teams_tenant SET roles = NULL, roles_read_at = NULL")
            await pool.execute("UPDATE team SET service_url = $1", teams_side.service_url)
            await pool.execute(
                """UPDATE team SET account = NULL, step = NULL, installer = NULL, chosen_channel = NULL,
                     authorized_by = NULL, authorized_name = NULL, authorized_role = NULL,
                     authorized_at = NULL, key = $1
                   WHERE id = $2""",
                *(f"payments-{uuid.uuid4().hex[:8]}", TEAM.id),
            )
            async with running_worker(settings, client):
                yield Aboard(pool, client, settings, teams_side, microsoft)


def _configuration() -> str:
    return f"""
[[teams]]
tenant = "{COMPANY.tenant_id}"
app_id = "{COMPANY.bot_app_id}"
app_secret = "{COMPANY.bot_app_secret}"
[[pagerduty]]
subdomain = "acme"
client_id = "client"
client_secret = "not used here"
"""


@pytest.mark.pooler_too
async def test_a_team_comes_aboard(aboard: Aboard) -> None:
    ada = Person(aad_object_id=ADA.aad_object_id, teams_id=ADA.teams_id, name=ADA.name)
    at = datetime.now(UTC)
    installed = TeamEvent(event="installed", activity="f:1", at=at, person=ada, channel=TEAM.channels[1].id)
    await aboard.tells(TEAM_EVENTS["installed"], installed)
    await aboard.tells(TEAM_EVENTS["installed"], installed)
    await aboard.reads("I'm not a PagerDuty Admin")
    (offer,) = await link_offers.newest(aboard.pool, TEAM.id)
    grace = Spending(account="acme", user="PGRACE", name="Grace Admin", role="admin")
    await link_offers.spend(aboard.pool, offer.id, grace, b"flow")
    await aboard.tells(AUTHORIZED.goes_on_as, Authorized(offer=offer.id))
    await aboard.reads("The team is connected to PagerDuty")
    await aboard.reads("Muster is connected to PagerDuty", TEAM.id)
    await aboard.reads("Authorize and complete setup")
    aboard.microsoft.sandbox("POST", "consent/grant")
    await aboard.tells(CONSENT_RETURNED.goes_on_as, ConsentReturned(offer=None, refused=False))
    await aboard.reads("Setup is now complete!")
    history = await aboard.history()
    found = await teams.find(aboard.pool, TEAM.id)
    assert found is not None
    assert (found.step, found.installer, found.chosen_channel) == (
        "complete",
        ADA.aad_object_id,
        TEAM.channels[1].id,
    )
    assert await aboard.pool.fetchval("SELECT count(*) FROM conversation WHERE account = 'acme'") == len(
        TEAM.channels
    )
    assert await accounts.name_of_tenant(aboard.pool, COMPANY.tenant_id) == COMPANY.tenant_name
    assert len(await aboard.chat()) == 2
    assert len(await aboard.teams_side.messages(TEAM.id)) == 1
    key = await link_offers.open_key(aboard.pool, KeyRing.parse(KEYS), offer.id)
    assert key is not None
    assert key not in history
    assert "/l/" not in history
