"""A program that asks an incident's room through the API: real HTTP, rows and runs; the room's own fakes."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from temporalio.client import Client

from activities.operations import OperationActivities
from api.gateway import Gateway
from api.public.app import public_app
from api.public.incidents import Incidents
from api.public.public_api import PublicApi
from api.strangers import Strangers
from muster.clients.http import open_pool as open_http_pool
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.clients.pagerduty.tokens import AppTokens
from muster.seed import seed
from muster.settings import Settings
from muster.store.pool import Pool, open_pool
from muster.temporal.client import temporal_client
from sandbox.up.servers.ports import free_port
from sandbox.up.servers.postgres import EmbeddedPostgres
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.api.edge import listening
from tests.api.outage import cut_known, line_to
from tests.api.public import PATIENT, SOON, bearer, given_token
from tests.support.company import ACCOUNT, TENANT, company
from tests.support.connections import async_client
from tests.support.settings import config_file, settings_for
from tests.support.temporal import client_of
from tests.workflows.incident_room.outside import FakeActivities
from tests.workflows.working import working
from workflows.incident.events import Details
from workflows.incident_room.workflow import IncidentRoomWorkflow
from workflows.operation.activities import RECORD_OPERATION

OTHER_TENANT, OTHER_ACCOUNT = "33333333-3333-3333-3333-333333333333", "umbrella"
APP = "0a5cf8a4-0000-4000-8000-0000000000aa"
_PAIRS = ((ACCOUNT, TENANT), (OTHER_ACCOUNT, OTHER_TENANT))
CONFIGURATION = "".join(
    f"""
[[teams]]
tenant = "{tenant}"
app_id = "{APP}"
app_secret = "not used here"
[[pagerduty]]
subdomain = "{account}"
client_id = "client"
client_secret = "not used here"
tenants = ["{tenant}"]
"""
    for account, tenant in _PAIRS
)


@dataclass
class RoomProgram:
    """Calls the API with a token of its own, about an incident of its own."""

    http: httpx.AsyncClient
    pool: Pool
    outside: FakeActivities
    client: Client
    gateway: Gateway
    queue: str

    @property
    def incident(self) -> str:
        return self.outside.life.incident_id

    def path(self, what: str) -> str:
        return f"/integration-ms-teams/incidents/{self.incident}/{what}"

    async def post(self, path: str, body: Any, *, key: str | None = None, **headers: str) -> httpx.Response:
        more = {} if key is None else {"Idempotency-Key": key}
        return await self.http.post(path, json=body, headers={**headers, **more})

    async def ended(self, answer: httpx.Response) -> dict[str, Any]:
        """The operation that a 202 names, once it has ended."""
        assert answer.status_code == 202, answer.text
        operation = answer.json()["operation"]
        assert operation["href"].endswith(f"/v1/operations/{operation['id']}")
        async with asyncio.timeout(20):
            while True:
                told: dict[str, Any] = (await self.http.get(f"/v1/operations/{operation['id']}")).json()
                if told["state"] != "working":
                    return told
                await asyncio.sleep(0.02)

    async def has_chat(
        self, *, stage: str = "made", topic: str = "Incident #42", tenant: str = TENANT
    ) -> str:
        """The incident has a chat by its rows; its address."""
        url = f"https://teams.example/{self.incident}"
        await self.pool.execute(
            "INSERT INTO incident_room (account, incident_id, tenant, stage, topic, shown_topic, chat, url) "
            "VALUES ($1, $2, $3, $4, $5, $5, $6, $7)",
            *(ACCOUNT, self.incident, tenant, stage, topic, f"19:{self.incident}@thread.v2", url),
        )
        return url

    async def has_meeting(self, url: str, subject: str, *, tenant: str = TENANT) -> None:
        """The incident has a meeting by its rows."""
        await self.has_chat(stage="none", tenant=tenant)
        await self.pool.execute(
            "INSERT INTO room_meeting (account, incident_id, stage, url, subject) "
            "VALUES ($1, $2, 'made', $3, $4)",
            *(ACCOUNT, self.incident, url, subject),
        )

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """A worker of the room."""
        others = [
            one
            for one in self.outside.activities()
            if getattr(one, "__temporal_activity_definition").name != RECORD_OPERATION.name
        ]
        records = OperationActivities(self.pool).record_operation
        async with working(self.client, self.queue, IncidentRoomWorkflow, [*others, records], cached=100):
            yield


class ToldIncidents(Incidents):
    """PagerDuty, as the room's own fakes have it."""

    outside: FakeActivities

    async def read(self, account: str, incident_id: str, *, answer_by: float) -> Details:
        details = self.outside.life.details()
        snapshot = details.snapshot.model_copy(update={"bridge": self.outside.bridge})
        return details.model_copy(update={"snapshot": snapshot})


@dataclass
class RoomStack:
    """The database and the server for all tests of a module."""

    settings: Settings
    pool: Pool
    client: Client
    http: httpx.AsyncClient

    @asynccontextmanager
    async def calling(
        self,
        outside: FakeActivities | None = None,
        *,
        account: str = ACCOUNT,
        settings: Settings | None = None,
        answer_within: float = SOON,
    ) -> AsyncIterator[RoomProgram]:
        """A program and an API, and no worker."""
        settings, queue, port = settings or self.settings, f"q-{uuid.uuid4().hex[:8]}", free_port()
        outside = outside or FakeActivities()
        incidents = ToldIncidents(self.pool, PagerDutyClient(self.http), AppTokens(self.http, {}), {})
        incidents.outside = outside
        async with temporal_client(settings, repeats=False) as client:
            gateway = Gateway(client, task_queue=queue)
            api = PublicApi(settings, self.pool, gateway, incidents, answer_within)
            async with (
                listening(Strangers(public_app(api)), port),
                async_client(base_url=f"http://127.0.0.1:{port}", timeout=15) as http,
            ):
                http.headers.update(bearer(await given_token(self.pool, account=account)))
                yield RoomProgram(http, self.pool, outside, self.client, gateway, queue)
            await gateway.finish()

    @asynccontextmanager
    async def without_temporal(self) -> AsyncIterator[RoomProgram]:
        """A program whose API has just lost Temporal, and left nothing of its calls afterwards."""
        async with line_to(self.settings.temporal_address) as line:
            settings = self.settings.model_copy(update={"temporal_address": line.address})
            async with self.calling(settings=settings) as program:
                await cut_known(line, program.gateway)
                before = await self.pool.fetchval("SELECT count(*) FROM operation")
                yield program
                assert await self.pool.fetchval("SELECT count(*) FROM operation") == before

    @asynccontextmanager
    async def program(
        self, outside: FakeActivities | None = None, *, answer_within: float = PATIENT
    ) -> AsyncIterator[RoomProgram]:
        """A program, an API, and a worker."""
        async with self.calling(outside, answer_within=answer_within) as program, program.working():
            yield program


@asynccontextmanager
async def room_stack(
    postgres: EmbeddedPostgres, migrated: str, temporal: EmbeddedTemporal, folder: Path
) -> AsyncIterator[RoomStack]:
    """Two accounts with a tenant each; Acme's people and team are those of ``tests.support.company``."""
    name = f"room_{uuid.uuid4().hex[:8]}"
    url = postgres.create_database(name, template=migrated)
    settings = settings_for(url, temporal.address, config=config_file(folder, CONFIGURATION))
    await seed(settings, company())
    async with await open_pool(settings.database) as pool, open_http_pool() as http:
        for account, tenant in _PAIRS:
            await pool.execute(
                "INSERT INTO pagerduty_account (key, subdomain, region) VALUES ($1, $1, 'us') "
                "ON CONFLICT DO NOTHING",
                account,
            )
            await pool.execute(
                "INSERT INTO teams_tenant (id, name) VALUES ($1, '') ON CONFLICT DO NOTHING", tenant
            )
        yield RoomStack(settings, pool, await client_of(temporal), http)
    postgres.drop_database(name)
