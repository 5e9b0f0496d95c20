"""Connections: whose incidents appear in which conversation, since when and by whom."""

from datetime import datetime
from typing import NamedTuple

from muster.store import notices
from muster.store.notices import NoticeKey
from muster.store.pool import Connection, Pool, transaction
from muster.store.queries import load_queries
from workflows.connect_channel.activities import ConnectionRecorded, EndConnection, RecordConnection
from workflows.connect_channel.state import Connection as Connected
from workflows.presets import IN_CHANNELS, Preset

QUERIES = load_queries(__file__)


class ConnectedService(NamedTuple):
    """A service whose incidents appear in a conversation."""

    account: str
    service: str
    """PagerDuty's id."""
    name: str
    by: str | None
    """Name of whoever connected it. ``None``: it was seeded."""
    since: datetime


async def upsert(
    connection: Connection | Pool,
    *,
    account: str,
    service: str,
    service_name: str,
    conversation: str,
    connected_by: str | None = None,
    connected_name: str | None = None,
    preset: Preset | None = None,
) -> None:
    """Connect a service to a conversation; a connection that is known keeps its beginning.

    ``preset`` is how much is said beside the cards that enter by it; ``None`` leaves it as it is.
    """
    await QUERIES["upsert"].execute(
        connection,
        account=account,
        service=service,
        service_name=service_name,
        conversation=conversation,
        by=connected_by,
        name=connected_name,
        preset=preset,
        otherwise=IN_CHANNELS,
    )


async def live(
    connection: Connection | Pool, *, account: str, service: str, conversation: str
) -> Connected | None:
    """The connection that there is."""
    id = await QUERIES["live"].fetchval(
        connection, account=account, service=service, conversation=conversation
    )
    return None if id is None else await _found(connection, id)


async def record(pool: Pool, request: RecordConnection) -> ConnectionRecorded:
    """Write a connection with the message that shows it; the same request finds what it has written."""
    async with transaction(pool) as connection:
        channel = await QUERIES["lock_channel"].fetchrow(
            connection, conversation=request.conversation, tenant=request.tenant
        )
        # Before all that stands against a new row: what this request has written is there.
        own = await QUERIES["of_request"].fetchrow(connection, request=request.request)
        if own is not None:
            unrecorded = "ended_since" if own["ended"] else None
            row = await _found(connection, own["id"])
            return ConnectionRecorded(connection=None if unrecorded else row, unrecorded=unrecorded)
        if channel is None or channel["gone"]:
            return ConnectionRecorded(unrecorded="channel_gone")
        if channel["suspended"]:
            return ConnectionRecorded(unrecorded="channel_suspended")
        known = await live(
            connection, account=request.account, service=request.service, conversation=request.conversation
        )
        if known is not None:
            return ConnectionRecorded(connection=known, unrecorded="already_connected")
        if channel["account"] != request.account:
            return ConnectionRecorded(unrecorded="team_not_authorized")
        return ConnectionRecorded(connection=await _inserted(connection, request))


async def end(pool: Pool, request: EndConnection) -> Connected | None:
    """The connection that the request ended, as it is then; one that had ended stays as it was.

    A request ends one connection: asked again it finds that one, whatever was connected since. ``None``: its
    row was deleted, as it is with a team that is forgotten.
    """
    async with transaction(pool) as connection:
        own = await QUERIES["ended_by_request"].fetchval(connection, request=request.request)
        if own is not None:
            return await _found(connection, own)
        await QUERIES["end"].execute(
            connection,
            id=request.connection,
            by=request.person.aad_object_id,
            name=request.person.name,
            request=request.request,
        )
        return await _found(connection, request.connection)


async def of_conversation(connection: Connection | Pool, conversation: str) -> tuple[ConnectedService, ...]:
    """What is connected to a conversation, by the services' names."""
    rows = await QUERIES["of_conversation"].fetch(connection, conversation=conversation)
    return tuple(
        ConnectedService(
            account=row["account"],
            service=row["service"],
            name=row["service_name"],
            by=row["connected_name"],
            since=row["connected_at"],
        )
        for row in rows
    )


async def _inserted(connection: Connection, request: RecordConnection) -> Connected | None:
    id = await QUERIES["insert"].fetchval(
        connection,
        account=request.account,
        service=request.service,
        service_name=request.service_name,
        conversation=request.conversation,
        request=request.request,
        by=request.person.aad_object_id,
        name=request.person.name,
    )
    if request.message is not None:
        key = NoticeKey(request.subject, f"connection/{id}", request.conversation)
        await notices.adopt(connection, key, tenant=request.tenant, activity_id=request.message)
    return await _found(connection, id)


async def _found(connection: Connection | Pool, id: int) -> Connected | None:
    """``None``: the team was forgotten, and its rows with it."""
    row = await QUERIES["find"].fetchrow(connection, id=id)
    if row is None:
        return None
    return Connected(
        id=row["id"],
        service_name=row["service_name"],
        since=row["connected_at"],
        by=row["connected_name"],
        is_first=row["is_first"],
        ended_at=row["ended_at"],
        ended_by=row["ended_name"],
    )
