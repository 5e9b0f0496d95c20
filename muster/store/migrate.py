"""Migrations: SQL files run by dbmate under its lock. ``muster migrate`` alone runs them."""

import asyncio
import os
import shutil
import sys
from pathlib import Path

import asyncpg

from muster.errors import OperatorError
from muster.settings import Settings
from muster.store.database_address import DatabaseAddress
from muster.store.pool import UNAVAILABLE, Pool, reached_by

MIGRATIONS = Path(__file__).parent / "migrations"


class MigrationFailed(OperatorError):
    """dbmate failed; the text is the last line that it wrote."""


class SchemaMissing(OperatorError):
    """The database is older than this program: run ``muster migrate``."""


class SchemaUnreadable(OperatorError):
    """The database went away, or its role may not read the table of migrations."""


def wanted_version() -> str:
    """The newest migration this program was written for."""
    return max(path.name.split("_")[0] for path in MIGRATIONS.glob("*.sql"))


def migration_address(settings: Settings) -> DatabaseAddress:
    """Where migrations are run: they hold a lock for a whole session, which a pooler would share."""
    if settings.migrate_database_url is not None:
        return settings.migrate_database_url
    if settings.database.pooled:
        raise MigrationFailed(
            "MUSTER_DATABASE_POOLER=transaction: migrations need a session of their own; set"
            " MUSTER_MIGRATE_DATABASE_URL to the database's own address, without the pooler"
        )
    return settings.database


async def migrate(settings: Settings) -> None:
    """Bring the database to the newest version; waits for others that do the same.

    Raises ``DatabaseUnreachable`` or ``MigrationFailed``.
    """
    address = migration_address(settings)
    dbmate = shutil.which(
        "dbmate", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    )
    if dbmate is None:
        raise MigrationFailed("dbmate is not installed; `make setup` installs it")
    host, tls = await reached_by(address)
    running = await asyncio.create_subprocess_exec(
        dbmate,
        "--env=MUSTER_MIGRATE_URL",
        "--env-file",  # with "=" it would read .env as well
        os.devnull,
        f"--migrations-dir={MIGRATIONS}",
        "--no-dump-schema",
        "--migration-lock",
        "migrate",
        # Nothing else of ours: PG… and DBMATE_… variables would change what it does.
        env={"MUSTER_MIGRATE_URL": address.for_dbmate(host, tls=tls)} | _authorities(),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, told = await running.communicate()
    if running.returncode != 0:
        lines = [line for line in told.decode(errors="replace").splitlines() if line.strip()]
        raise MigrationFailed(lines[-1][:300] if lines else f"dbmate ended with {running.returncode}")


def _authorities() -> dict[str, str]:
    """Where the system's certificate authorities are, if somebody moved them."""
    return {name: os.environ[name] for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if name in os.environ}


async def require_schema(pool: Pool) -> None:
    """Raise ``SchemaMissing`` unless the database is at least as new as this program.

    Raises ``SchemaUnreadable`` where the database does not say.
    """
    try:
        exists = await pool.fetchval("SELECT to_regclass('schema_migrations') IS NOT NULL")
        found = await pool.fetchval("SELECT max(version) FROM schema_migrations") if exists else None
    except (asyncpg.PostgresError, *UNAVAILABLE) as error:
        raise SchemaUnreadable(
            f"the database does not say at which version it is: {str(error) or type(error).__name__}"
        ) from error
    if found is None or found < wanted_version():
        raise SchemaMissing(
            f"the database is at {found or 'nothing'}, wanted {wanted_version()}: run muster migrate"
        )
