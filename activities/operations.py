"""How operations end, written into their rows."""

from activities.registration import implements
from muster.store import operations
from muster.store.pool import Pool
from workflows.operation.activities import RECORD_OPERATION, RecordOperation
from workflows.operation.state import Ended


class OperationActivities:
    """Writes how operations end."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @implements(RECORD_OPERATION)
    async def record_operation(self, request: RecordOperation) -> Ended:
        """Write it, once: what stands there now."""
        return await operations.end(self._pool, request.operation, request.ended, is_sent=request.is_sent)
