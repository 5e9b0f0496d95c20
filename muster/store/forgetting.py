"""Teams that are gone for good, and chats that the bot left, are forgotten with all that hangs on them."""

from datetime import timedelta
from typing import Literal, NamedTuple

from muster.store.pool import Connection, Pool, transaction
from muster.store.queries import load_queries
from workflows.ids import TeamSetupId

QUERIES = load_queries(__file__)


class Gone(NamedTuple):
    """A team or a chat that is to be forgotten."""

    id: str
    key: str
    what: Literal["team", "chat"] = "team"


async def due(
    connection: Connection | Pool, account: str, *, after: str, age: timedelta, most: int
) -> tuple[Gone, ...]:
    """Teams by id that the app left so long ago, or that were deleted for good.

    Those of the account, and those that never belonged to one.
    """
    rows = await QUERIES["due"].fetch(connection, account=account, after=after, age=age, most=most)
    return tuple(Gone(row["id"], row["key"]) for row in rows)


async def chats_due(
    connection: Connection | Pool, account: str, *, after: str, age: timedelta, most: int
) -> tuple[Gone, ...]:
    """Chats by id that the bot left so long ago: those of the account, and those that hold a card of it."""
    rows = await QUERIES["chats_due"].fetch(connection, account=account, after=after, age=age, most=most)
    return tuple(Gone(row["id"], row["key"], "chat") for row in rows)


async def channels(connection: Connection | Pool, team: str) -> tuple[str, ...]:
    """The ids of a team's channels that have a row."""
    return tuple(row["id"] for row in await QUERIES["channels"].fetch(connection, team=team))


async def forget(pool: Pool, gone: Gone, *, age: timedelta) -> bool:
    """Forget a team or a chat by one commit; ``False``: it came back, or another call has forgotten it.

    With a chat its cards and messages go. With a team its channels go, and their connections, cards and
    messages. With the last team of a tenant that belonged to an account the links of the tenant's people to
    that account end; they are still to be told.
    """
    async with transaction(pool) as connection:
        if gone.what == "chat":
            return await _forget_chat(connection, gone.id, age=age)
        return await _forget_team(connection, gone, age=age)


async def _forget_chat(connection: Connection, chat: str, *, age: timedelta) -> bool:
    if await QUERIES["lock_due_chat"].fetchval(connection, chat=chat, age=age) is None:
        return False
    await QUERIES["delete_cards_of_chat"].execute(connection, chat=chat)
    await QUERIES["delete_notices_of_chat"].execute(connection, chat=chat)
    await QUERIES["delete_chat"].execute(connection, chat=chat)
    return True


async def _forget_team(connection: Connection, team: Gone, *, age: timedelta) -> bool:
    if await QUERIES["lock_due"].fetchval(connection, team=team.id, age=age) is None:
        return False
    await QUERIES["delete_connections"].execute(connection, team=team.id)
    await QUERIES["delete_cards"].execute(connection, team=team.id)
    await QUERIES["delete_setup_notices"].execute(connection, setup=str(TeamSetupId(team.key)))
    await QUERIES["delete_channel_notices"].execute(connection, team=team.id)
    await QUERIES["delete_offers"].execute(connection, team=team.id)
    await QUERIES["delete_suspensions"].execute(connection, team=team.id)
    await QUERIES["delete_channels"].execute(connection, team=team.id)
    tenant, account = await QUERIES["delete_team"].fetchrow(connection, team=team.id) or (None, None)
    if account is not None:
        await QUERIES["end_links"].execute(connection, tenant=tenant, account=account)
        await QUERIES["end_personal_offers"].execute(connection, tenant=tenant, account=account)
    return True
