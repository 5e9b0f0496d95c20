"""A click that met no link, by the worker itself: Temporal, Postgres, and both simulators over HTTP."""

import json
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from temporalio.client import Client

import worker
from activities.signals import WorkflowSignals
from muster.clients.teams.connector import ConnectorClient
from muster.person_tokens import Tokens
from muster.security.sealing import KeyRing
from muster.security.signed_links import SignedLinks
from muster.settings import Settings
from muster.store import link_offers, targets
from muster.store.link_offers import PersonalSpending
from muster.store.pool import Pool
from sandbox.up.servers.ports import LOOPBACK
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.support.life import Life
from tests.support.pagerduty_account import COMPANY, CY_USER
from tests.support.pagerduty_account import SimulatedAccount as PagerDuty
from tests.support.settings import KEYS, config_file, settings_for
from tests.support.teams_service import TeamsService
from tests.support.waiting import eventually
from workflows.account_link.messages import Linked, Start
from workflows.account_link.workflow_type import ACCOUNT_LINK, LINKED
from workflows.channel_incident.messages import Start as StartCard
from workflows.channel_incident.messages import Timing
from workflows.channel_incident.workflow_type import CHANNEL_INCIDENT, CLICKS, EVENTS
from workflows.ids import click_key
from workflows.person import Person
from workflows.verbs.click import Click, Clicker

pytestmark = pytest.mark.anyio

ACCOUNT = COMPANY.account
CY = COMPANY.people[2]
RING = KeyRing.parse(KEYS)
LINK_ID = f"link/{COMPANY.tenant_id}/{CY.aad_object_id}/{ACCOUNT}"


@dataclass
class Channel:
    """A channel with the card of an incident, and Cy, who is not linked."""

    pool: Pool
    client: Client
    settings: Settings
    teams_side: TeamsService
    incident: str

    @property
    def signals(self) -> WorkflowSignals:
        return WorkflowSignals(self.client, task_queue=self.settings.task_queue)

    async def start(self) -> StartCard:
        target = await targets.find_card_of_incident(
            self.pool, conversation=self.teams_side.channel, account=ACCOUNT, incident_id=self.incident
        )
        assert target is not None
        return target.start(Timing(edit_interval=0.05, grace=60))

    async def is_clicked(self) -> str:
        """Cy presses Acknowledge: how it ended."""
        row = await self.pool.fetchrow(
            "SELECT activity_id, nonce FROM incident_card WHERE incident_id = $1", self.incident
        )
        assert row is not None
        message, nonce = row["activity_id"], row["nonce"]
        click = Click(
            key=click_key(
                person=CY.aad_object_id, message=message, verb="acknowledge", nonce=nonce, link=None
            ),
            verb="acknowledge",
            person=Clicker(aad_object_id=CY.aad_object_id, teams_id=CY.teams_id, name=CY.name),
            message=message,
            nonce=nonce,
            received_at=datetime.now(UTC),
            correlation="f:click",
        )
        answer = await self.signals.ask(
            CHANNEL_INCIDENT,
            await self.start(),
            CLICKS["acknowledge"],
            click,
            update_id=click.key,
            within=10,
        )
        return answer.outcome.kind

    async def link(self) -> Tokens:
        """Cy uses the offer, and the API reports it."""
        offer = await link_offers.newest_personal(
            self.pool, tenant=COMPANY.tenant_id, person=CY.aad_object_id, account=ACCOUNT
        )
        assert offer is not None
        now = datetime.now(UTC)
        tokens = Tokens(CY.access_token, "refresh-token-of-cy", ("write",), now, now + timedelta(hours=1))
        spending = PersonalSpending(ACCOUNT, CY_USER, CY.name, CY.email, tokens)
        spent = await link_offers.spend_personal(self.pool, RING, offer.id, spending, b"flow")
        assert spent.result == "spent"
        start = Start(
            tenant=COMPANY.tenant_id,
            person=Person(aad_object_id=CY.aad_object_id, teams_id=CY.teams_id, name=CY.name),
            account=ACCOUNT,
        )
        await self.signals.signal(ACCOUNT_LINK, start, LINKED.goes_on_as, Linked(offer=offer.id))
        return tokens

    async def to_cy(self) -> list[dict[str, Any]]:
        """What Cy alone sees in the channel."""
        messages = await self.teams_side.messages()
        return [one for one in messages if one.get("to") == CY.aad_object_id]

    async def cy_reads(self, text: str) -> None:
        async def shown() -> bool:
            return any(text in json.dumps(one["versions"][-1]) for one in await self.to_cy())

        await eventually(shown, within=30)

    async def history(self, id: str) -> str:
        return (await self.client.get_workflow_handle(id).fetch_history()).to_json()


@pytest.fixture
async def channel(
    pool: Pool,
    database_url: str,
    client: Client,
    temporal: EmbeddedTemporal,
    tmp_path: Path,
    teams_side: TeamsService,
    pagerduty_side: PagerDuty,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Channel]:
    """A worker, and the card of an incident in a channel."""

    def connector_client(_settings: Settings, http: httpx.AsyncClient) -> ConnectorClient:
        return teams_side.connector(http, teams_side.tokens())

    # Its tokens come by httpx, which closes its connections, and not by msal.
    monkeypatch.setattr(worker, "connector_client", connector_client)
    configured = pagerduty_side.configured
    settings = settings_for(
        database_url,
        temporal.address,
        config=config_file(
            tmp_path,
            f"""
[[pagerduty]]
subdomain = "{ACCOUNT}"
client_id = "{configured.client_id}"
client_secret = "{configured.client_secret.get_secret_value()}"
api_url = "{configured.api_url}"
identity_url = "{configured.identity_url}"
""",
        ),
        task_queue=f"q-{uuid.uuid4().hex[:8]}",
        service_hosts=LOOPBACK,
    )
    incident = str((await pagerduty_side.trigger())["id"])
    # The server is shared: ids of other tests name the same person and the same channel.
    await pool.execute(
        "UPDATE conversation SET key = $1 WHERE id = $2", settings.task_queue, teams_side.channel
    )
    await pool.execute(
        "INSERT INTO incident_card (account, incident_id, conversation) VALUES ($1, $2, $3)",
        *(ACCOUNT, incident, teams_side.channel),
    )
    async with worker.running_worker(settings, client):
        channel = Channel(pool, client, settings, teams_side, incident)
        triggered = Life(incident).triggers()
        await channel.signals.signal(
            CHANNEL_INCIDENT, await channel.start(), EVENTS[triggered.event_type], triggered
        )

        async def is_there() -> bool:
            query = "SELECT activity_id IS NOT NULL FROM incident_card WHERE incident_id = $1"
            return bool(await pool.fetchval(query, incident))

        await eventually(is_there, within=30)
        yield channel
        await client.get_workflow_handle(CHANNEL_INCIDENT.workflow_id(await channel.start())).terminate()


async def test_cy_clicks_and_links_and_the_click_is_done_as_cy(
    channel: Channel, pagerduty_side: PagerDuty
) -> None:
    assert await channel.is_clicked() == "unlinked"
    await channel.cy_reads("Link Accounts")
    tokens = await channel.link()
    await channel.cy_reads("You acknowledged this incident.")
    assert (await channel.client.get_workflow_handle(LINK_ID).result())["step"] == "linked"
    (message,) = await channel.to_cy()
    writes = [
        (write["user"], write["body"]["incident"]["status"])
        for write in (await pagerduty_side.records())["writes"]
        if write["method"] == "PUT" and write["path"] == f"/incidents/{channel.incident}"
    ]
    assert writes == [(CY_USER, "acknowledged")]
    shown = json.dumps(message)
    offer = await link_offers.newest_personal(
        channel.pool, tenant=COMPANY.tenant_id, person=CY.aad_object_id, account=ACCOUNT
    )
    assert offer is not None
    token = SignedLinks(RING).token(offer.id)
    assert token in shown
    card = CHANNEL_INCIDENT.workflow_id(await channel.start())
    for history in (await channel.history(LINK_ID), await channel.history(card)):
        assert "/l/" not in history
        assert not any(
            secret in history for secret in (token, tokens.access_token, tokens.refresh_token, CY.email)
        )
