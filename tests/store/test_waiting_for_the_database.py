"""A database that is not there yet is waited for; one that refuses us is not."""

import asyncio
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import asyncpg
import pytest

from muster.store.pool import DatabaseRefused, DatabaseUnreachable, wait_for_database
from sandbox.up.servers.postgres import EmbeddedPostgres
from tests.support.settings import database_at

pytestmark = pytest.mark.anyio

PASSWORD = "do-not-show"
STARTING = ("57P03", "the database system is starting up")
WRONG_PASSWORD = ("28P01", "password authentication failed")


@pytest.fixture
def nobody(postgres: EmbeddedPostgres) -> Iterator[str]:
    """The address of a database for somebody who may not use it."""
    url = postgres.create_database("closed")
    asyncio.run(run(url, f"CREATE ROLE nobody LOGIN PASSWORD '{PASSWORD}'"))
    asyncio.run(run(url, "REVOKE CONNECT ON DATABASE closed FROM PUBLIC"))
    yield changed(url, netloc=f"nobody:{PASSWORD}@127.0.0.1:{postgres.port}")
    postgres.drop_database("closed")
    asyncio.run(run(postgres.url("postgres"), "DROP ROLE nobody"))


async def run(url: str, sql: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(sql)
    await connection.close()


def changed(url: str, **changes: str) -> str:
    return urlsplit(url)._replace(**changes).geturl()


@asynccontextmanager
async def a_server(*answers: tuple[str, str]) -> AsyncIterator[str]:
    """The address of one that answers each connection with the next error, as Postgres words it."""
    errors = iter(answers)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        (length,) = struct.unpack("!i", await reader.readexactly(4))
        await reader.readexactly(length - 4)
        code, text = next(errors)
        fields = f"SFATAL\0VFATAL\0C{code}\0M{text}\0\0".encode()
        writer.write(b"E" + struct.pack("!i", len(fields) + 4) + fields)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"postgresql://muster:{PASSWORD}@127.0.0.1:{port}/muster?sslmode=disable"


async def test_one_that_lets_us_in_is_not_waited_for(database_url: str) -> None:
    await wait_for_database(database_at(database_url), seconds=0)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"netloc": "postgres:{password}@127.0.0.1:{port}"}, "password authentication failed"),
        ({"path": "/nowhere"}, 'database "nowhere" does not exist'),
    ],
)
async def test_a_refusal_is_not_waited_for(
    postgres: EmbeddedPostgres, wrong: dict[str, str], reason: str
) -> None:
    changes = {name: value.format(password=PASSWORD, port=postgres.port) for name, value in wrong.items()}
    with pytest.raises(DatabaseRefused, match=reason) as refused:
        await wait_for_database(database_at(changed(postgres.url("postgres"), **changes)), seconds=600)
    assert PASSWORD not in str(refused.value)


async def test_a_missing_privilege_is_not_waited_for(nobody: str) -> None:
    with pytest.raises(DatabaseRefused, match='permission denied for database "closed"'):
        await wait_for_database(database_at(nobody), seconds=600)


async def test_one_that_starts_is_waited_for_until_it_says_more() -> None:
    async with a_server(STARTING, STARTING, WRONG_PASSWORD) as url:
        with pytest.raises(DatabaseRefused, match="password authentication failed"):
            await wait_for_database(database_at(url), seconds=600)


async def test_one_that_starts_for_too_long_is_given_up() -> None:
    async with a_server(*[STARTING] * 100) as url:
        with pytest.raises(
            DatabaseUnreachable, match="cannot be reached: the database system is starting up"
        ):
            await wait_for_database(database_at(url), seconds=0.6)
