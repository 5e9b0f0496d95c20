"""The people of rooms: who is wanted, whom the tenant knows as them, who is in the chat."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Literal, NamedTuple

import asyncpg

from muster.store.pool import Connection, Pool
from muster.store.queries import load_queries
from workflows.incident_room.messages import RoomKey
from workflows.room import Absence, Absent
from workflows.wanted import ASKER, ASSIGNEE, ROLE, WantedPerson

QUERIES = load_queries(__file__)

MOST_NAMED = 20
OF_NO_USER = "aad:"
"""Before the AAD object id of somebody whom PagerDuty may not know, in the place of their user's id."""
Role = Literal["owner", "guest"]


class Invited(NamedTuple):
    """Somebody who can be in the chat."""

    aad_object_id: str
    role: Role
    asked: bool
    absence: Absence | None
    has_left: bool
    """By themselves, so that nobody brings them back."""


class Known(NamedTuple):
    """What the directory said; ``aad_object_id`` is ``None``: there is nobody."""

    aad_object_id: str | None
    role: Role | None
    address: str = ""
    """By which they are invited; empty: nobody has told."""


class Standing(NamedTuple):
    """Who a PagerDuty user is in the tenant, as far as rows tell."""

    aad_object_id: str | None
    is_elsewhere: bool
    """They are linked in another tenant."""


class Member(NamedTuple):
    """Somebody who is wanted in the chat, as whoever asks about its members is told."""

    pagerduty_user: str | None
    """``None``: PagerDuty is not known to know them."""
    name: str
    aad_object_id: str | None
    role: Role | None
    in_chat: bool
    """By the last read back."""
    asked: bool
    """They asked for the chat, or a program brought them in."""
    absence: Absence | None
    has_left: bool
    """By themselves, or a program took them out."""


async def want(
    connection: Connection | Pool,
    room: RoomKey,
    people: Sequence[WantedPerson],
    *,
    asked: bool = False,
    pressed: bool = False,
) -> None:
    """These are wanted too; who was wanted before stays.

    ``asked``: the chat or the meeting is to be theirs. ``pressed``: they asked for it themselves, so that
    PagerDuty may be asked as them.
    """
    await QUERIES["want"].execute(
        connection,
        **dict(room),
        users=[one.user for one in people],
        ranks=[one.rank for one in people],
        names=[one.name for one in people],
        asked=asked,
        pressed=pressed,
    )


async def note_by_program(
    connection: Connection | Pool, room: RoomKey, users: Sequence[str], *, by_program: bool
) -> None:
    """A program has brought these in, so that they are wanted again; or it has taken them out."""
    await QUERIES["note_by_program"].execute(
        connection, **dict(room), users=list(users), by_program=by_program
    )


async def expected(connection: Connection | Pool, room: RoomKey, people: Collection[str]) -> frozenset[str]:
    """Who of these, by AAD object id, is in the chat as far as the rows know."""
    rows = await QUERIES["expected"].fetch(connection, **dict(room), people=list(people))
    return frozenset(row["aad_object_id"] for row in rows)


async def user_of(
    connection: Connection | Pool, room: RoomKey, *, tenant: str, key: str
) -> tuple[str, str] | None:
    """As whom this person, by AAD object id, stands in the room, else is linked: the id, and a name."""
    row = await QUERIES["user_of"].fetchrow(connection, **dict(room), tenant=tenant, aad_object_id=key)
    return (row["pagerduty_user"], row["name"]) if row else None


async def known_as(
    connection: Connection | Pool, room: RoomKey, *, tenant: str, pagerduty_user: str
) -> Standing:
    """Who a PagerDuty user is in the tenant, by the room or by a link."""
    (row,) = await QUERIES["known_as"].fetch(
        connection, **dict(room), tenant=tenant, pagerduty_user=pagerduty_user
    )
    return Standing(row["in_room"] or row["linked"], row["is_elsewhere"])


async def is_email_elsewhere(connection: Connection | Pool, *, account: str, tenant: str, email: str) -> bool:
    """Whether somebody with this e-mail address in PagerDuty is linked in another tenant."""
    return bool(
        await QUERIES["is_email_elsewhere"].fetchval(connection, account=account, tenant=tenant, email=email)
    )


async def listed(connection: Connection | Pool, room: RoomKey) -> tuple[Member, ...]:
    """Everybody who is wanted in the room, those who matter most first."""
    return tuple(_member(row) for row in await QUERIES["listed"].fetch(connection, **dict(room)))


def _member(row: asyncpg.Record) -> Member:
    user = row["pagerduty_user"]
    return Member(**{**row, "pagerduty_user": None if user.startswith(OF_NO_USER) else user})


async def want_roles(connection: Connection | Pool, room: RoomKey) -> None:
    """Those who hold a role of the incident, as far as its cards know, are wanted too."""
    await QUERIES["want_roles"].execute(connection, **dict(room), rank=ROLE)


async def want_program(connection: Connection | Pool, room: RoomKey) -> bool:
    """Whether whom a program asks for is wanted from now on: nobody else asks, and no assignee is known."""
    found = await QUERIES["want_program"].fetchval(connection, **dict(room), rank=ASKER, assignee=ASSIGNEE)
    return found is not None


async def key_of(connection: Connection | Pool, room: RoomKey, pagerduty_user: str) -> str | None:
    """AAD object id of somebody who can be in the chat."""
    key: str | None = await QUERIES["key_of"].fetchval(
        connection, **dict(room), pagerduty_user=pagerduty_user
    )
    return key


async def take_links(connection: Connection | Pool, room: RoomKey, *, tenant: str) -> None:
    """Know those who linked their accounts in this tenant."""
    await QUERIES["link"].execute(connection, **dict(room), tenant=tenant)


async def unknown(connection: Connection | Pool, room: RoomKey, *, most: int) -> tuple[str, ...]:
    """PagerDuty's ids of those who are to be looked for now."""
    rows = await QUERIES["unknown"].fetch(connection, **dict(room), most=most)
    return tuple(row["pagerduty_user"] for row in rows)


async def without_role(
    connection: Connection | Pool, room: RoomKey, *, most: int
) -> tuple[tuple[str, str], ...]:
    """Those of whom nobody knows whose guest they are: PagerDuty's user, AAD object id."""
    rows = await QUERIES["without_role"].fetch(connection, **dict(room), most=most)
    return tuple((row["pagerduty_user"], row["aad_object_id"]) for row in rows)


async def note_found(
    connection: Connection | Pool,
    room: RoomKey,
    pagerduty_user: str,
    *,
    known: Known,
    absence: Absence | None,
    lacks: str | None = None,
    name: str = "",
) -> None:
    """Whom the tenant knows as them, or why nobody. ``lacks``: the permission that was missing to know."""
    await QUERIES["note_found"].execute(
        connection,
        **dict(room),
        pagerduty_user=pagerduty_user,
        aad_object_id=known.aad_object_id,
        role=known.role,
        address=known.address,
        absence=absence,
        lacks=lacks,
        name=name,
    )


async def lacks(connection: Connection | Pool, room: RoomKey) -> tuple[str, ...]:
    """Permissions without which somebody who is wanted was not looked for."""
    return tuple(row["lacks"] for row in await QUERIES["lacks"].fetch(connection, **dict(room)))


async def links_of_askers(
    connection: Connection | Pool, room: RoomKey, *, tenant: str, first: str = ""
) -> tuple[int, ...]:
    """Links of those who pressed for the chat or the meeting; of nobody whom a program only named.

    ``first``: PagerDuty's id of who comes before the others, if they pressed.
    """
    rows = await QUERIES["links_of_askers"].fetch(connection, **dict(room), tenant=tenant, first=first)
    return tuple(row["id"] for row in rows)


async def invited(connection: Connection | Pool, room: RoomKey) -> tuple[Invited, ...]:
    """Who can be in the chat, those who matter most first; each person once."""
    return tuple(Invited(*row) for row in await QUERIES["invited"].fetch(connection, **dict(room)))


async def take_out(
    connection: Connection | Pool, room: RoomKey, users: Collection[str], *, out: bool
) -> None:
    """These are not brought in any more, or are again."""
    if users:
        await QUERIES["take_out"].execute(connection, **dict(room), users=list(users), out=out)


async def note_members(connection: Connection | Pool, room: RoomKey, people: Collection[str]) -> None:
    """Who is in the chat, by AAD object id, as Microsoft lists them."""
    await QUERIES["note_members"].execute(connection, **dict(room), people=list(people))


async def note_removed(connection: Connection | Pool, room: RoomKey, people: Collection[str]) -> None:
    """Muster took these out of the chat, by AAD object id."""
    await QUERIES["note_removed"].execute(connection, **dict(room), people=list(people))


async def keys_of(
    connection: Connection | Pool, room: RoomKey, users: Collection[str], *, everybody: bool
) -> frozenset[str]:
    """AAD object ids of these PagerDuty users, or of everybody who is known."""
    rows = await QUERIES["keys_of"].fetch(connection, **dict(room), users=list(users), everybody=everybody)
    return frozenset(row["aad_object_id"] for row in rows)


async def note_absence(
    connection: Connection | Pool, room: RoomKey, aad_object_id: str, absence: Absence | None
) -> None:
    """Why somebody cannot be brought in."""
    await QUERIES["note_absence"].execute(
        connection, **dict(room), aad_object_id=aad_object_id, absence=absence
    )


async def absent(connection: Connection | Pool, room: RoomKey) -> tuple[tuple[Absent, ...], int]:
    """The first of those who are not in the chat, with the reason, and how many there are."""
    rows = await QUERIES["absent"].fetch(connection, **dict(room), most=MOST_NAMED)
    named = tuple(Absent(name=row["name"] or "Somebody", why=row["absence"]) for row in rows)
    return named, rows[0]["of_all"] if rows else 0


async def directory(connection: Connection | Pool, *, tenant: str, email: str) -> Known | None:
    """What the directory said of this address within the day, of a miss within the hour."""
    row = await QUERIES["directory"].fetchrow(connection, tenant=tenant, email=email)
    return Known(*row) if row else None


async def keep_directory(connection: Connection | Pool, *, tenant: str, email: str, known: Known) -> None:
    """Keep what the directory said."""
    await QUERIES["keep_directory"].execute(
        connection,
        tenant=tenant,
        email=email,
        aad_object_id=known.aad_object_id,
        role=known.role,
        address=known.address,
    )


async def delete_old_directory(connection: Connection | Pool, *, age: timedelta) -> int:
    """Forget what the directory said longer ago than this; how much."""
    return int(await QUERIES["delete_old_directory"].fetchval(connection, age=age))
