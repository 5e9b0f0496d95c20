"""People, as Teams knows them, and their private chats with the bot."""

from muster.store.pool import Connection, Pool
from muster.store.queries import load_queries
from workflows.verbs.click import Clicker

QUERIES = load_queries(__file__)


async def upsert(
    connection: Connection | Pool, *, tenant: str, aad_object_id: str, teams_id: str, name: str, email: str
) -> None:
    """Write a person; a private chat that is known stays."""
    await QUERIES["upsert"].execute(
        connection, tenant=tenant, aad_object_id=aad_object_id, teams_id=teams_id, name=name, email=email
    )


async def private_conversation(connection: Connection | Pool, tenant: str, aad_object_id: str) -> str | None:
    """The person's private chat with the bot, if it was opened before."""
    found = await QUERIES["private_conversation"].fetchval(
        connection, tenant=tenant, aad_object_id=aad_object_id
    )
    return str(found) if found else None


async def keep_private_conversation(
    connection: Connection | Pool, tenant: str, person: Clicker, conversation: str
) -> None:
    """Store a private chat for the next message; a person whom no row names gets one."""
    await QUERIES["keep_private_conversation"].execute(
        connection,
        tenant=tenant,
        aad_object_id=person.aad_object_id,
        teams_id=person.teams_id,
        name=person.name,
        conversation=conversation,
    )
