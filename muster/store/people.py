"""People, as Teams knows them, and their private chats with the bot."""

from typing import NamedTuple

from muster.store.pool import Connection, Pool
from muster.store.queries import load_queries
from workflows.person import Person

QUERIES = load_queries(__file__)


class PrivatePlace(NamedTuple):
    """Where one person is told something alone, whether they asked in some conversation or not."""

    service_url: str | None
    """Of the conversation asked in, else of their private chat, else of any conversation of the tenant;
    ``None`` where nobody has told an address."""
    conversation: str | None
    """The private chat with the bot; ``None`` where it was never opened."""
    teams_id: str | None
    """``29:`` id, as their row has it."""
    is_shared: bool
    """They asked in a channel or group chat that has a row."""
    is_private_chat: bool
    """They asked in their private chat."""
    refuses_targeted: bool
    """Teams refused a targeted message of the tenant less than a day ago."""


async def upsert(
    connection: Connection | Pool, *, tenant: str, aad_object_id: str, teams_id: str, name: str, email: str
) -> None:
    """Write a person; a private chat that is known stays."""
    await QUERIES["upsert"].execute(
        connection, tenant=tenant, aad_object_id=aad_object_id, teams_id=teams_id, name=name, email=email
    )


async def seen(
    connection: Connection | Pool,
    *,
    tenant: str,
    aad_object_id: str,
    teams_id: str,
    name: str | None,
    private_conversation: str | None = None,
    service_url: str | None = None,
) -> None:
    """Write what an activity tells of its person; nothing is written where nothing changed.

    ``private_conversation`` and ``service_url`` are those of their private chat, where the activity comes
    from there. What it does not tell stays.
    """
    await QUERIES["seen"].execute(
        connection,
        tenant=tenant,
        aad_object_id=aad_object_id,
        teams_id=teams_id,
        name=name,
        private_conversation=private_conversation,
        service_url=service_url,
    )


async def name_of(connection: Connection | Pool, tenant: str, aad_object_id: str) -> str | None:
    """The person's name, where it is known."""
    found = await QUERIES["name_of"].fetchval(connection, tenant=tenant, aad_object_id=aad_object_id)
    return found or None


async def private_place(
    connection: Connection | Pool, tenant: str, aad_object_id: str, *, asked_in: str | None
) -> PrivatePlace:
    """Where a person is told something who asked in this conversation, or in none."""
    (row,) = await QUERIES["private_place"].fetch(
        connection, tenant=tenant, aad_object_id=aad_object_id, asked_in=asked_in
    )
    return PrivatePlace(*row)


async def find(connection: Connection | Pool, tenant: str, aad_object_id: str) -> Person | None:
    """A person as set-ups name them."""
    row = await QUERIES["find"].fetchrow(connection, tenant=tenant, aad_object_id=aad_object_id)
    return Person(**row) if row else None


async def keep_private_conversation(
    connection: Connection | Pool, tenant: str, person: Person, conversation: str
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
