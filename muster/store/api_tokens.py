"""Tokens of our own API: whom each acts for, and how often it was used in the last minute."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from muster.security.api_tokens import fingerprint_of
from muster.store.pool import Connection, Pool
from muster.store.queries import load_queries

QUERIES = load_queries(__file__)


@dataclass(frozen=True)
class ApiToken:
    """A token that may be used."""

    id: str
    digest: bytes = field(repr=False)
    account: str
    name: str
    pagerduty_user: str
    """As whom it acts."""
    pagerduty_email: str


class Listed(NamedTuple):
    """A token as operators see it."""

    id: str
    account: str
    name: str
    pagerduty_email: str
    created_at: datetime
    revoked_at: datetime | None
    used_at: datetime | None
    """To the minute; ``None``: never."""


class Counted(NamedTuple):
    """The calls of a token's minute, this one included."""

    calls: int
    left: float
    """Seconds until the minute ends."""


async def insert(
    connection: Connection | Pool,
    token: str,
    *,
    account: str,
    name: str,
    pagerduty_user: str,
    pagerduty_email: str,
) -> str:
    """Keep a new token's hash; its id."""
    id, digest = fingerprint_of(token)
    await QUERIES["insert"].execute(
        connection,
        id=id,
        digest=digest,
        account=account,
        name=name,
        pagerduty_user=pagerduty_user,
        pagerduty_email=pagerduty_email,
    )
    return id


async def seed(
    connection: Connection,
    token: str,
    *,
    account: str,
    name: str,
    pagerduty_user: str,
    pagerduty_email: str,
) -> str:
    """The same as a seed file says; one that was revoked stays so."""
    id, digest = fingerprint_of(token)
    await QUERIES["seed"].execute(
        connection,
        id=id,
        digest=digest,
        account=account,
        name=name,
        pagerduty_user=pagerduty_user,
        pagerduty_email=pagerduty_email,
    )
    return id


async def find(connection: Connection | Pool, id: str) -> ApiToken | None:
    """The token of this id, unless it was revoked; whether it is the caller's its digest tells."""
    row = await QUERIES["find"].fetchrow(connection, id=id)
    return ApiToken(**row) if row else None


async def count_call(connection: Connection | Pool, id: str) -> Counted | None:
    """Count a call; ``None`` where the token has just been revoked."""
    row = await QUERIES["count_call"].fetchrow(connection, id=id)
    return Counted(*row) if row else None


async def all_of(connection: Connection | Pool, account: str | None = None) -> tuple[Listed, ...]:
    """The tokens of an account, or of all, revoked ones too; the oldest first."""
    return tuple(Listed(*row) for row in await QUERIES["all"].fetch(connection, account=account or ""))


async def revoke(connection: Connection | Pool, id: str) -> str | None:
    """Let nobody use the token any more; its name, or ``None`` where there is none that could be used."""
    name = await QUERIES["revoke"].fetchval(connection, id=id)
    return None if name is None else str(name)
