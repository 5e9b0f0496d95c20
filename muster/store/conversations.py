"""Where cards appear: channels with their teams, group chats, personal chats."""

from typing import Literal

from muster.store.pool import Connection, Pool
from muster.store.queries import load_queries

QUERIES = load_queries(__file__)

Kind = Literal["channel", "group", "personal"]


class ConversationUnknown(Exception):
    """There is no row for this conversation."""


def label_of(kind: Kind, name: str, team: str | None) -> str:
    """How operators read a conversation; ``team`` is the name of a channel's team, and ``None`` for chats.

    ``Payments/#ops`` is a channel, ``chat “Incident 42”`` a group chat, ``Ada Ops`` a personal chat.
    """
    match kind:
        case "channel":
            return f"{team}/#{name}"
        case "group":
            return f"chat “{name}”"
        case "personal":
            return name


async def upsert_team(
    connection: Connection | Pool, *, id: str, tenant: str, aad_group_id: str, name: str, account: str
) -> None:
    """Write a team; one that is known keeps its tenant and its account."""
    await QUERIES["upsert_team"].execute(
        connection, id=id, tenant=tenant, aad_group_id=aad_group_id, name=name, account=account
    )


async def upsert(
    connection: Connection | Pool,
    *,
    id: str,
    kind: Kind,
    tenant: str,
    account: str,
    team: str | None,
    key: str,
    name: str,
    service_url: str,
) -> None:
    """Write a conversation; ``team`` is given for channels alone. One that is known keeps its key."""
    await QUERIES["upsert"].execute(
        connection,
        id=id,
        kind=kind,
        tenant=tenant,
        account=account,
        team=team,
        key=key,
        name=name,
        service_url=service_url,
    )


async def service_url_of(connection: Connection | Pool, id: str) -> str:
    """Where a conversation lives now, which can change; raises ``ConversationUnknown``."""
    service_url = await QUERIES["service_url"].fetchval(connection, id=id)
    if service_url is None:
        raise ConversationUnknown(id)
    return str(service_url)


async def follow(connection: Connection | Pool, *, id: str, tenant: str, service_url: str) -> None:
    """Write where a conversation lives now, as an authenticated activity from there tells it."""
    await QUERIES["follow"].execute(connection, id=id, tenant=tenant, service_url=service_url)
