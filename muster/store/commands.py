"""Commands of the bot, each taken once: Teams delivers again what is not answered in time."""

from muster.store.pool import Connection, Pool
from muster.store.queries import load_queries

QUERIES = load_queries(__file__)


async def take(connection: Connection | Pool, *, tenant: str, conversation: str, activity_id: str) -> bool:
    """Take a command before it is done; ``False`` where an earlier delivery of it was taken."""
    taken = await QUERIES["take"].fetchval(
        connection, tenant=tenant, conversation=conversation, activity_id=activity_id
    )
    return taken is not None
