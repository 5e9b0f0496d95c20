"""Webhook subscriptions, with their sealed signing secrets."""

from muster.security.sealing import KeyRing, Place, SealBroken
from muster.store.pool import Connection, Pool
from muster.store.queries import load_queries

QUERIES = load_queries(__file__)


def secret_place(account: str, subscription: str) -> Place:
    """Where a subscription's signing secret lives."""
    return Place("webhook_subscription", f"{account}/{subscription}", "secret")


async def upsert(connection: Connection | Pool, keys: KeyRing, *, account: str, id: str, secret: str) -> None:
    """Write a subscription; its secret is sealed with the newest key."""
    await QUERIES["upsert"].execute(
        connection, account=account, id=id, secret=keys.seal(secret, secret_place(account, id))
    )


async def secrets_of(
    connection: Connection | Pool, keys: KeyRing, account: str
) -> dict[str, str | SealBroken]:
    """The signing secrets of the account's subscriptions by their ids, newest first.

    In place of one that cannot be opened stands the error: it is no obstacle to the others.
    """
    rows = await QUERIES["secrets_of"].fetch(connection, account=account)
    return {row["id"]: _opened(keys, row["secret"], secret_place(account, row["id"])) for row in rows}


def _opened(keys: KeyRing, sealed: bytes, place: Place) -> str | SealBroken:
    try:
        return keys.open(sealed, place)
    except SealBroken as error:
        return error
