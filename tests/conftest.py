"""What all tests share: one Postgres and one Temporal for each test process, started when first needed."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

from muster.settings import Settings
from muster.store.migrate import migrate
from muster.store.pool import Pool, open_pool
from muster.temporal.client import connect
from muster.temporal.search_attributes import register_search_attributes
from sandbox.up.servers.postgres import EmbeddedPostgres
from sandbox.up.servers.temporal import EmbeddedTemporal

KEYS = "test:" + "A" * 43 + "="


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stack")


@pytest.fixture(scope="session")
def postgres(folder: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(folder / "postgres", durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def migrated(postgres: EmbeddedPostgres) -> str:
    """The name of a database with the newest schema, to be copied."""
    url = postgres.create_database("muster_template")
    migrate(settings_for(url, "127.0.0.1:1"))
    return "muster_template"


@pytest.fixture
def database_url(postgres: EmbeddedPostgres, migrated: str) -> Iterator[str]:
    """A database of this test's own, with the newest schema and no rows."""
    name = f"t{uuid.uuid4().hex[:12]}"
    yield postgres.create_database(name, template=migrated)
    postgres.drop_database(name)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    opened = await open_pool(database_url)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def temporal(folder: Path) -> Iterator[EmbeddedTemporal]:
    with EmbeddedTemporal(log=folder / "temporal.log") as server:
        asyncio.run(prepare(server))
        yield server


async def prepare(server: EmbeddedTemporal) -> None:
    """Register what the product's workflows write."""
    await register_search_attributes(await connect(settings_for("postgresql://unused", server.address)))


@pytest.fixture
async def client(temporal: EmbeddedTemporal) -> Client:
    return await connect(settings_for("postgresql://unused", temporal.address))


def settings_for(database_url: str, temporal_address: str, **more: Any) -> Settings:
    """Settings without the environment's: a test says everything itself."""
    given: dict[str, Any] = {
        "DATABASE_URL": database_url,
        "TEMPORAL_ADDRESS": temporal_address,
        "keys": KEYS,
        **more,
    }
    return Settings(**given)


def pytest_sessionfinish() -> None:
    """A process that used the Temporal SDK may abort at exit without a pause (temporalio/sdk-python#300)."""
    time.sleep(0.3)
