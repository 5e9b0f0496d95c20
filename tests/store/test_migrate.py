"""Migrations: once, one at a time, and nobody works on an older database."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from urllib.parse import urlsplit

import asyncpg
import pytest

from muster.settings import Settings
from muster.store.connecting import connect
from muster.store.migrate import (
    MIGRATIONS,
    MigrationFailed,
    SchemaMissing,
    SchemaUnreadable,
    migrate,
    require_schema,
    wanted_version,
)
from muster.store.pool import open_pool
from sandbox.up.servers.postgres import EmbeddedPostgres
from tests.support.settings import settings_for

pytestmark = pytest.mark.anyio

Query = Callable[[str], Awaitable[list[asyncpg.Record]]]
VERSIONS = "SELECT version FROM schema_migrations ORDER BY version"


@pytest.fixture
def empty(postgres: EmbeddedPostgres, request: pytest.FixtureRequest) -> Iterator[Settings]:
    name = f"empty_{request.node.name}"[:60]
    yield settings_for(postgres.create_database(name), "127.0.0.1:1")
    postgres.drop_database(name)


@pytest.fixture
def query(empty: Settings) -> Query:
    async def run(sql: str) -> list[asyncpg.Record]:
        connection = (await connect(empty.database)).connection
        try:
            return list(await connection.fetch(sql))
        finally:
            await connection.close()

    return run


async def check(settings: Settings) -> None:
    pool = await open_pool(settings.database, size=1)
    try:
        await require_schema(pool)
    finally:
        await pool.close()


async def test_migrating_twice_is_migrating_once(empty: Settings, query: Query) -> None:
    await migrate(empty)
    once = await query(VERSIONS)
    assert [row["version"] for row in once] == sorted(
        path.name.split("_")[0] for path in MIGRATIONS.glob("*")
    )
    await query("INSERT INTO pagerduty_account VALUES ('acme', 'acme', 'us')")
    await migrate(empty)
    assert await query(VERSIONS) == once
    assert await query("SELECT key FROM pagerduty_account")


async def test_two_at_once_wait_for_each_other(empty: Settings, query: Query) -> None:
    await asyncio.gather(*(migrate(empty) for _ in range(2)))
    assert len(await query(VERSIONS)) == len(list(MIGRATIONS.glob("*.sql")))
    await check(empty)


async def test_an_empty_database_is_refused(empty: Settings) -> None:
    with pytest.raises(SchemaMissing, match=f"at nothing, wanted {wanted_version()}: run muster migrate"):
        await check(empty)


async def test_an_older_database_is_refused_and_a_newer_one_is_not(empty: Settings, query: Query) -> None:
    """Expand, then contract: while a new version is rolled out, the older one still works."""
    await migrate(empty)
    await query("DELETE FROM schema_migrations")
    await query("INSERT INTO schema_migrations VALUES ('20200101000000')")
    with pytest.raises(SchemaMissing, match=f"at 20200101000000, wanted {wanted_version()}"):
        await check(empty)
    await query("UPDATE schema_migrations SET version = '29990101000000'")
    await check(empty)


async def test_a_failure_says_why_and_not_the_password(empty: Settings, query: Query) -> None:
    await query("CREATE TABLE team (id int)")
    with pytest.raises(MigrationFailed, match='relation "team" already exists') as failed:
        await migrate(empty)
    password = empty.database_url.password.get_secret_value()
    assert password
    assert password not in str(failed.value)
    assert not await query("SELECT 1 FROM pg_class WHERE relname = 'teams_tenant'"), "all of it or nothing"


def test_migrations_are_numbered_and_go_forward() -> None:
    names = sorted(path.name for path in MIGRATIONS.iterdir())
    numbers = [name.partition("_")[0] for name in names]
    assert all(len(number) == 14 and number.isdigit() for number in numbers)
    assert len(set(numbers)) == len(numbers)
    for path in MIGRATIONS.glob("*.sql"):
        _, _, down = path.read_text().partition("-- migrate:down")
        assert not [line for line in down.splitlines() if line.strip() and not line.startswith("--")], (
            path.name
        )


async def test_a_role_that_may_not_read_the_version_is_told_so(
    empty: Settings, query: Query, postgres: EmbeddedPostgres
) -> None:
    await migrate(empty)
    await query("CREATE ROLE stranger LOGIN PASSWORD 'hunter2'")
    try:
        parts = urlsplit(postgres.url(empty.database.database))
        url = parts._replace(netloc=f"stranger:hunter2@127.0.0.1:{parts.port}").geturl()
        with pytest.raises(SchemaUnreadable, match="permission denied for table schema_migrations"):
            await check(settings_for(url, "127.0.0.1:1"))
    finally:
        await query("DROP ROLE stranger")
