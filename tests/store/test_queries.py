"""Every named query is one that Postgres accepts, and each of them belongs to a module."""

import importlib
import pkgutil
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

import muster
from muster.store.pool import Connection, load_queries
from sandbox.up.servers.postgres import EmbeddedPostgres

pytestmark = pytest.mark.anyio


def named_queries() -> dict[str, str]:
    """All that the product's modules hold, as ``module.query``."""
    modules = (
        importlib.import_module(module.name)
        for module in pkgutil.walk_packages(muster.__path__, "muster.")
        if not module.name.startswith("muster.cli")
    )
    return {
        f"{module.__name__}.{name}": query
        for module in modules
        for name, query in getattr(module, "QUERIES", {}).items()
    }


@pytest.fixture(scope="module")
async def connection(postgres: EmbeddedPostgres, migrated: str) -> AsyncIterator[Connection]:
    opened = await asyncpg.connect(postgres.create_database("queries", template=migrated))
    yield opened
    await opened.close()


@pytest.mark.parametrize("name", named_queries())
async def test_postgres_accepts(name: str, connection: Connection) -> None:
    await connection.prepare(named_queries()[name])


def test_every_file_of_queries_has_its_module() -> None:
    root = Path(muster.__file__).parent
    files = [path for path in root.rglob("*.sql") if "-- name:" in path.read_text()]
    of_files = {
        f"{'.'.join(('muster', *path.relative_to(root).with_suffix('').parts))}.{name}"
        for path in files
        for name in load_queries(str(path))
    }
    assert of_files == set(named_queries())
    assert len(of_files) > 20


def test_a_query_begins_after_its_name(tmp_path: Path) -> None:
    (tmp_path / "module.sql").write_text("-- name: first\nSELECT 1\n\n-- name: second\n-- why\nSELECT 2;\n")
    assert load_queries(str(tmp_path / "module.py")) == {"first": "SELECT 1", "second": "-- why\nSELECT 2;"}
