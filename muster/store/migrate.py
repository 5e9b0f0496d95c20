"""Migrations: SQL files run by dbmate under its lock. ``muster migrate`` alone runs them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from muster.errors import OperatorError
from muster.settings import Settings
from muster.store.pool import Pool

MIGRATIONS = Path(__file__).parent / "migrations"


class MigrationFailed(OperatorError):
    """dbmate failed; the text is the last line that it wrote."""


class SchemaMissing(OperatorError):
    """The database is older than this program: run ``muster migrate``."""


def wanted_version() -> str:
    """The newest migration this program was written for."""
    return max(path.name.split("_")[0] for path in MIGRATIONS.glob("*.sql"))


def migrate(settings: Settings) -> None:
    """Bring the database to the newest version; waits for others that do the same."""
    dbmate = shutil.which(
        "dbmate", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    )
    if dbmate is None:
        raise MigrationFailed("dbmate is not installed; `make setup` installs it")
    finished = subprocess.run(  # noqa: S603 - our own binary; the address travels in the environment
        [
            dbmate,
            "--env=MUSTER_MIGRATE_URL",
            f"--migrations-dir={MIGRATIONS}",
            "--no-dump-schema",
            "--migration-lock",
            "migrate",
        ],
        env={**os.environ, "MUSTER_MIGRATE_URL": _with_ssl_mode(settings.database_url.get_secret_value())},
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode != 0:
        lines = [line for line in finished.stderr.splitlines() if line.strip()]
        raise MigrationFailed(lines[-1][:300] if lines else f"dbmate ended with {finished.returncode}")


def place_of(settings: Settings) -> str:
    """Host and port of the database, for messages; raises ``MigrationFailed`` if it is no address."""
    try:
        parts = urlsplit(settings.database_url.get_secret_value())
        return f"{parts.hostname or 'localhost'}:{parts.port or 5432}"
    except ValueError:
        raise MigrationFailed("DATABASE_URL is not the address of a PostgreSQL database") from None


async def require_schema(pool: Pool) -> None:
    """Raise ``SchemaMissing`` unless the database is at least as new as this program."""
    exists = await pool.fetchval("SELECT to_regclass('schema_migrations') IS NOT NULL")
    found = await pool.fetchval("SELECT max(version) FROM schema_migrations") if exists else None
    if found is None or found < wanted_version():
        raise SchemaMissing(
            f"the database is at {found or 'nothing'}, wanted {wanted_version()}: run muster migrate"
        )


def _with_ssl_mode(url: str) -> str:
    """Where the address says nothing, ask for TLS only if offered, as asyncpg does."""
    parts = urlsplit(url)
    if "sslmode" in parse_qs(parts.query):
        return url
    loopback = parts.hostname in (None, "127.0.0.1", "localhost", "::1")
    mode = "sslmode=disable" if loopback else "sslmode=require"
    return parts._replace(query=f"{parts.query}&{mode}" if parts.query else mode).geturl()
