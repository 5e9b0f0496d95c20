"""Teams that are gone for good are forgotten, with all that hangs on them."""

from datetime import timedelta
from typing import NamedTuple

from muster.store.pool import Connection, Pool, transaction
from muster.store.queries import load_queries
from workflows.ids import TeamSetupId

QUERIES = load_queries(__file__)


class GoneTeam(NamedTuple):
    """A team that is to be forgotten."""

    id: str
    key: str


async def due(
    connection: Connection | Pool, account: str, *, after: str, age: timedelta, most: int
) -> tuple[GoneTeam, ...]:
    """Teams by id that the app left so long ago, or that were deleted for good.

    Those of the account, and those that never belonged to one.
    """
    rows = await QUERIES["due"].fetch(connection, account=account, after=after, age=age, most=most)
    return tuple(GoneTeam(row["id"], row["key"]) for row in rows)


async def channels(connection: Connection | Pool, team: str) -> tuple[str, ...]:
    """The ids of a team's channels that have a row."""
    return tuple(row["id"] for row in await QUERIES["channels"].fetch(connection, team=team))


async def forget(pool: Pool, team: GoneTeam, *, age: timedelta) -> bool:
    """Forget a team by one commit; ``False``: it came back, or another call has forgotten it.

    Its channels go, with their connections, cards and messages. With the last team of a tenant that belonged
    to an account the links of the tenant's people to that account end; they are still to be told.
    """
    async with transaction(pool) as connection:
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
