"""Connections: whose incidents appear in which conversation."""

from muster.store.pool import Connection, Pool
from muster.store.queries import load_queries

QUERIES = load_queries(__file__)


async def upsert(
    connection: Connection | Pool, *, account: str, service: str, service_name: str, conversation: str
) -> None:
    """Connect a service to a conversation; a connection that is known keeps its beginning."""
    await QUERIES["upsert"].execute(
        connection, account=account, service=service, service_name=service_name, conversation=conversation
    )
