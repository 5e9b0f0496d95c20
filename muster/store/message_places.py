"""Where a program's message may go: channels, chats and people of its account, and who speaks there."""

from collections.abc import Sequence

from muster.store.conversations import label_of
from muster.store.pool import Connection, Pool
from muster.store.queries import load_queries
from workflows.operation.state import Place
from workflows.person import Person

QUERIES = load_queries(__file__)

DEDICATED = "dedicated"
"""Names the chat that was made for the incident."""
_ENTERED_WITHIN = 60.0
"""Seconds after a chat was begun. Later its bot does not come soon: a permission is missing."""


async def is_known(connection: Connection | Pool, *, account: str, incident_id: str) -> bool:
    """Whether a row says that the account has this incident."""
    return bool(await QUERIES["is_known"].fetchval(connection, account=account, incident_id=incident_id))


async def speaker(connection: Connection | Pool, *, account: str, pagerduty_user: str) -> str | None:
    """The name of a user of PagerDuty; ``None`` where nobody is linked to them."""
    name: str | None = await QUERIES["speaker"].fetchval(
        connection, account=account, pagerduty_user=pagerduty_user
    )
    return name


async def channel(
    connection: Connection | Pool, *, account: str, incident_id: str, name: str
) -> Place | None:
    """A channel by its readable key or Teams' id; ``None``: not of this account, or the app is not there."""
    row = await QUERIES["channel"].fetchrow(connection, account=account, incident_id=incident_id, name=name)
    if row is None:
        return None
    return Place(
        kind="channel",
        name=label_of("channel", row["name"], row["team_name"]),
        tenant=row["tenant"],
        conversation=row["id"],
        card=row["card"],
        group=row["aad_group_id"],
    )


async def chat(connection: Connection | Pool, *, account: str, incident_id: str, name: str) -> Place | None:
    """The incident's ``DEDICATED`` chat, or a group chat by its key or Teams' id; ``None`` as above."""
    row = await QUERIES["chat"].fetchrow(
        connection, account=account, incident_id=incident_id, name=name, is_dedicated=name == DEDICATED
    )
    if row is None:
        return None
    return Place(
        kind="chat", name=label_of("group", row["name"], None), tenant=row["tenant"], conversation=row["id"]
    )


async def is_being_entered(connection: Connection | Pool, *, account: str, incident_id: str) -> bool:
    """Whether the incident's ``DEDICATED`` chat is so new that the bot may still come to be there."""
    found = await QUERIES["is_being_entered"].fetchval(
        connection, account=account, incident_id=incident_id, within=_ENTERED_WITHIN
    )
    return bool(found)


async def person(
    connection: Connection | Pool, *, account: str, name: str, tenants: Sequence[str]
) -> Place | None:
    """Somebody who is linked in one of these tenants, by the e-mail or the id of their PagerDuty user."""
    row = await QUERIES["person"].fetchrow(connection, account=account, name=name, tenants=list(tenants))
    if row is None:
        return None
    whom = Person(aad_object_id=row["aad_object_id"], teams_id=row["teams_id"], name=row["name"])
    return Place(kind="person", name=row["name"], tenant=row["tenant"], person=whom)
