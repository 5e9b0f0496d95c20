"""One database for the tests of a process, emptied before each of them: a copy costs many times as much."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from sandbox.up.servers.postgres import EmbeddedPostgres

_END_OTHERS = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_SCHEMA = """
SELECT jsonb_build_object(
  'relations', (SELECT jsonb_agg(concat_ws(' ', relname, relkind, relnatts, relchecks) ORDER BY relname)
                FROM pg_class WHERE relnamespace = 'public'::regnamespace),
  'constraints', (SELECT jsonb_agg(concat_ws(' ', conname, conrelid::regclass) ORDER BY conname, conrelid)
                  FROM pg_constraint WHERE connamespace = 'public'::regnamespace),
  'triggers', (SELECT jsonb_agg(tgname ORDER BY tgname) FROM pg_trigger WHERE NOT tgisinternal),
  'functions', (SELECT jsonb_agg(proname ORDER BY proname) FROM pg_proc
                WHERE pronamespace = 'public'::regnamespace))::text
"""
_EMPTY = """
DO $$
DECLARE
  name text;
BEGIN
  SET LOCAL session_replication_role = replica; -- in any order, whatever refers to what
  FOR name IN
    SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'schema_migrations'
  LOOP
    EXECUTE format('DELETE FROM %I', name);
  END LOOP;
  PERFORM setval(seqrelid, seqstart, false) FROM pg_sequence;
END
$$
"""


class RecycledDatabase:
    """A copy of ``template``, and another one where a test has changed its schema."""

    def __init__(self, server: EmbeddedPostgres, template: str, *, name: str, runner: asyncio.Runner) -> None:
        self._server = server
        self._template = template
        self._name = name
        self._runner = runner
        self._schema = runner.run(self._schema_of(template))
        self._connection: asyncpg.Connection | None = None
        """Kept: a new one reads the catalog anew, which takes longer than all the rest."""

    def emptied(self) -> str:
        """The name of the database: nobody else is connected to it, and it has no rows."""
        self._runner.run(self._empty())
        return self._name

    def close(self) -> None:
        """Leave it."""
        self._runner.run(self._disconnect())

    async def _empty(self) -> None:
        if self._connection is None or not await self._is_emptied(self._connection):
            await self._disconnect()
            await execute(self._server, f"DROP DATABASE IF EXISTS {self._name} WITH (FORCE)")
            await copy(self._server, self._template, self._name)
            self._connection = await asyncpg.connect(self._server.url(self._name))

    async def _is_emptied(self, connection: asyncpg.Connection) -> bool:
        """Whether it is. Not where a test has changed the schema, or ended all connections."""
        try:
            await connection.execute(_END_OTHERS)
            if await connection.fetchval(_SCHEMA) != self._schema:
                return False
            await connection.execute(_EMPTY)
        except (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.AdminShutdownError):
            return False
        return True

    async def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def _schema_of(self, name: str) -> str:
        connection = await asyncpg.connect(self._server.url(name))
        try:
            return str(await connection.fetchval(_SCHEMA))
        finally:
            await connection.close()


@contextmanager
def recycled_database(server: EmbeddedPostgres, template: str, *, name: str) -> Iterator[RecycledDatabase]:
    """The database, for one test after the other."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        database = RecycledDatabase(server, template, name=name, runner=runner)
        yield database
        database.close()


async def copy(server: EmbeddedPostgres, template: str, name: str) -> None:
    """Make a copy of this name. As files: four times as fast as by the log, where nothing has to last."""
    await execute(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")


async def execute(server: EmbeddedPostgres, statement: str) -> None:
    """Run a statement that belongs to no database."""
    connection = await asyncpg.connect(server.url("postgres"))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
