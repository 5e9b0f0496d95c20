"""Chats in which incidents are shown: group chats, meeting chats, people's chats with the bot.

A chat has a tenant and an account, and no team. It has a row once somebody follows an incident there.
"""

from datetime import datetime
from typing import Literal, NamedTuple

from muster.store.pool import Connection, Pool
from muster.store.queries import load_queries
from muster.store.readable_keys import draw_chat_key

QUERIES = load_queries(__file__)

ChatKind = Literal["group", "personal"]


class Chat(NamedTuple):
    """The row of a chat."""

    id: str
    tenant: str
    key: str
    kind: ChatKind
    name: str
    """Empty where Teams has told none."""
    account: str
    """Of the first incident that was followed there; the others may be other accounts'."""
    service_url: str
    is_suspended: bool
    """The bot is not in it."""
    is_told: bool
    """The runs there know whether the bot is in it."""


class Presence(NamedTuple):
    """Whether the bot is in a chat, and the request that says so."""

    is_away: bool
    request: str | None
    """``None``: it was never away."""
    is_told: bool
    """The runs there know it."""


class ChatOfAnotherTenant(Exception):
    """The id belongs to another tenant's conversation, or to a channel."""


async def find(connection: Connection | Pool, *, id: str, tenant: str | None) -> Chat | None:
    """The row of a tenant's chat; ``None`` for a channel, and for a chat in which nothing is followed.

    Without a ``tenant``: of whichever it is, for whoever has the id from a row.
    """
    row = await QUERIES["find"].fetchrow(connection, id=id, tenant=tenant)
    return Chat(**row) if row else None


async def find_or_make(
    connection: Connection,
    *,
    id: str,
    tenant: str,
    account: str,
    number: int | str,
    name: str,
    service_url: str,
    at: datetime,
    kind: ChatKind = "group",
) -> Chat:
    """The row of a chat, inside a transaction; a new one draws its key from the incident's ``number`` or id.

    ``at``: when somebody followed it there, and the bot was in the chat; a removal of before that counts no
    more. ``name``: what Teams called the chat then; empty where it does not tell. A row that is there keeps
    its key, its account and a name told later. Raises ``ChatOfAnotherTenant``.
    """
    known = await find(connection, id=id, tenant=tenant)
    if known is None:
        await QUERIES["insert"].execute(
            connection,
            id=id,
            kind=kind,
            tenant=tenant,
            account=account,
            key=await draw_chat_key(connection, number, account),
            name=name,
            service_url=service_url,
            at=at,
        )
    elif name:
        await rename(connection, id=id, tenant=tenant, name=name, at=at)
    found = await find(connection, id=id, tenant=tenant)
    if found is None:
        raise ChatOfAnotherTenant(id)
    return found


async def rename(connection: Connection | Pool, *, id: str, tenant: str, name: str, at: datetime) -> None:
    """Write what Teams calls a chat since ``at``; its key stays, and so does a name told later."""
    await QUERIES["rename"].execute(connection, id=id, tenant=tenant, name=name, at=at)


async def follow(
    connection: Connection | Pool, *, id: str, tenant: str, is_away: bool, at: datetime, request: str
) -> None:
    """Suspend or revive a chat as was told at ``at``; what is older than what is known changes nothing."""
    await QUERIES["follow"].execute(connection, id=id, tenant=tenant, is_away=is_away, at=at, request=request)


async def presence(connection: Connection | Pool, *, id: str, tenant: str) -> Presence | None:
    """Whether the bot is in a chat by what is known now; ``None``: nothing is followed there."""
    row = await QUERIES["presence"].fetchrow(connection, id=id, tenant=tenant)
    return Presence(**row) if row else None


async def note_told(connection: Connection | Pool, *, id: str, tenant: str, request: str | None) -> None:
    """Write that the runs of a chat know what a request, or another activity of it, says of the bot."""
    await QUERIES["note_told"].execute(connection, id=id, tenant=tenant, request=request)


async def needs_reviving(connection: Connection | Pool, *, id: str, tenant: str, at: datetime) -> bool:
    """Whether a chat from which a message came at ``at`` is suspended, or revived without its runs."""
    return bool(await QUERIES["needs_reviving"].fetchval(connection, id=id, tenant=tenant, at=at))
