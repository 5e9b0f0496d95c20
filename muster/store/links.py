"""Links: which PagerDuty user a person acts as, with that user's sealed tokens.

A link that is made anew is a new row, never an update of one: the row's id is a part of a click's key
(docs/decisions/0004).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

import asyncpg

from muster.person_tokens import Tokens
from muster.security.sealing import KeyRing, Place
from muster.store.pool import Connection, Pool
from muster.store.queries import load_queries
from workflows.values import Value

QUERIES = load_queries(__file__)

Column = Literal["access_token", "refresh_token"]
_COLUMNS: tuple[Column, ...] = ("access_token", "refresh_token")
Ending = Literal["refused", "user_gone", "person_gone", "teams_gone"]
"""Why a link ended that its person wanted: PagerDuty refused to refresh it, or does not know the user any
more, or Microsoft does not know the person any more, or no team of the tenant is left that belonged to the
account."""


@dataclass(frozen=True)
class LinkedUser:
    """The PagerDuty identity behind a link, with the person's own access token."""

    pagerduty_user: str
    name: str
    email: str
    access_token: str = field(repr=False)
    issued_at: datetime | None = None
    """Of the access token, by PagerDuty's clock; ``None``: the link was seeded, and nobody can refresh it."""
    expires_at: datetime | None = None


@dataclass(frozen=True)
class LockedLink:
    """A link that nobody else refreshes, replaces or ends until the transaction ends."""

    link: int
    whose: tuple[str, str, str]
    """Tenant, AAD object id of the person, account."""
    user: LinkedUser
    refresh_token: str | None = field(repr=False)
    """``None``: the link was seeded, and nobody can refresh it."""
    scopes: tuple[str, ...]
    refreshes_begun: int
    """Since the tokens were last written: another one may have given tokens that are not here yet."""


class Link(Value):
    """A link as its person may know it."""

    id: int
    account: str
    pagerduty_user: str
    pagerduty_name: str
    linked_at: datetime
    authorized_at: datetime | None
    """By PagerDuty's clock; ``None``: the link was seeded."""
    refreshed_at: datetime | None
    pagerduty_role: str | None = None
    """PagerDuty's ``user.role`` at the moment of linking; ``None``: nobody told it."""
    told_of_year_at: datetime | None = None
    """When the person was told that the year of the authorization ends."""


class ShownUser(NamedTuple):
    """The PagerDuty user of a link, as its own person may see them."""

    name: str
    email: str


class LinkedPerson(NamedTuple):
    """A link, whose it is, and as which PagerDuty user they act."""

    link: int
    tenant: str
    aad_object_id: str
    pagerduty_user: str


class EndedLink(NamedTuple):
    """A link that ended, and whose it was."""

    link: int
    tenant: str
    aad_object_id: str
    account: str
    reason: Ending


def token_place(tenant: str, aad_object_id: str, account: str, column: Column) -> Place:
    """Where a person's token lives; known before the row has an id."""
    return Place("user_link", f"{tenant}/{aad_object_id}/{account}", column)


async def lock_person(connection: Connection, *, tenant: str, aad_object_id: str, account: str) -> None:
    """Let nobody else make, spend or end this person's links and offers until the transaction ends."""
    await QUERIES["lock_person"].execute(
        connection, tenant=tenant, aad_object_id=aad_object_id, account=account
    )


async def insert(
    connection: Connection,
    keys: KeyRing,
    *,
    tenant: str,
    aad_object_id: str,
    account: str,
    pagerduty_user: str,
    name: str,
    email: str,
    tokens: Tokens,
    role: str | None = None,
) -> int:
    """Link a person who is not linked, inside a transaction: the new row.

    The authorization begins with these tokens. ``role`` is PagerDuty's ``user.role``, as it is now.
    """
    refresh_token = keys.seal(
        tokens.refresh_token, token_place(tenant, aad_object_id, account, "refresh_token")
    )
    user = LinkedUser(pagerduty_user, name, email, tokens.access_token, tokens.issued_at, tokens.expires_at)
    return await _insert(
        connection, keys, user, (tenant, aad_object_id, account), refresh_token, tokens.scopes, role
    )


async def seed(
    connection: Connection,
    keys: KeyRing,
    user: LinkedUser,
    *,
    tenant: str,
    aad_object_id: str,
    account: str,
    role: str | None = None,
) -> None:
    """Link a person as a seed file says, inside a transaction; the same user keeps their row."""
    same = await QUERIES["seed"].fetchval(
        connection,
        tenant=tenant,
        aad_object_id=aad_object_id,
        account=account,
        pagerduty_user=user.pagerduty_user,
        pagerduty_name=user.name,
        pagerduty_email=user.email,
        pagerduty_role=role,
        access_token=keys.seal(
            user.access_token, token_place(tenant, aad_object_id, account, "access_token")
        ),
    )
    if same is None:
        await unlink(connection, tenant=tenant, aad_object_id=aad_object_id, account=account)
        await _insert(connection, keys, user, (tenant, aad_object_id, account), None, (), role)


async def _insert(
    connection: Connection,
    keys: KeyRing,
    user: LinkedUser,
    whose: tuple[str, str, str],
    refresh_token: bytes | None,
    scopes: tuple[str, ...],
    role: str | None,
) -> int:
    tenant, aad_object_id, account = whose
    id = await QUERIES["insert"].fetchval(
        connection,
        tenant=tenant,
        aad_object_id=aad_object_id,
        account=account,
        pagerduty_user=user.pagerduty_user,
        pagerduty_name=user.name,
        pagerduty_email=user.email,
        pagerduty_role=role,
        access_token=keys.seal(
            user.access_token, token_place(tenant, aad_object_id, account, "access_token")
        ),
        refresh_token=refresh_token,
        scopes=list(scopes),
        authorized_at=user.issued_at,
        refreshed_at=user.issued_at,
        expires_at=user.expires_at,
    )
    return int(id)


async def unlink(connection: Connection, *, tenant: str, aad_object_id: str, account: str) -> Link | None:
    """Forget a person's link and its tokens, inside a transaction; ``None``: there was none."""
    row = await QUERIES["delete_of_person"].fetchrow(
        connection, tenant=tenant, aad_object_id=aad_object_id, account=account
    )
    return Link(**row) if row else None


async def link_of(
    connection: Connection | Pool, *, tenant: str, aad_object_id: str, account: str
) -> int | None:
    """The row of a person's link to an account, if they are linked."""
    found = await QUERIES["link_of"].fetchval(
        connection, tenant=tenant, aad_object_id=aad_object_id, account=account
    )
    return int(found) if found is not None else None


async def of_person(connection: Connection | Pool, *, tenant: str, aad_object_id: str) -> tuple[Link, ...]:
    """All links of a person, by account."""
    rows = await QUERIES["of_person"].fetch(connection, tenant=tenant, aad_object_id=aad_object_id)
    return tuple(Link(**row) for row in rows)


async def role_of(connection: Connection | Pool, link: int) -> str | None:
    """PagerDuty's ``user.role`` when the link was made; ``None``: nobody told it."""
    role: str | None = await QUERIES["role_of"].fetchval(connection, link=link)
    return role


async def shown(connection: Connection | Pool, link: int) -> ShownUser | None:
    """The user of a link, for its person's own browser; ``None`` when the link is gone."""
    row = await QUERIES["shown"].fetchrow(connection, link=link)
    return ShownUser(*row) if row else None


async def linked_user(
    connection: Connection | Pool, keys: KeyRing, link: int, *, account: str
) -> LinkedUser | None:
    """The identity behind a link; ``None`` when it was revoked meanwhile. Raises ``SealBroken``."""
    row = await QUERIES["linked_user"].fetchrow(connection, link=link)
    if row is None or row["account"] != account:
        return None
    return _user(row, keys)


async def lock(connection: Connection, keys: KeyRing, link: int) -> LockedLink | None:
    """The link as it is, locked until the transaction ends; ``None``: it is gone. Raises ``SealBroken``."""
    row = await QUERIES["lock_tokens"].fetchrow(connection, link=link)
    if row is None:
        return None
    sealed = row["refresh_token"]
    return LockedLink(
        link=link,
        whose=(row["tenant"], row["aad_object_id"], row["account"]),
        user=_user(row, keys),
        refresh_token=keys.open(sealed, _place(row, "refresh_token")) if sealed is not None else None,
        scopes=tuple(row["scopes"]),
        refreshes_begun=row["refreshes_begun"],
    )


async def begin_refresh(connection: Connection | Pool, link: int) -> None:
    """Write that PagerDuty is about to be asked; it waits for whoever has locked the link."""
    await QUERIES["begin_refresh"].execute(connection, link=link)


async def keep_tokens(connection: Connection, keys: KeyRing, locked: LockedLink, tokens: Tokens) -> None:
    """Write what a refresh gave, in the transaction that locked the link."""
    places = {column: token_place(*locked.whose, column) for column in _COLUMNS}
    await QUERIES["keep_tokens"].execute(
        connection,
        link=locked.link,
        access_token=keys.seal(tokens.access_token, places["access_token"]),
        refresh_token=keys.seal(tokens.refresh_token, places["refresh_token"]),
        scopes=list(tokens.scopes),
        refreshed_at=tokens.issued_at,
        expires_at=tokens.expires_at,
    )


async def end(connection: Connection | Pool, link: int, reason: Ending) -> EndedLink | None:
    """End a link that its person wanted, with its tokens; ``None``: it is gone already."""
    row = await QUERIES["end"].fetchrow(connection, link=link, reason=reason)
    return EndedLink(*row) if row else None


async def has_ended(connection: Connection | Pool, link: int) -> bool:
    """Whether a link that is gone ended although its person wanted it."""
    return bool(await QUERIES["has_ended"].fetchval(connection, link=link))


async def left_untold(connection: Connection | Pool, link: int, *, since: timedelta) -> EndedLink | None:
    """A link that ended longer ago than ``since``, and of which its person was not told yet."""
    row = await QUERIES["left_untold"].fetchrow(connection, link=link, since=since)
    return EndedLink(*row) if row else None


async def untold(connection: Connection | Pool, account: str) -> tuple[EndedLink, ...]:
    """Links of an account that ended, and of which their people were not told yet."""
    return tuple(EndedLink(*row) for row in await QUERIES["untold"].fetch(connection, account=account))


async def note_told(connection: Connection | Pool, link: int) -> None:
    """Write that the workflow that tells the person knows of it."""
    await QUERIES["note_told"].execute(connection, link=link)


async def others_of_user(
    connection: Connection | Pool, *, tenant: str, aad_object_id: str, account: str, pagerduty_user: str
) -> tuple[str, ...]:
    """Names of the other people of a tenant who are linked to this PagerDuty user."""
    rows = await QUERIES["others_of_user"].fetch(
        connection,
        tenant=tenant,
        aad_object_id=aad_object_id,
        account=account,
        pagerduty_user=pagerduty_user,
    )
    return tuple(row["name"] for row in rows)


class UserOfSeveral(NamedTuple):
    """A PagerDuty user to whom more than one person of a tenant is linked."""

    account: str
    name: str
    people: tuple[str, ...]
    """Their names in Teams."""


async def shared_users(
    connection: Connection | Pool, *, tenant: str, accounts: Sequence[str]
) -> tuple[UserOfSeveral, ...]:
    """The users of these accounts to whom more than one person of the tenant is linked."""
    rows = await QUERIES["shared_users"].fetch(connection, tenant=tenant, accounts=list(accounts))
    return tuple(UserOfSeveral(row["account"], row["name"], tuple(row["people"])) for row in rows)


async def serves(connection: Connection | Pool, *, tenant: str, account: str) -> bool:
    """Whether people of the tenant may be linked to the account: a team of theirs belongs to it."""
    return bool(await QUERIES["serves"].fetchval(connection, tenant=tenant, account=account))


async def accounts_served(connection: Connection | Pool, tenant: str) -> tuple[str, ...]:
    """The accounts that people of the tenant may be linked to."""
    return tuple(row["account"] for row in await QUERIES["accounts_served"].fetch(connection, tenant=tenant))


async def due_for_refresh(
    connection: Connection | Pool,
    account: str,
    *,
    after: int,
    now: datetime,
    unused: timedelta,
    year: timedelta,
    most: int,
) -> tuple[LinkedPerson, ...]:
    """Links after this one that nobody refreshed for so long, or whose year is over, by PagerDuty's time."""
    rows = await QUERIES["due_for_refresh"].fetch(
        connection, account=account, after=after, now=now, unused=unused, year=year, most=most
    )
    return tuple(LinkedPerson(*row) for row in rows)


async def year_ends(
    connection: Connection | Pool,
    account: str,
    *,
    after: int,
    now: datetime,
    year: timedelta,
    ahead: timedelta,
    most: int,
) -> tuple[LinkedPerson, ...]:
    """Links after this one whose year ends within ``ahead``, and of which nobody was told."""
    rows = await QUERIES["year_ends"].fetch(
        connection, account=account, after=after, now=now, year=year, ahead=ahead, most=most
    )
    return tuple(LinkedPerson(*row) for row in rows)


async def note_told_of_year(connection: Connection | Pool, link: int, *, now: datetime) -> None:
    """Write that the workflow that tells the person knows that the year ends."""
    await QUERIES["note_told_of_year"].execute(connection, link=link, now=now)


async def after(
    connection: Connection | Pool, account: str, *, after: int, most: int
) -> tuple[LinkedPerson, ...]:
    """The next links of an account, by id."""
    rows = await QUERIES["after"].fetch(connection, account=account, after=after, most=most)
    return tuple(LinkedPerson(*row) for row in rows)


async def delete_told(connection: Connection | Pool, *, age: timedelta) -> int:
    """Forget the ended links of which people were told so long ago; how many."""
    return int(await QUERIES["delete_told"].fetchval(connection, age=age))


def _user(row: asyncpg.Record, keys: KeyRing) -> LinkedUser:
    return LinkedUser(
        pagerduty_user=row["pagerduty_user"],
        name=row["pagerduty_name"],
        email=row["pagerduty_email"],
        access_token=keys.open(row["access_token"], _place(row, "access_token")),
        issued_at=row["refreshed_at"],
        expires_at=row["expires_at"],
    )


def _place(row: asyncpg.Record, column: Column) -> Place:
    return token_place(row["tenant"], row["aad_object_id"], row["account"], column)
