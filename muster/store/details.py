"""What REST told of an incident, shared by all its channels."""

from typing import Literal

from muster.store.pool import Connection, load_queries
from workflows.incident.events import Details
from workflows.incident.stamps import Stamp

QUERIES = load_queries(__file__)


async def lock_incident(
    connection: Connection, purpose: Literal["read", "write"], account: str, incident_id: str
) -> None:
    """Hold the incident's advisory lock for this purpose until the transaction ends.

    A slow background read must not hold up somebody's click, so the two purposes do not meet.
    """
    await connection.execute(QUERIES["lock_incident"], purpose, account, incident_id)


async def read_details(
    connection: Connection, account: str, incident_id: str, wanted: Stamp
) -> Details | None:
    """The stored answer, if it is known to include the event ``wanted``."""
    found = await connection.fetchval(
        QUERIES["read_details"], account, incident_id, wanted.at, wanted.event_id
    )
    return Details.model_validate_json(found) if found else None


async def store_details(connection: Connection, account: str, incident_id: str, details: Details) -> None:
    """Keep an answer, unless a newer one is there."""
    await connection.execute(
        QUERIES["store_details"],
        account,
        incident_id,
        details.read_for.at,
        details.read_for.event_id,
        details.model_dump_json(),
    )
