"""The rows of connections: what a run restores, records and ends."""

from activities.registration import implements
from muster.store import connections, notices
from muster.store.pool import Pool
from workflows.connect_channel.activities import (
    END_CONNECTION,
    RECORD_CONNECTION,
    RESTORE_CONNECTION,
    ConnectionEnded,
    ConnectionRecorded,
    EndConnection,
    RecordConnection,
    RestoreConnection,
    StoredConnection,
)


class ConnectionActivities:
    """Reads and writes connections."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @implements(RESTORE_CONNECTION)
    async def restore_connection(self, request: RestoreConnection) -> StoredConnection:
        """What the rows know of a service and a channel."""
        return StoredConnection(
            connection=await connections.live(
                self._pool,
                account=request.account,
                service=request.service,
                conversation=request.conversation,
            ),
            notices=await notices.of_subject(self._pool, request.subject),
        )

    @implements(RECORD_CONNECTION)
    async def record_connection(self, request: RecordConnection) -> ConnectionRecorded:
        """Write a connection; asked again it finds what was written."""
        return await connections.record(self._pool, request)

    @implements(END_CONNECTION)
    async def end_connection(self, request: EndConnection) -> ConnectionEnded:
        """End a connection, whose row is kept."""
        return ConnectionEnded(connection=await connections.end(self._pool, request))
