"""Where cards appear: channels with their teams, group chats, personal chats."""

from datetime import datetime
from typing import Literal, NamedTuple

from muster.store.pool import Connection, Pool
from muster.store.queries import load_queries
from muster.store.readable_keys import draw_conversation_key

QUERIES = load_queries(__file__)

Kind = Literal["channel", "group", "personal"]


GENERAL = "General"
"""What Teams calls the first channel of a team in English; it tells no name of it."""


class Channel(NamedTuple):
    """The row of a channel."""

    id: str
    key: str
    label: str
    """How operators read it."""
    team: str
    """The thread id of its team."""


class ConversationUnknown(Exception):
    """There is no row for this conversation."""


def label_of(kind: Kind, name: str, team: str | None) -> str:
    """How operators read a conversation; ``team`` is the name of a channel's team, and ``None`` for chats.

    ``Payments/#ops`` is a channel, ``chat “Incident 42”`` a group chat, ``Ada Ops`` a personal chat. A chat
    that nobody has named is ``unnamed chat``: Teams shows its members there.
    """
    match kind:
        case "channel":
            return f"{team}/#{name}"
        case "group":
            return f"chat “{name}”" if name else "unnamed chat"
        case "personal":
            return name or "private chat"


async def upsert_channel(
    connection: Connection,
    *,
    id: str,
    tenant: str,
    account: str | None,
    team: str,
    team_name: str,
    name: str,
    service_url: str,
) -> None:
    """Write a channel, inside a transaction. One that is known keeps its key; a new one draws it."""
    if await QUERIES["update"].fetchval(connection, id=id, name=name, service_url=service_url):
        return
    await QUERIES["insert"].execute(
        connection,
        id=id,
        name=name,
        service_url=service_url,
        kind="channel",
        tenant=tenant,
        account=account,
        team=team,
        key=await draw_conversation_key(connection, team_name, name),
    )


async def rename(
    connection: Connection | Pool, *, id: str, team: str, tenant: str, name: str, at: datetime
) -> None:
    """Write what Teams calls a channel since ``at``; its key stays, and so does a name told later."""
    await QUERIES["rename"].execute(connection, id=id, team=team, tenant=tenant, name=name, at=at)


async def find_channel(connection: Connection | Pool, *, id: str, tenant: str) -> Channel | None:
    """The row of a tenant's channel; ``None`` for a chat, and for a channel of which no row knows."""
    row = await QUERIES["find_channel"].fetchrow(connection, id=id, tenant=tenant)
    if row is None:
        return None
    return Channel(id, row["key"], label_of("channel", row["name"], row["team_name"]), row["team"])


async def service_url_of(connection: Connection | Pool, id: str) -> str:
    """Where a conversation lives now, which can change; raises ``ConversationUnknown``."""
    service_url = await QUERIES["service_url"].fetchval(connection, id=id)
    if service_url is None:
        raise ConversationUnknown(id)
    return str(service_url)


async def follow(connection: Connection | Pool, *, id: str, tenant: str, service_url: str) -> None:
    """Write where a conversation lives now, as an authenticated activity from there tells it."""
    await QUERIES["follow"].execute(connection, id=id, tenant=tenant, service_url=service_url)
