"""What programs are told of an incident's chat and meeting, and in which tenant theirs are to be made."""

from typing import NamedTuple

from muster.store.pool import Connection, Pool
from muster.store.queries import load_queries
from workflows.incident_room.messages import RoomKey

QUERIES = load_queries(__file__)


class ShownChat(NamedTuple):
    """A chat that is there."""

    name: str
    """As Teams shows it."""
    url: str
    tenant: str


class Home(NamedTuple):
    """Where the chat and the meeting of an incident are made, and what of them is there or on its way."""

    tenant: str
    has_chat: bool
    has_meeting: bool


async def home(connection: Connection | Pool, room: RoomKey) -> Home | None:
    """The incident's; ``None``: nothing was ever made for it."""
    row = await QUERIES["home"].fetchrow(connection, **dict(room))
    return Home(*row) if row else None


async def chat(connection: Connection | Pool, room: RoomKey) -> ShownChat | None:
    """The chat that was made for the incident, archived or not; ``None``: there is none."""
    row = await QUERIES["chat"].fetchrow(connection, **dict(room))
    return ShownChat(*row) if row else None


async def meeting_name(connection: Connection | Pool, room: RoomKey, *, url: str) -> str:
    """The subject of the incident's meeting; empty where the one at this address is not Muster's."""
    name: str | None = await QUERIES["meeting_name"].fetchval(connection, **dict(room), url=url)
    return name or ""


async def tenants_of_user(
    connection: Connection | Pool, *, account: str, pagerduty_user: str
) -> tuple[str, ...]:
    """The tenants of those who are linked to a user of PagerDuty, whoever came last first."""
    rows = await QUERIES["tenants_of_user"].fetch(connection, account=account, pagerduty_user=pagerduty_user)
    return tuple(row["tenant"] for row in rows)


async def tenant_of_incident(connection: Connection | Pool, room: RoomKey) -> str | None:
    """The tenant in which the incident is at home; ``None``: nothing was shown of it anywhere."""
    tenant: str | None = await QUERIES["tenant_of_incident"].fetchval(connection, **dict(room))
    return tenant
