"""One public API between a real PagerDuty simulator, Postgres and Temporal, and a program that calls it."""

import re
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from temporalio.client import Client
from temporalio.service import RPCError

from api.gateway import Gateway
from api.public.app import public_app
from api.public.incidents import Incidents
from api.public.public_api import PublicApi
from api.strangers import Strangers
from muster.clients.http import open_pool as open_http_pool
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.clients.pagerduty.tokens import AppTokens
from muster.seed import Seed, seed
from muster.settings import Settings
from muster.store.pool import Pool, open_pool
from muster.temporal.client import temporal_client
from sandbox.up.addresses import Addresses
from sandbox.up.product import seed as rows_of
from sandbox.up.servers.ports import free_port
from sandbox.up.servers.postgres import EmbeddedPostgres
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.api.edge import listening
from tests.api.public import PATIENT, bearer, given_token
from tests.support.connections import async_client
from tests.support.pagerduty_account import COMPANY, SimulatedAccount, running_account
from tests.support.settings import CONFIG, config_file, settings_for
from tests.support.temporal import client_of


@dataclass
class Program:
    """Calls the API with a token of its own."""

    http: httpx.AsyncClient
    api: PublicApi
    headers: dict[str, str]

    async def calls(
        self, method: str, path: str, body: Any = None, *, key: str | None = None
    ) -> httpx.Response:
        """One call; ``body=None``: it has none."""
        headers = self.headers if key is None else self.headers | {"Idempotency-Key": key}
        return await self.http.request(method, path, json=body, headers=headers)

    async def operation(self, id: str) -> Any:
        """What is told of an operation."""
        return (await self.calls("GET", f"/v1/operations/{id}")).json()


@dataclass
class Stack:
    """One API, for all tests of a module."""

    api: PublicApi
    client: Client
    temporal: EmbeddedTemporal
    pagerduty: SimulatedAccount
    http: httpx.AsyncClient

    @property
    def pool(self) -> Pool:
        return self.api.pool

    @asynccontextmanager
    async def program(self, api: PublicApi | None = None) -> AsyncIterator[Program]:
        """A program, and the API that it calls: by default the stack's."""
        served, port = api or self.api, free_port()
        async with (
            listening(Strangers(public_app(served)), port),
            async_client(base_url=f"http://127.0.0.1:{port}", timeout=15) as http,
        ):
            yield Program(http, served, bearer(await given_token(self.pool)))

    @asynccontextmanager
    async def another(self, **changes: Any) -> AsyncIterator[PublicApi]:
        """Another process of the API, with these settings changed."""
        settings = self.api.settings.model_copy(update=changes)
        async with api_of(settings, self.pool, self.http) as api:
            yield api

    async def signals(self, workflow_id: str) -> list[str] | None:
        """The names of those that the latest run of a workflow was sent; ``None``: there was no run."""
        try:
            history = await self.client.get_workflow_handle(workflow_id).fetch_history()
        except RPCError:
            return None
        return [
            event.workflow_execution_signaled_event_attributes.signal_name
            for event in history.events
            if event.HasField("workflow_execution_signaled_event_attributes")
        ]


@asynccontextmanager
async def api_of(settings: Settings, pool: Pool, http: httpx.AsyncClient) -> AsyncIterator[PublicApi]:
    """What the routes are made of, as one API process opens it."""
    async with temporal_client(settings, repeats=False) as client:
        gateway = Gateway(client, task_queue=settings.task_queue)
        tokens = AppTokens(http, settings.accounts)
        incidents = Incidents(pool, PagerDutyClient(http), tokens, settings.accounts)
        yield PublicApi(settings, pool, gateway, incidents, PATIENT, clock=lambda: 90.0)
        await gateway.finish()


@asynccontextmanager
async def public_stack(
    name: str, postgres: EmbeddedPostgres, migrated: str, temporal: EmbeddedTemporal, folder: Path
) -> AsyncIterator[Stack]:
    """The stack, with a database of this name and the company's rows in it."""
    url = postgres.create_database(name, template=migrated)
    async with running_account(listen=False) as pagerduty, open_http_pool() as http:
        settings = settings_of(url, temporal.address, pagerduty, folder)
        await seed(settings, Seed.model_validate(rows_of(COMPANY, Addresses.pick(), {})))
        async with await open_pool(settings.database) as pool, api_of(settings, pool, http) as api:
            yield Stack(api, await client_of(temporal), temporal, pagerduty, http)
    postgres.drop_database(name)


def settings_of(
    database_url: str, temporal_address: str, pagerduty: SimulatedAccount, folder: Path
) -> Settings:
    """Those of an API whose account is the simulated one; it has a task queue of its own."""
    account = pagerduty.configured
    config = re.sub('tenant = ".*"', f'tenant = "{COMPANY.tenant_id}"', CONFIG)
    config = config.replace('"client"', f'"{account.client_id}"')
    config = config.replace("not used here", account.client_secret.get_secret_value())
    config += f'api_url = "{account.api_url}"\nidentity_url = "{account.identity_url}"\n'
    queue = f"q-{uuid.uuid4().hex[:8]}"
    return settings_for(database_url, temporal_address, config=config_file(folder, config), task_queue=queue)
