"""What the webhook route says while something it needs is away, and that nothing is lost meanwhile."""

import base64
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

from api.app import opened_app
from muster.seed import seed
from muster.store.migrate import SchemaMissing
from muster.store.pool import Pool, transaction
from sandbox.up.servers.postgres import EmbeddedPostgres
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.api.edge import (
    Edge,
    edge_settings,
    json_lines,
    new_incident,
    serving_edge,
)
from tests.api.outage import line_to
from tests.support.bodies import LEDGER, event, webhook
from tests.support.company import OPS, OTHER_SUBSCRIPTION, RELEASES, SECRET, SUBSCRIPTION, company, signature
from tests.support.settings import KEYS, settings_for

pytestmark = pytest.mark.anyio

NEW_KEY = "new:" + base64.b64encode(b"n" * 32).decode()


Serve = Callable[..., AbstractAsyncContextManager[Edge]]


@pytest.fixture
async def serve(
    database_url: str, pool: Pool, temporal: EmbeddedTemporal, client: Client, tmp_path: Path
) -> Serve:
    """``serve(…)``: the API, reaching Postgres and Temporal the way a test says."""
    await seed(settings_for(database_url, temporal.address), company())

    @asynccontextmanager
    async def serving(
        *, postgres: str = database_url, temporal_at: str = temporal.address, **more: Any
    ) -> AsyncIterator[Edge]:
        settings = edge_settings(postgres, temporal_at, tmp_path, **more)
        async with serving_edge(settings, pool, client) as edge:
            yield edge

    return serving


@pytest.mark.pooler_too
async def test_a_webhook_is_answered_503_while_temporal_is_away_and_accepted_later(
    serve: Serve, temporal: EmbeddedTemporal
) -> None:
    incident = new_incident(service=LEDGER)
    happened = event("incident.triggered", incident)
    async with line_to(temporal.address) as line, serve(temporal_at=line.address) as edge:
        await line.cut()
        answer = await edge.deliver(happened)
        assert answer.status_code == 503
        assert answer.elapsed.total_seconds() < 5, "PagerDuty waits no longer"
        assert await edge.heard(incident["id"]) == []
        assert await edge.quarantined(webhook(happened)) == []
        assert await dependencies(edge) == (503, "ok", False)

        await line.mend()
        assert (await edge.deliver(happened)).status_code == 202
        for channel in ("payments-ops", "payments-releases"):
            ((_, told),) = await edge.heard(incident["id"], channel)
            assert told.event_id == happened["id"]
        assert await edge.cards(incident["id"]) == [OPS, RELEASES]
        assert await dependencies(edge) == (200, "ok", True)


async def test_a_webhook_is_answered_503_while_postgres_is_away_and_accepted_later(
    serve: Serve, database_url: str
) -> None:
    incident = new_incident()
    happened = event("incident.triggered", incident)
    async with line_to(database_url) as line:
        through = database_url.replace(database_url.rpartition("@")[2].partition("/")[0], line.address)
        async with serve(postgres=through) as edge:
            await line.cut()
            assert (await edge.deliver(happened)).status_code == 503
            assert await edge.heard(incident["id"]) == []
            status, postgres, temporal = await dependencies(edge)
            assert (status, temporal) == (503, True)
            assert postgres.startswith("out of reach")

            await line.mend()
            assert (await edge.deliver(happened)).status_code == 202
            assert len(await edge.heard(incident["id"])) == 1
            assert await edge.cards(incident["id"]) == [OPS]


async def test_a_webhook_is_answered_503_if_postgres_goes_away_when_the_secret_was_read(
    serve: Serve, database_url: str
) -> None:
    """Not 401 to a signature that a newer secret may have made."""
    body = webhook(event("incident.triggered", new_incident()))
    async with line_to(database_url) as line:
        through = database_url.replace(database_url.rpartition("@")[2].partition("/")[0], line.address)
        async with serve(postgres=through) as edge:
            assert (await edge.deliver(event("incident.triggered", new_incident()))).status_code == 202
            await line.cut()
            assert (await edge.post(body)).status_code == 503
            assert (await edge.post(body, signed=signature(body, "a newer one"))).status_code == 503


async def test_one_unreadable_secret_stands_in_nobodys_way(serve: Serve, pool: Pool) -> None:
    await pool.execute("UPDATE webhook_subscription SET secret = 'broken' WHERE id = $1", OTHER_SUBSCRIPTION)
    body = webhook(event(data=new_incident()))
    async with serve() as edge:
        assert (await edge.post(body, subscription=OTHER_SUBSCRIPTION)).status_code == 503
        assert (await edge.post(body, subscription=None)).status_code == 503
        assert (await edge.post(body, subscription=SUBSCRIPTION)).status_code == 202


async def test_a_webhook_is_answered_503_in_time_if_postgres_takes_longer_than_pagerduty_waits(
    serve: Serve, pool: Pool
) -> None:
    incident = new_incident()
    happened = event("incident.triggered", incident)
    async with serve() as edge:
        async with transaction(pool) as connection:
            await connection.execute("LOCK TABLE incident_card IN ACCESS EXCLUSIVE MODE")
            answer = await edge.deliver(happened)
            assert answer.status_code == 503
            assert answer.elapsed.total_seconds() < 4.5, "PagerDuty gives up after five"
        assert await edge.heard(incident["id"]) == []
        assert (await edge.deliver(happened)).status_code == 202


async def dependencies(edge: Edge) -> tuple[int, str, bool]:
    """The status, what is said of Postgres, whether Temporal is well; readiness asks neither."""
    assert (await edge.http.get("/readyz")).status_code == 200
    assert (await edge.http.get("/healthz")).status_code == 200
    answer = await edge.http.get("/healthz/dependencies")
    told = answer.json()
    return answer.status_code, told["postgres"], told["temporal"] == "ok"


async def test_a_webhook_is_answered_503_while_the_key_of_its_secret_is_gone(serve: Serve) -> None:
    """Not 401: PagerDuty would drop the event, and after three of them the subscription."""
    incident = new_incident()
    happened = event("incident.triggered", incident)
    async with serve(keys=NEW_KEY) as edge:
        assert (await edge.deliver(happened)).status_code == 503
        assert await edge.cards(incident["id"]) == []
    async with serve(keys=f"{NEW_KEY},{KEYS}") as edge:
        assert (await edge.deliver(happened)).status_code == 202
        assert len(await edge.heard(incident["id"])) == 1


async def test_logs_tell_an_event_by_its_id_and_hold_no_secret(
    capsys: pytest.CaptureFixture[str], serve: Serve
) -> None:
    used, unknown = event("incident.triggered", new_incident()), event("incident.exploded", new_incident())
    async with serve(log_level="DEBUG") as edge:
        await edge.deliver(used)
        await edge.deliver(unknown)
        body = webhook(used)
        await edge.post(body, signed="v1=" + "0" * 64)
        await edge.post(body, signed=signature(body, "of somebody else"), subscription=None)
    text = capsys.readouterr().err
    about = {
        line["event"]: line.get("correlation_id") for line in json_lines(text) if "webhooks" in line["logger"]
    }
    assert about == {
        "event delivered": used["id"],
        "event kept in quarantine": unknown["id"],
        "a webhook's signature matches no secret": None,
    }
    for secret in (SECRET, KEYS.partition(":")[2], signature(body), signature(body).removeprefix("v1=")):
        assert secret not in text


async def test_an_older_database_stops_the_start(
    postgres: EmbeddedPostgres, temporal: EmbeddedTemporal, tmp_path: Path
) -> None:
    url = postgres.create_database("never_migrated")
    with pytest.raises(SchemaMissing, match="run muster migrate"):
        async with opened_app(edge_settings(url, temporal.address, tmp_path)):
            pass
