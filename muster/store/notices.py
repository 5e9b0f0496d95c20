"""Messages of handshakes: what is about to be sent, what was shown, and whose message a pressed one is."""

from typing import NamedTuple

from muster.store.pool import Connection, Pool
from muster.store.queries import load_queries

QUERIES = load_queries(__file__)


class NoticeKey(NamedTuple):
    """The row of a notice."""

    subject: str
    """Id of the workflow that shows it: ``setup/payments``."""
    name: str
    """Which of its messages: ``installer/2``."""
    recipient: str
    """A person's AAD object id, or a conversation."""


async def find(connection: Connection | Pool, *, conversation: str, activity_id: str) -> NoticeKey | None:
    """The notice that this message is, if its row knows it."""
    row = await QUERIES["find"].fetchrow(connection, conversation=conversation, activity_id=activity_id)
    return NoticeKey(*row) if row else None
