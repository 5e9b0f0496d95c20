"""A chat in which an incident is followed: a real worker, the API's parts, and both simulators."""

import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from temporalio.client import Client, WorkflowExecutionStatus

import worker
from api.bot.activity import InboundActivity
from api.bot.chat_events import ChatEvents
from api.gateway import Gateway
from api.rooms import RoomStarts
from api.webhooks.fan_out import FanOut
from muster.card_runs import CardRuns
from muster.chat_life import ChatLife
from muster.clients.http import open_pool as open_http_pool
from muster.clients.teams.connector import ConnectorClient
from muster.config_file import RoomsTable
from muster.payloads.events import incident_event_of
from muster.seed import Seed, seed
from muster.settings import Settings
from muster.store import chats, targets
from muster.store.pool import Pool, transaction
from sandbox.serving import Listener, serving
from sandbox.up.addresses import Addresses
from sandbox.up.product import seed as rows_of
from sandbox.up.servers.ports import free_port
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.support.company import ACCOUNT
from tests.support.pagerduty_account import COMPANY, SimulatedAccount, running_account
from tests.support.settings import CONFIG, config_file, settings_for
from tests.support.teams_service import TeamsService, teams_service
from tests.support.waiting import eventually
from workflows.channel_incident.messages import Attached, Timing
from workflows.channel_incident.workflow_type import ATTACH, CHANNEL_INCIDENT

ADA, BO, CY = (person.email for person in COMPANY.people[:3])
TIMING = Timing(edit_interval=0.05, grace=1)


@dataclass
class Chat:
    """A group chat of Ada, Bo and Cy, in which the bot is."""

    id: str
    key: str
    pool: Pool
    client: Client
    gateway: Gateway
    pagerduty: SimulatedAccount
    teams: TeamsService

    # What people do

    async def follows(self, title: str = "Checkout is slow") -> str:
        """An incident is triggered, and somebody has the chat follow it; its id, once its card is there."""
        incident = str((await self.pagerduty.trigger(title=title))["id"])
        await self.registers(incident)
        await eventually(lambda: self.shows(incident, title), within=30)
        return incident

    async def registers(self, incident: str) -> None:
        """Somebody has the chat follow this incident."""
        await self.pool.execute(
            "INSERT INTO incident_card (account, incident_id, conversation) VALUES ($1, $2, $3)",
            *(ACCOUNT, incident, self.id),
        )
        (card,) = [one for one in await targets.in_chat(self.pool, self.id) if one.incident_id == incident]
        await self.gateway.signal(CHANNEL_INCIDENT, card.start(TIMING), ATTACH, Attached(by="Ada Ops"))

    async def tells_of(self, incident: str, **changes: Any) -> None:
        """The incident changes, and PagerDuty tells of it."""
        event = await self.changes(incident, **changes)
        await FanOut(self.pool, self.gateway, TIMING, RoomStarts(RoomsTable(), grace=60)).deliver(
            incident_event_of(ACCOUNT, event), b""
        )

    async def changes(self, incident: str, **changes: Any) -> dict[str, Any]:
        """The incident changes; the event that tells of it."""
        receiver = self.pagerduty.receiver
        known = len(receiver.received)
        (await self.pagerduty.put(incident, **changes)).raise_for_status()
        await receiver.arrivals.until(lambda: len(receiver.received) > known, within=10)
        return receiver.received[-1].event

    async def loses_the_bot(self, **how: Any) -> list[int | None]:
        """Ada removes it; the statuses by which the bot took what Teams told of it."""
        return await self._teams("uninstall", person=ADA, chat=self.id, **how)

    async def gets_the_bot(self, **how: Any) -> list[int | None]:
        """Ada adds it."""
        return await self._teams("install", person=ADA, chat=self.id, **how)

    async def is_called(self, topic: str) -> None:
        """Ada gives it a topic."""
        await self._teams("chat", chat=self.id, event="topicName", topic=topic, by=ADA)

    async def _teams(self, path: str, **body: Any) -> list[int | None]:
        answer = await self.teams.http.post(f"/_sandbox/{path}", json=body, timeout=30)
        answer.raise_for_status()
        statuses: list[int | None] = answer.json()["statuses"]
        return statuses

    # What is there

    async def messages(self) -> list[dict[str, Any]]:
        return await self.teams.messages(self.id)

    async def said(self) -> list[tuple[str, str | None]]:
        """The texts beside the cards, and the message in whose thread each stands."""
        latest = [(one["versions"][-1]["activity"], one["reply_to"]) for one in await self.messages()]
        return [(activity["text"], root) for activity, root in latest if "text" in activity]

    async def card(self, incident: str) -> dict[str, Any] | None:
        """The message that is the incident's card."""
        id = await self.pool.fetchval(
            "SELECT activity_id FROM incident_card WHERE incident_id = $1 AND conversation = $2",
            *(incident, self.id),
        )
        return next((one for one in await self.messages() if one["id"] == id), None)

    async def shows(self, incident: str, text: str) -> bool:
        """Whether the incident's card holds the text now."""
        card = await self.card(incident)
        return card is not None and text in json.dumps(card["versions"][-1], ensure_ascii=False)

    async def status(self, incident: str) -> WorkflowExecutionStatus | None:
        """Of the newest run."""
        handle = self.client.get_workflow_handle(f"incident/{ACCOUNT}/{incident}/{self.key}")
        return (await handle.describe()).status

    async def is_over(self, incident: str) -> bool:
        """Whether no run goes on."""
        return await self.status(incident) is WorkflowExecutionStatus.COMPLETED

    async def is_suspended(self) -> bool:
        found = await chats.find(self.pool, id=self.id, tenant=None)
        assert found is not None
        return found.is_suspended


class _Bot:
    """The bot's address, of which events of chats are all that arrives; the API's own part takes them."""

    def __init__(self) -> None:
        self.port = free_port()
        self.events: ChatEvents | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/messages"

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Self]:
        async def take(request: Request) -> Response:
            if self.events is not None:
                await self.events.tell(InboundActivity.model_validate(await request.json()))
            return Response(status_code=200)

        app = Starlette(routes=[Route("/api/messages", take, methods=["POST"])])
        async with serving(app, [Listener(self.port)]):
            yield self


@asynccontextmanager
async def a_chat(
    database_url: str,
    pool: Pool,
    client: Client,
    temporal: EmbeddedTemporal,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Chat]:
    """The chat, while everything runs."""
    async with (
        running_account() as pagerduty,
        _Bot().listening() as bot,
        teams_service(COMPANY, folder, bot_url=bot.url) as teams,
        open_http_pool() as http,
    ):
        connector = teams.connector(http, teams.tokens())
        settings = _settings(database_url, temporal, pagerduty, folder)
        await seed(settings, Seed.model_validate(rows_of(COMPANY, Addresses.pick(), {})))
        await pool.execute("DELETE FROM connection")

        def connector_client(_settings: Settings, http: httpx.AsyncClient) -> ConnectorClient:
            return teams.connector(http, teams.tokens())

        monkeypatch.setattr(worker, "connector_client", connector_client)
        gateway = Gateway(client, task_queue=settings.task_queue)
        bot.events = ChatEvents(pool, ChatLife(pool, CardRuns(gateway, TIMING), connector))
        opened = await teams.http.post(
            "/_sandbox/chats", json={"person": ADA, "people": [BO, CY], "topic": "Incident 42"}
        )
        id = str(opened.raise_for_status().json()["chat"])
        await teams.http.post("/_sandbox/install", json={"person": ADA, "chat": id, "only": "none"})
        async with transaction(pool) as connection:
            made = await chats.find_or_make(
                connection,
                id=id,
                tenant=COMPANY.tenant_id,
                account=ACCOUNT,
                number=42,
                name="Incident 42",
                service_url=teams.service_url,
                at=datetime.now(UTC),
            )
        key = f"{made.key}-{uuid.uuid4().hex[:8]}"
        await pool.execute("UPDATE conversation SET key = $1 WHERE id = $2", key, id)
        async with worker.running_worker(settings, client):
            yield Chat(id, key, pool, client, gateway, pagerduty, teams)


def _settings(
    database_url: str, temporal: EmbeddedTemporal, pagerduty: SimulatedAccount, folder: Path
) -> Settings:
    account = pagerduty.configured
    config = CONFIG.replace('"client"', f'"{account.client_id}"')
    config = config.replace("not used here", account.client_secret.get_secret_value())
    config += f'api_url = "{account.api_url}"\nidentity_url = "{account.identity_url}"\n'
    return settings_for(
        database_url,
        temporal.address,
        task_queue=f"q-{uuid.uuid4().hex[:8]}",
        config=config_file(folder, config),
        grace=1,
    )
