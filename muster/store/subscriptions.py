"""Webhook subscriptions with their sealed secrets, and the intents to make one (docs/decisions/0049)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import asyncpg

from muster.security.sealing import KeyRing, Place, SealBroken
from muster.store.pool import Connection, Pool, transaction
from muster.store.queries import load_queries

QUERIES = load_queries(__file__)

COUNTS = timedelta(days=2)
"""So long does the secret of a deleted subscription count: PagerDuty sends what waits for up to 48 hours."""
LATE = timedelta(minutes=2)
"""So long after an intent was given up may the subscription still come to be that was asked for under it."""


@dataclass(frozen=True)
class Secrets:
    """The signing secrets that count for an account."""

    by_subscription: dict[str, str | SealBroken] = field(default_factory=dict, repr=False)
    """Newest first. In place of one that cannot be opened stands the error: no obstacle to the others."""
    is_expected: bool = False
    """There may be a subscription whose secret is not stored."""


@dataclass(frozen=True)
class Stored:
    """A subscription that PagerDuty has, as far as the database knows."""

    id: str
    url: str | None
    """``None``: it was seeded, and PagerDuty's list has not told yet."""
    is_readable: bool
    """Its secret opens with the keys of this process."""
    is_verified: bool
    """An event of it has arrived here."""
    has_ended: bool
    """It is to be deleted."""


@dataclass(frozen=True)
class Intent:
    """A subscription that was asked for and whose secret is not stored."""

    marker: str
    url: str
    is_given_up: bool
    over_in: float
    """Seconds until what was asked for cannot come to be any more."""


def secret_place(account: str, subscription: str) -> Place:
    """Where a subscription's signing secret lives."""
    return Place("webhook_subscription", f"{account}/{subscription}", "secret")


async def upsert(
    connection: Connection | Pool, keys: KeyRing, *, account: str, id: str, secret: str, url: str | None
) -> None:
    """Write a subscription as a seed file has it; its secret is sealed with the newest key.

    Its ``url`` is not taken where PagerDuty may know better: of one that had ended, or where another one
    sends already.
    """
    await QUERIES["upsert"].execute(
        connection, account=account, id=id, secret=keys.seal(secret, secret_place(account, id)), url=url
    )


async def secrets_of(connection: Connection | Pool, keys: KeyRing, account: str) -> Secrets:
    """What signatures are tried with, and whether a secret may be missing: both as of one moment."""
    rows = await QUERIES["secrets_of"].fetch(connection, account=account, counts=COUNTS)
    opened = {
        row["id"]: _opened(keys, row["secret"], secret_place(account, row["id"]))
        for row in rows
        if row["id"] is not None
    }
    return Secrets(opened, is_expected=rows[0]["is_expected"])


async def note_verified(connection: Connection | Pool, account: str, id: str) -> None:
    """An event of the subscription arrived with its signature."""
    await QUERIES["note_verified"].execute(connection, account=account, id=id)


async def lock_account(connection: Connection, account: str) -> None:
    """Let nobody else change the account's subscriptions until the transaction ends."""
    await QUERIES["lock_account"].execute(connection, account=account)


async def installation(connection: Connection | Pool) -> str:
    """The id of the Muster whose database this is, made when it is first asked for."""
    await QUERIES["make_installation"].execute(connection)
    return str(await QUERIES["installation"].fetchval(connection))


async def moved(connection: Connection | Pool, urls: Mapping[str, str]) -> frozenset[str]:
    """Those of these accounts that have a subscription at another address than the one that stands here."""
    rows = await QUERIES["live_urls"].fetch(connection)
    return frozenset(row["account"] for row in rows if urls.get(row["account"], row["url"]) != row["url"])


async def is_needed(connection: Connection | Pool, account: str) -> bool:
    """Whether a connection of the account goes on, or an incident of it is still followed somewhere."""
    return bool(await QUERIES["is_needed"].fetchval(connection, account=account))


async def stored(connection: Connection | Pool, keys: KeyRing, account: str) -> tuple[Stored, ...]:
    """The subscriptions that are not known to be deleted, newest first."""
    rows = await QUERIES["stored"].fetch(connection, account=account)
    return tuple(
        Stored(
            row["id"],
            row["url"],
            is_readable=isinstance(_opened(keys, row["secret"], secret_place(account, row["id"])), str),
            is_verified=row["is_verified"],
            has_ended=row["has_ended"],
        )
        for row in rows
    )


async def intents(connection: Connection | Pool, account: str) -> tuple[Intent, ...]:
    """All that are open, oldest first."""
    return tuple(
        Intent(row["marker"], row["url"], row["is_given_up"], row["over_in"])
        for row in await QUERIES["intents"].fetch(connection, account=account, late=LATE)
    )


async def give_up_intents(connection: Connection | Pool, account: str) -> None:
    """Whoever holds the lock now, those who began before will not store their secrets."""
    await QUERIES["give_up_intents"].execute(connection, account=account)


async def give_up(connection: Connection | Pool, marker: str) -> None:
    """The answer to the creation was lost."""
    await QUERIES["give_up"].execute(connection, marker=marker)


async def begin(
    connection: Connection | Pool, *, account: str, installation: str, marker: str, url: str
) -> None:
    """Commit that a subscription with this marker is about to be asked for."""
    await QUERIES["begin"].execute(
        connection, account=account, installation=installation, marker=marker, url=url
    )


async def end_intent(connection: Connection | Pool, marker: str) -> None:
    """No subscription with this marker is there, nor will be."""
    await QUERIES["end_intent"].execute(connection, marker=marker)


async def store(pool: Pool, keys: KeyRing, *, marker: str, id: str, secret: str) -> bool:
    """Seal the secret and end the intent in one transaction.

    False: the intent was given up meanwhile, or another subscription at the same address goes on. Then
    nothing is changed.
    """
    try:
        async with transaction(pool) as connection:
            intent = await QUERIES["end_own_intent"].fetchrow(connection, marker=marker)
            if intent is None:
                return False
            account, url = intent["account"], intent["url"]
            sealed = keys.seal(secret, secret_place(account, id))
            await QUERIES["insert"].execute(connection, account=account, id=id, secret=sealed, url=url)
    except asyncpg.UniqueViolationError:
        return False
    return True


async def note_url(connection: Connection | Pool, account: str, id: str, url: str) -> None:
    """PagerDuty's list tells where a seeded subscription sends."""
    await QUERIES["note_url"].execute(connection, account=account, id=id, url=url)


async def end(connection: Connection | Pool, account: str, id: str) -> None:
    """Decide that a subscription is to be deleted."""
    await QUERIES["end"].execute(connection, account=account, id=id)


async def end_unneeded(connection: Connection | Pool, account: str) -> None:
    """The same for all of an account of which nothing is followed at this moment."""
    await QUERIES["end_unneeded"].execute(connection, account=account)


async def note_deleted(connection: Connection | Pool, account: str, id: str) -> None:
    """PagerDuty does not have the subscription any more."""
    await QUERIES["note_deleted"].execute(connection, account=account, id=id)


async def forget_deleted(connection: Connection | Pool, account: str) -> None:
    """Delete the rows whose secrets count no more."""
    await QUERIES["forget_deleted"].execute(connection, account=account, counts=COUNTS)


def _opened(keys: KeyRing, sealed: bytes, place: Place) -> str | SealBroken:
    try:
        return keys.open(sealed, place)
    except SealBroken as error:
        return error
