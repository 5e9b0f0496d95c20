"""The connection pool: how it is opened, waited for, and what it raises when the database is away."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import asyncpg

from muster.errors import OperatorError

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
    asyncpg.OperatorInterventionError,  # starting, stopping, a statement's time is over
    asyncpg.InsufficientResourcesError,  # connections, memory, disk
    asyncpg.LockNotAvailableError,
    asyncpg.TransactionRollbackError,  # deadlocks
    asyncpg.ReadOnlySQLTransactionError,  # it has just been replaced as the primary
)
"""Errors of a database that is down, starting, stopping, overloaded or being replaced: try again later."""

_REFUSED = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InsufficientPrivilegeError,
)
"""Errors of a server that does not let us in."""

_COMMAND_SECONDS = 5
_ACQUIRE_SECONDS = 3
_RETRY_SECONDS = 0.5


class DatabaseUnreachable(OperatorError):
    """No connection to the database; the text says why and holds nothing of the address."""


class DatabaseRefused(DatabaseUnreachable):
    """A password, a name, a privilege or the address is wrong: waiting does not help."""


class _Plain(asyncpg.Connection):
    """A connection without session state: locks end with their transaction, nothing is set or listened to.

    So nothing needs resetting when it goes back to the pool, which would cost a round trip after every
    query.
    """

    def get_reset_query(self) -> str:
        return ""


async def open_pool(database_url: str, *, size: int = 10) -> Pool:
    """A pool whose calls end after five seconds at most; raises ``DatabaseUnreachable``."""
    try:
        return await asyncpg.create_pool(
            database_url,
            min_size=1,
            max_size=size,
            connection_class=_Plain,
            command_timeout=_COMMAND_SECONDS,
            timeout=_COMMAND_SECONDS,
            server_settings={"application_name": "muster", "timezone": "UTC"},
        )
    except ValueError as error:  # a wrong address; its text may hold a part of the password
        raise DatabaseRefused("DATABASE_URL is not the address of a PostgreSQL database") from error
    except _REFUSED as error:
        raise DatabaseRefused(f"the database refuses the connection: {error}") from error
    except UNAVAILABLE as error:
        raise DatabaseUnreachable(
            f"the database cannot be reached: {str(error) or type(error).__name__}"
        ) from error


async def wait_for_database(database_url: str, *, seconds: float) -> None:
    """Return once the database lets us in; raises ``DatabaseUnreachable``, at once if it refuses to."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            pool = await open_pool(database_url, size=1)
        except DatabaseRefused:
            raise
        except DatabaseUnreachable:
            if time.monotonic() >= deadline:
                raise
            await asyncio.sleep(_RETRY_SECONDS)
        else:
            await pool.close()
            return


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[Connection]:
    """A connection inside a transaction; raises TimeoutError where none is free for long."""
    async with pool.acquire(timeout=_ACQUIRE_SECONDS) as connection, connection.transaction():
        yield connection
