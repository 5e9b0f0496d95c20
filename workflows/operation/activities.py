"""The activities of ``Operation``. Other workflows record how operations ended that programs asked for."""

from workflows import options
from workflows.contract import Activity
from workflows.operation.state import Ended, OperationKey, Place
from workflows.values import Value


class SendMessage(Value):
    """Send a message of a program, at most once."""

    operation: OperationKey
    place: Place
    text: str
    by: str
    through: str
    longest_send: float
    """Seconds; see ``workflows.operation.messages.LONGEST_SEND``."""
    correlation: str | None = None


class RecordOperation(Value):
    """Write how an operation ended, once. The first outcome stands, but for ``unknown``."""

    operation: OperationKey
    ended: Ended
    is_sent: bool = False
    """An intent is committed before it is sent: without one it has certainly failed."""


SEND_MESSAGE = Activity("teams.send_message", SendMessage, Ended, options.TEAMS_ONCE)
"""Its result stands in the row by its second commit."""
RECORD_OPERATION = Activity("store.record_operation", RecordOperation, Ended, options.STORE)
"""Its result is what stands in the row now; what was asked where no row is."""
