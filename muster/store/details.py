"""What REST told of an incident, shared by all its conversations."""

from typing import Literal, NamedTuple

from muster.store.pool import Connection
from muster.store.queries import load_queries
from muster.values import storable_json
from workflows.incident.events import Details
from workflows.incident.stamps import Stamp

QUERIES = load_queries(__file__)


async def lock_incident(
    connection: Connection, purpose: Literal["read", "write"], account: str, incident_id: str
) -> None:
    """Hold the incident's advisory lock for this purpose until the transaction ends.

    Each purpose has a lock of its own, so that a slow background read holds up nobody's click.
    """
    await QUERIES["lock_incident"].execute(
        connection, purpose=purpose, account=account, incident_id=incident_id
    )


class StoredDetails(NamedTuple):
    """An answer that is kept."""

    details: Details
    covers: bool
    """It is known to include the event that was asked for."""


async def read_details(
    connection: Connection, account: str, incident_id: str, wanted: Stamp
) -> StoredDetails | None:
    """The stored answer, and whether it includes the event ``wanted``."""
    found = await QUERIES["read_details"].fetchrow(
        connection,
        account=account,
        incident_id=incident_id,
        covers_at=wanted.at,
        covers_event=wanted.event_id,
    )
    if found is None:
        return None
    return StoredDetails(Details.model_validate_json(found["details"]), found["covers"])


async def store_details(connection: Connection, account: str, incident_id: str, details: Details) -> None:
    """Keep an answer, unless a newer one is there."""
    await QUERIES["store_details"].execute(
        connection,
        account=account,
        incident_id=incident_id,
        covers_at=details.read_for.at,
        covers_event=details.read_for.event_id,
        details=storable_json(details),
    )
