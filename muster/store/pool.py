"""The connection pool, and the reader of named queries."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg

if TYPE_CHECKING:
    Connection = asyncpg.pool.PoolConnectionProxy[asyncpg.Record] | asyncpg.Connection[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]
else:  # asyncpg's classes are generic in its stubs alone
    Connection = asyncpg.pool.PoolConnectionProxy | asyncpg.Connection
    Pool = asyncpg.Pool

UNAVAILABLE = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
)
"""What a store that is down, starting or stopping raises."""

_COMMAND_SECONDS = 5
_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


class _Plain(asyncpg.Connection):
    """A connection without session state: locks end with their transaction, nothing is set or listened to.

    So nothing needs resetting when it goes back to the pool, which would cost a round trip after every
    query.
    """

    def get_reset_query(self) -> str:
        return ""


async def open_pool(database_url: str, *, size: int = 10) -> Pool:
    """A pool whose calls end after five seconds at most."""
    return await asyncpg.create_pool(
        database_url,
        min_size=1,
        max_size=size,
        connection_class=_Plain,
        command_timeout=_COMMAND_SECONDS,
        timeout=_COMMAND_SECONDS,
        server_settings={"application_name": "muster", "timezone": "UTC"},
    )


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[Connection]:
    """A connection inside a transaction."""
    async with pool.acquire() as connection, connection.transaction():
        yield connection


def load_queries(module_file: str) -> dict[str, str]:
    """The named queries of the ``.sql`` file beside a module: ``-- name: query_name`` heads each."""
    text = Path(module_file).with_suffix(".sql").read_text()
    _, *parts = _NAME.split(text)
    return {name: body.strip() for name, body in zip(parts[::2], parts[1::2], strict=True)}
