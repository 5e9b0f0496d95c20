"""KEYs that somebody wrote and that were none: so many within a quarter of an hour, and then they wait."""

from datetime import timedelta
from typing import NamedTuple

from muster.store.pool import Connection, Pool, transaction
from muster.store.queries import load_queries

QUERIES = load_queries(__file__)

MOST = 5
"""Wrong KEYs of one person within a quarter of an hour; whoever has written so many waits."""


class Guess(NamedTuple):
    """One KEY that somebody wrote, counted as wrong until it is found to be right."""

    id: int
    number: int
    """Which wrong one of this quarter of an hour it would be."""


async def begin(pool: Pool, *, tenant: str, aad_object_id: str) -> Guess | None:
    """Count a KEY before anybody looks at it; ``None`` where this person has to wait.

    So a hundred that are written at once are five.
    """
    async with transaction(pool) as connection:
        await QUERIES["lock"].execute(connection, tenant=tenant, aad_object_id=aad_object_id)
        number = 1 + await QUERIES["count"].fetchval(connection, tenant=tenant, aad_object_id=aad_object_id)
        if number > MOST:
            return None
        id = await QUERIES["insert"].fetchval(connection, tenant=tenant, aad_object_id=aad_object_id)
        return Guess(id, number)


async def was_right(connection: Connection | Pool, guess: Guess) -> None:
    """It was a KEY: it does not count."""
    await QUERIES["delete"].execute(connection, id=guess.id)


async def delete_old(connection: Connection | Pool, *, age: timedelta) -> int:
    """Forget the wrong KEYs that were written so long ago; how many."""
    return int(await QUERIES["delete_old"].fetchval(connection, age=age))
