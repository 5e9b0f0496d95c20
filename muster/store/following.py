"""Following an incident in a conversation, and stopping it there (docs/decisions/0055)."""

from datetime import datetime
from typing import NamedTuple

from muster.store.pool import Connection, Pool
from muster.store.queries import load_queries
from muster.store.targets import Target, following_of, target_of
from workflows.channel_incident.messages import CardKey
from workflows.following import Following
from workflows.presets import IN_CHANNELS, Preset
from workflows.verbs.click import Click

QUERIES = load_queries(__file__)


class Followed(NamedTuple):
    """An incident that is followed in a conversation."""

    target: Target
    message: str | None
    """Activity id of its card; ``None``: none is there yet."""
    team_group: str | None
    """AAD id of the channel's team, where it is known."""


async def follow(
    connection: Connection | Pool,
    *,
    account: str,
    incident_id: str,
    service: str | None,
    conversation: str,
    tenant: str,
    by: str | None,
    name: str,
    preset: Preset = IN_CHANNELS,
) -> Followed | None:
    """Register a card for whoever follows the incident there, unless one is there; ``by``: AAD object id.

    ``by`` is ``None`` for a program. ``preset``: of a card that no connection and no room brings. One that
    was stopped begins anew. ``None``: the conversation is suspended, or is not the tenant's.
    """
    row = await QUERIES["follow"].fetchrow(
        connection,
        account=account,
        incident_id=incident_id,
        service=service,
        conversation=conversation,
        tenant=tenant,
        by=by,
        name=name,
        preset=preset,
    )
    if row is None:
        return None
    return Followed(target_of(row, account, incident_id), row["activity_id"], row["aad_group_id"])


async def stop(connection: Connection | Pool, card: CardKey, click: Click) -> Following | None:
    """Stop it for whoever clicked; ``None``: it is stopped already, or a connection brings the incident."""
    person = click.person
    return await stop_as(connection, card, by=person.aad_object_id, name=person.name, at=click.received_at)


async def stop_as(
    connection: Connection | Pool, card: CardKey, *, by: str | None, name: str, at: datetime
) -> Following | None:
    """The same for somebody of this name; ``by`` is ``None`` for a program."""
    row = await QUERIES["stop"].fetchrow(connection, **dict(card), by=by, name=name, at=at)
    return following_of(row) if row else None


async def stopped(connection: Connection | Pool, card: CardKey) -> Following | None:
    """Who followed and stopped it; ``None``: nobody stopped it."""
    row = await QUERIES["stopped"].fetchrow(connection, **dict(card))
    return following_of(row) if row else None
