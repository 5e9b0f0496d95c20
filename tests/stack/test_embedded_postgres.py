"""The embedded Postgres stands alone, and nothing of it outlives its process."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from sandbox.up.servers import EmbeddedPostgres
from tests.support.processes import is_alive
from tests.support.waiting import wait_until

KILLS_ITSELF = """
import os, pathlib, sys
from sandbox.up.servers import EmbeddedPostgres
server = EmbeddedPostgres(pathlib.Path(sys.argv[1]), durable=False)
server.start()
print(server.pid, flush=True)
os.kill(os.getpid(), 9)
"""


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(tmp_path_factory.mktemp("postgres"), durable=False) as server:
        yield server


@pytest.mark.anyio
async def test_a_database_is_created_once(postgres: EmbeddedPostgres) -> None:
    url = postgres.create_database("first")
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE kept (n int)")
    await connection.close()

    assert postgres.create_database("first") == url
    connection = await asyncpg.connect(url)
    assert await connection.fetchval("SELECT count(*) FROM kept") == 0
    await connection.close()


@pytest.mark.anyio
async def test_a_database_is_copied_from_a_template(postgres: EmbeddedPostgres) -> None:
    connection = await asyncpg.connect(postgres.create_database("original"))
    await connection.execute("CREATE TABLE copied AS SELECT 7 AS n")
    await connection.close()

    connection = await asyncpg.connect(postgres.create_database("copy", template="original"))
    assert await connection.fetchval("SELECT n FROM copied") == 7
    await connection.close()


@pytest.mark.anyio
async def test_a_stranger_without_the_password_is_refused(postgres: EmbeddedPostgres) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(host="127.0.0.1", port=postgres.port, user="postgres", password="guess")


@pytest.mark.anyio
async def test_data_outlives_a_killed_server(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path)
    server.start()
    connection = await asyncpg.connect(server.create_database("kept"))
    await connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    await connection.close(timeout=1)
    server.stop()

    with server:
        connection = await asyncpg.connect(server.url("kept"))
        assert await connection.fetchval("SELECT n FROM kept") == 7
        await connection.close()


def test_nothing_is_left_when_the_owner_is_killed(tmp_path: Path) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLS_ITSELF, tmp_path], capture_output=True, text=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    wait_until(lambda: not is_alive(int(killed.stdout)))
