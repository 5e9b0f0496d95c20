"""Commands of the bot, each taken once: Teams delivers again what is not answered in time."""

from datetime import timedelta

from muster.store.pool import Connection, Pool
from muster.store.queries import load_queries

QUERIES = load_queries(__file__)


async def take(connection: Connection | Pool, *, tenant: str, conversation: str, activity_id: str) -> bool:
    """Take a command before it is done; ``False`` where an earlier delivery of it was taken."""
    taken = await QUERIES["take"].fetchval(
        connection, tenant=tenant, conversation=conversation, activity_id=activity_id
    )
    return taken is not None


async def delete_old(connection: Connection | Pool, *, age: timedelta) -> int:
    """Forget the commands that came so long ago: Teams delivers none of them again; how many."""
    return int(await QUERIES["delete_old"].fetchval(connection, age=age))
