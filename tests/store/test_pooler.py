"""A pooler that gives each transaction another session is declared, or the start refuses it."""

import asyncio
from collections.abc import Iterator

import pytest

from muster.store.database_address import DatabaseAddress
from muster.store.database_url import parse_database_url
from muster.store.migrate import MigrationFailed, migrate, require_schema
from muster.store.pool import DatabaseRefused, open_pool, transaction, wait_for_database
from sandbox.up.servers.postgres import EmbeddedPostgres
from tests.support.pgbouncer import PgBouncer, pgbouncer
from tests.support.settings import settings_for

pytestmark = pytest.mark.anyio

NOWHERE = "127.0.0.1:1"
UNDECLARED = "is behind a pooler .* set MUSTER_DATABASE_POOLER=transaction, .* MUSTER_MIGRATE_DATABASE_URL"


@pytest.fixture
def empty(postgres: EmbeddedPostgres) -> Iterator[str]:
    """The name of a database without a schema."""
    postgres.create_database("behind")
    yield "behind"
    postgres.drop_database("behind")


@pytest.fixture
def undeclared(pooler: PgBouncer, empty: str) -> DatabaseAddress:
    return parse_database_url(pooler.url(empty))


async def test_one_that_was_not_declared_is_refused(undeclared: DatabaseAddress) -> None:
    with pytest.raises(DatabaseRefused, match=UNDECLARED):
        await open_pool(undeclared)


async def test_it_is_found_however_many_others_use_it(
    undeclared: DatabaseAddress, pooler: PgBouncer, empty: str
) -> None:
    declared = settings_for(pooler.url(empty), NOWHERE, database_pooler="transaction").database

    async with await open_pool(declared, size=4) as others:

        async def use_it() -> None:
            while True:
                await others.fetchval("SELECT pg_sleep(0.002)")

        users = [asyncio.create_task(use_it()) for _ in range(4)]
        try:
            for _ in range(10):
                with pytest.raises(DatabaseRefused, match=UNDECLARED):
                    await open_pool(undeclared)
        finally:
            for user in users:
                user.cancel()
            await asyncio.gather(*users, return_exceptions=True)


async def test_migrations_by_it_are_refused_before_anything_is_changed(
    pooler: PgBouncer, empty: str, postgres: EmbeddedPostgres
) -> None:
    settings = settings_for(pooler.url(empty), NOWHERE)
    with pytest.raises(DatabaseRefused, match=UNDECLARED):
        await migrate(settings)
    async with await open_pool(parse_database_url(postgres.url(empty)), size=1) as pool:
        assert await pool.fetchval("SELECT to_regclass('schema_migrations')") is None


async def test_where_it_is_declared_migrations_ask_for_their_own_address(
    pooler: PgBouncer, empty: str
) -> None:
    settings = settings_for(pooler.url(empty), NOWHERE, database_pooler="transaction")
    with pytest.raises(
        MigrationFailed, match="set MUSTER_MIGRATE_DATABASE_URL to the database's own address"
    ):
        await migrate(settings)


async def test_migrations_go_by_their_own_address(
    pooler: PgBouncer, empty: str, postgres: EmbeddedPostgres
) -> None:
    settings = settings_for(
        pooler.url(empty),
        NOWHERE,
        database_pooler="transaction",
        migrate_database_url=postgres.url(empty),
    )
    await migrate(settings)
    async with await open_pool(settings.database, size=1) as pool:
        await require_schema(pool)


async def test_one_that_keeps_a_session_for_each_connection_needs_no_declaration(
    postgres: EmbeddedPostgres, empty: str
) -> None:
    with pgbouncer(postgres, mode="session") as keeping:
        address = parse_database_url(keeping.url(empty))
        await wait_for_database(address, seconds=0)
        async with await open_pool(address, size=1) as pool:
            assert [await pool.fetchval("SELECT 1") for _ in range(3)] == [1, 1, 1]


async def test_statements_with_parameters_work_in_every_session(pooler: PgBouncer, empty: str) -> None:
    """Also such as need a type looked up first, and in transactions that run at once."""
    address = settings_for(pooler.url(empty), NOWHERE, database_pooler="transaction").database
    async with await open_pool(address, size=20) as pool:
        await pool.execute("CREATE TYPE colour AS ENUM ('red'); CREATE TABLE paint (colours colour[])")

        async def paint(number: int) -> int:
            async with transaction(pool) as connection:
                first = await connection.fetchval("SELECT pg_backend_pid()")
                await connection.execute("SELECT pg_advisory_xact_lock($1)", number % 3)
                await connection.execute("INSERT INTO paint VALUES ($1)", ["red"])
                assert await connection.fetchval("SELECT pg_backend_pid()") == first
            return int(first)

        sessions = await asyncio.gather(*map(paint, range(100)))
        assert len(set(sessions)) > 1
        assert len(await pool.fetch("SELECT * FROM paint WHERE colours = $1", ["red"])) == 100
