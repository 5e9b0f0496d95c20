"""Why channels are suspended: one row for each reason, in which the newest activity decides."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from muster.store.pool import Connection, Pool
from muster.store.queries import load_queries
from workflows.bringing_in.activities import OfConnection
from workflows.ids import ChannelIncidentId
from workflows.person import Person
from workflows.team_setup.activities import Change, Connected, Connector
from workflows.team_setup.state import Away

QUERIES = load_queries(__file__)

_WHOLE_TEAM = ""


class Changed(NamedTuple):
    """A channel that a request has suspended or revived."""

    name: str
    is_suspended: bool


async def follow(
    connection: Connection, *, team: str, tenant: str, changes: Sequence[Change], request: str
) -> tuple[Changed, ...]:
    """Take the changes, inside a transaction, and suspend or revive the team's channels as the reasons say.

    Returns those of the request that show incidents and of which people are to hear, by name; the same
    request is answered the same again.
    """
    await QUERIES["lock_team"].execute(connection, team=team)
    for change in changes:
        channel = change.channel or _WHOLE_TEAM
        await QUERIES["tell"].execute(
            connection,
            team=team,
            channel=channel,
            reason=change.reason,
            at=change.at,
            is_over=change.is_over,
            is_final=change.because == "teamHardDeleted",
            is_heard=change.because == "heard",
        )
        if change.is_over and change.because != "heard":
            await QUERIES["let_write"].execute(connection, team=team, channel=channel, at=change.at)
    await QUERIES["follow"].execute(connection, team=team, tenant=tenant, request=request)
    rows = await QUERIES["changed"].fetch(connection, team=team, request=request)
    return tuple(Changed(row["name"], row["is_suspended"]) for row in rows)


async def away(connection: Connection | Pool, team: str) -> Away | None:
    """Whether the team's channels are suspended since the app left it, and whether for good."""
    is_final = await QUERIES["away"].fetchval(connection, team=team)
    return None if is_final is None else "for_good" if is_final else "for_now"


async def revived(connection: Connection | Pool, *, team: str, request: str) -> tuple[OfConnection, ...]:
    """The connections of the channels that a request has revived."""
    rows = await QUERIES["revived"].fetch(connection, team=team, request=request)
    return tuple(OfConnection(**row) for row in rows)


async def connectors(connection: Connection | Pool, *, team: str, request: str) -> tuple[Connector, ...]:
    """Who connected what to the channels that the request has changed; nobody else connected them."""
    found: dict[str, Connector] = {}
    for row in await QUERIES["connectors"].fetch(connection, team=team, request=request):
        person = Person(
            aad_object_id=row["aad_object_id"], teams_id=row["teams_id"], name=row["person_name"] or ""
        )
        known = found.get(person.aad_object_id, Connector(person=person))
        one = Connected(channel=row["name"], services=tuple(row["services"]))
        name = "suspended" if row["is_suspended"] else "revived"
        found[person.aad_object_id] = known.model_copy(update={name: (*getattr(known, name), one)})
    return tuple(found.values())


async def is_disproved(connection: Connection | Pool, *, channel: str, tenant: str, at: datetime) -> bool:
    """Whether a channel is suspended for what cannot hold, since something came from there at ``at``."""
    return bool(await QUERIES["is_disproved"].fetchval(connection, channel=channel, tenant=tenant, at=at))


async def open_cards(
    connection: Connection | Pool, *, team: str, channels: Collection[str] | None
) -> tuple[ChannelIncidentId, ...]:
    """Cards of open incidents in the team's suspended channels; ``None``: in all of them."""
    rows = await QUERIES["open_cards"].fetch(
        connection, team=team, channels=None if channels is None else list(channels)
    )
    return tuple(ChannelIncidentId(row["account"], row["incident_id"], row["key"]) for row in rows)


async def owner(connection: Connection | Pool, team: str) -> Person | None:
    """Who installed the app; else the PagerDuty Admin who authorized the team, where that one is linked."""
    row = await QUERIES["owner"].fetchrow(connection, team=team)
    return Person(**row) if row else None
