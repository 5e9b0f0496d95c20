"""What all tests share: one Postgres and one Temporal for each test process, started when first needed."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from temporalio.client import Client
from xdist.remote import Producer

from muster.garbage_collection import exclude_startup_objects
from muster.store.migrate import migrate
from muster.store.pool import Pool, open_pool
from sandbox.up.servers.postgres import EmbeddedPostgres
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.scheduling import BySharedServers, slow_ones_first
from tests.support.pgbouncer import WAYS, PgBouncer, pgbouncer
from tests.support.recycled_database import RecycledDatabase, recycled_database
from tests.support.settings import database_at, settings_for
from tests.support.temporal import client_of, prepare


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
    asyncio.run(migrate(settings_for(url, "127.0.0.1:1")))
    return "muster_template"


@pytest.fixture(scope="session")
def pooler(postgres: EmbeddedPostgres) -> Iterator[PgBouncer]:
    """pgbouncer in transaction mode before all databases."""
    with pgbouncer(postgres) as running:
        yield running


@pytest.fixture
def pooled(request: pytest.FixtureRequest) -> bool:
    """Whether the test reaches its database through the pooler."""
    return bool(getattr(request, "param", False))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests of the store, and those that say ``pooler_too``, reach the database through the pooler too."""
    folder = metafunc.definition.path.relative_to(Path(__file__).parent).parts[0]
    too = folder == "store" or metafunc.definition.get_closest_marker("pooler_too") is not None
    if too and "pooled" in metafunc.fixturenames:
        metafunc.parametrize("pooled", WAYS, indirect=True)


@pytest.fixture(scope="session")
def recycled(postgres: EmbeddedPostgres, migrated: str) -> Iterator[RecycledDatabase]:
    """The database that one test after the other has for itself."""
    with recycled_database(postgres, migrated, name="direct") as database:
        yield database


@pytest.fixture(scope="session")
def recycled_behind_pooler(
    postgres: EmbeddedPostgres, migrated: str, pooler: PgBouncer
) -> Iterator[RecycledDatabase]:
    """The same for those that go through the pooler."""
    with recycled_database(postgres, migrated, name=pooler.recycled) as database:
        yield database


@pytest.fixture
def database_url(pooled: bool, request: pytest.FixtureRequest) -> str:
    """A database of this test's own, with the newest schema and no rows."""
    if pooled:
        url: str = request.getfixturevalue("pooled_url")
        return url
    postgres: EmbeddedPostgres = request.getfixturevalue("postgres")
    recycled: RecycledDatabase = request.getfixturevalue("recycled")
    return postgres.url(recycled.emptied())


@pytest.fixture
def pooled_url(
    recycled_behind_pooler: RecycledDatabase, pooler: PgBouncer, monkeypatch: pytest.MonkeyPatch
) -> str:
    """The same through the pooler, which must not meet the sessions of another test."""
    monkeypatch.setenv("MUSTER_DATABASE_POOLER", "transaction")
    recycled_behind_pooler.emptied()
    return pooler.new_url()


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    opened = await open_pool(database_at(database_url))
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def temporal(folder: Path) -> Iterator[EmbeddedTemporal]:
    with EmbeddedTemporal(log=folder / "temporal.log") as server:
        asyncio.run(prepare(server))
        yield server


@pytest.fixture
async def client(temporal: EmbeddedTemporal) -> Client:
    return await client_of(temporal)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In which order tests run where several do at once."""
    if hasattr(config, "workerinput"):
        slow_ones_first(items)


def pytest_collection_finish() -> None:
    """Modules and thousands of tests stay to the end: no collection needs to look at them again and again."""
    exclude_startup_objects()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> BySharedServers:
    """How tests are given to processes."""
    return BySharedServers(config, log)


def pytest_sessionfinish() -> None:
    """A process that used the Temporal SDK may abort at exit without a pause (temporalio/sdk-python#300)."""
    time.sleep(0.3)
