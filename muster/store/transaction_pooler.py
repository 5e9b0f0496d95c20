"""Whether a pooler that nobody declared gives each transaction another session of the server's.

Named statements, locks and settings of a session are lost between two transactions there. What was not
declared would fail now and then, so a start looks for it first.
"""

import asyncpg

from muster.store.connecting import Connection, connect
from muster.store.database_address import DatabaseAddress

_TRIES = 5


async def is_shared(connection: Connection, address: DatabaseAddress) -> bool:
    """Whether two connections at once are seen to use one session, or one of them more than one.

    A server tells a new connection the number of its process. Where a query is answered by another, something
    stands between. A pooler that keeps a session for each connection passes; raises ``NoConnection``.
    """
    if await _process_of(connection) == connection.get_server_pid():
        return False
    other = (await connect(address)).connection
    try:
        for _ in range(_TRIES):
            before = await _process_of(connection)
            # A pooler that takes its sessions in turn could give the first one's to it again each time.
            if await _process_of(connection) != before:
                return True
            async with other.transaction():  # which keeps its session, so that the first must find another
                if await _process_of(other) == before or await _process_of(connection) != before:
                    return True
    except TimeoutError:  # a pooler with one session for each connection, and none left
        return False
    except asyncpg.PostgresError:  # a pooler that knows no transactions at all
        return True
    finally:
        other.terminate()
    return False


async def _process_of(connection: Connection) -> int:
    """The process of the server that answers; by a statement without a name, which no session keeps."""
    statement = await connection.prepare("SELECT pg_backend_pid()", name="")
    found: int = await statement.fetchval()
    return found
