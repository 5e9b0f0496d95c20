"""The connection pool: how it is opened, waited for, and what it raises when the database is away."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

import asyncpg

from muster.errors import OperatorError
from muster.store.connect_failures import NoConnection
from muster.store.connecting import Connection as Connection
from muster.store.connecting import connect
from muster.store.database_address import DatabaseAddress, Host
from muster.store.transaction_pooler import is_shared

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]
else:  # asyncpg's classes are generic in its stubs alone
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

_ACQUIRE_SECONDS = 3
_RETRY_SECONDS = 0.5


class DatabaseUnreachable(OperatorError):
    """No connection to the database; the text says why and where, and holds no password."""


class DatabaseRefused(DatabaseUnreachable):
    """A password, a name, a privilege, a certificate or a pooler is wrong: waiting does not help."""


class _Plain(asyncpg.Connection):
    """A connection without session state: locks end with their transaction, nothing is set or listened to.

    So nothing needs resetting when it goes back to the pool, which would cost a round trip after every
    query.
    """

    def get_reset_query(self) -> str:
        return ""


async def open_pool(address: DatabaseAddress, *, size: int = 10) -> Pool:
    """A pool whose calls end after five seconds at most; raises ``DatabaseUnreachable``."""

    async def connected(*_: object, **__: object) -> asyncpg.Connection:
        return (await connect(address, _Plain)).connection

    with _in_a_sentence(address):
        pool = await asyncpg.create_pool(
            connect=connected, connection_class=_Plain, min_size=1, max_size=size
        )
        try:
            async with pool.acquire() as connection:
                await _refuse_shared_sessions(connection, address)
        except BaseException:
            pool.terminate()
            raise
    return pool


async def reached_by(address: DatabaseAddress) -> tuple[Host, bool]:
    """The host that lets us in now, and whether with TLS; raises ``DatabaseUnreachable``."""
    with _in_a_sentence(address):
        opened = await connect(address)
        try:
            await _refuse_shared_sessions(opened.connection, address)
        finally:
            await opened.connection.close()
    return opened.host, opened.tls


async def _refuse_shared_sessions(connection: Connection, address: DatabaseAddress) -> None:
    if not address.pooled and await is_shared(connection, address):
        raise DatabaseRefused(
            f"the database at {address} is behind a pooler that gives each transaction another session:"
            " set MUSTER_DATABASE_POOLER=transaction, and for `muster migrate` MUSTER_MIGRATE_DATABASE_URL to"
            " the database's own address"
        )


@contextmanager
def _in_a_sentence(address: DatabaseAddress) -> Iterator[None]:
    """What goes wrong at a start, as an operator reads it."""
    try:
        yield
    except NoConnection as error:
        raise (DatabaseRefused if error.refused else DatabaseUnreachable)(str(error)) from error
    except UNAVAILABLE as error:
        raise DatabaseUnreachable(
            f"the database at {address} cannot be used: {str(error) or type(error).__name__}"
        ) from error


async def wait_for_database(address: DatabaseAddress, *, seconds: float) -> None:
    """Return once the database lets us in; raises ``DatabaseUnreachable``, at once if it refuses to."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            pool = await open_pool(address, size=1)
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
