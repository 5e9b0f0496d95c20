"""The API running on a port of its own, PagerDuty's way of calling it, and what came of a call."""

import asyncio
import json
import logging
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import structlog
from starlette.types import ASGIApp
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError

from api.app import opened_app
from muster.logging import configure_logging
from muster.serving import Server
from muster.settings import Settings
from muster.store.pool import Pool
from sandbox.up.servers.ports import free_port
from tests.support import bodies
from tests.support.company import ACCOUNT, SUBSCRIPTION, signature
from tests.support.connections import async_client
from tests.support.settings import settings_for
from tests.support.waiting import eventually
from workflows.ids import ChannelIncidentId
from workflows.incident.events import IncidentEvent

CONFIGURATION = f"""
[[pagerduty]]
subdomain = "{ACCOUNT}"
client_id = "client"
client_secret = "not used here"
"""


def edge_settings(database_url: str, temporal_address: str, folder: Path, **more: Any) -> Settings:
    """Settings of an API whose workflows no worker takes."""
    file = folder / "muster.toml"
    file.write_text(CONFIGURATION)
    return settings_for(
        database_url, temporal_address, config=file, task_queue=f"nobody-{uuid.uuid4().hex[:8]}", **more
    )


def new_incident(**changes: Any) -> bodies.Body:
    """The data of an incident that PagerDuty makes now."""
    made = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return bodies.incident(id=f"Q{uuid.uuid4().hex[:13].upper()}", created_at=made) | changes


@dataclass(frozen=True)
class Edge:
    """A running API with its database and Temporal."""

    http: httpx.AsyncClient
    pool: Pool
    client: Client

    async def deliver(self, event: Mapping[str, Any]) -> httpx.Response:
        """Post an event as PagerDuty does."""
        return await self.post(bodies.webhook(event))

    async def post(
        self,
        body: bytes,
        *,
        account: str = ACCOUNT,
        signed: str | None = None,
        subscription: str | None = SUBSCRIPTION,
        content_type: str | None = "application/json",
    ) -> httpx.Response:
        """Post a raw body; ``signed`` is the signature's header, by default a good one, ``""`` for none."""
        given = {
            "Content-Type": content_type,
            "X-PagerDuty-Signature": signature(body) if signed is None else signed,
            "X-Webhook-Subscription": subscription,
        }
        headers = {name: value for name, value in given.items() if value}
        return await self.http.post(f"/webhooks/pagerduty/{account}", content=body, headers=headers)

    async def heard(self, incident_id: str, channel: str = "payments-ops") -> list[tuple[str, IncidentEvent]]:
        """The signals that a running workflow of this incident got, in order; none without a workflow."""
        handle = self.client.get_workflow_handle(str(ChannelIncidentId(ACCOUNT, incident_id, channel)))
        try:
            description = await handle.describe()
        except RPCError:
            return []
        assert description.status is WorkflowExecutionStatus.RUNNING
        history = await handle.fetch_history()
        return [
            (signal.signal_name, IncidentEvent.model_validate_json(signal.input.payloads[0].data))
            for event in history.events
            if event.HasField("workflow_execution_signaled_event_attributes")
            and (signal := event.workflow_execution_signaled_event_attributes)
        ]

    async def cards(self, incident_id: str) -> list[str]:
        """The conversations in which the incident is registered."""
        rows = await self.pool.fetch(
            "SELECT conversation FROM incident_card WHERE incident_id = $1 ORDER BY 1", incident_id
        )
        return [row["conversation"] for row in rows]

    async def quarantined(self, body: bytes) -> list[asyncpg.Record]:
        """The rows that keep this body."""
        return list(
            await self.pool.fetch(
                "SELECT event_id, reason, target FROM quarantined_event WHERE body = $1 ORDER BY id", body
            )
        )

    async def rows(self) -> int:
        """How much the webhook route has written, all in all."""
        return int(
            await self.pool.fetchval(
                "SELECT (SELECT count(*) FROM incident_card) + (SELECT count(*) FROM quarantined_event)"
            )
        )


@contextmanager
def own_logging() -> Iterator[None]:
    """Logs may be configured as those of a process; afterwards they are the test run's again."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()


@asynccontextmanager
async def serving_edge(
    settings: Settings, pool: Pool, client: Client, *, port: int | None = None
) -> AsyncIterator[Edge]:
    """The real API on a real port of its real server; ``pool`` and ``client`` are the test's own eyes."""
    port = port or free_port()
    with own_logging():
        configure_logging(settings.log_level, "api")
        async with (
            opened_app(settings) as app,
            listening(app, port),
            async_client(base_url=f"http://127.0.0.1:{port}", timeout=15) as http,
        ):
            assert (await http.get("/readyz")).json() == {"status": "ready"}
            yield Edge(http, pool, client)


@asynccontextmanager
async def listening(app: ASGIApp, port: int) -> AsyncIterator[None]:
    """An application at the real server, while the block runs."""
    server = Server(app, port=port)
    running = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    try:
        await eventually(started)
        yield
    finally:
        server.should_exit = True
        await running


def json_lines(text: str) -> list[dict[str, Any]]:
    """The log's lines."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]
