"""What cards show of an incident: a projection, for whoever asks no workflow."""

from muster.store.pool import Connection, Pool
from muster.store.queries import load_queries
from workflows.channel_incident.view import View

QUERIES = load_queries(__file__)


async def find_newest(
    connection: Connection | Pool, *, tenant: str, account: str, incident_id: str, conversation: str
) -> View | None:
    """The incident as the newest card of the tenant shows it.

    ``None``: no card of the tenant shows it, or the ``conversation`` that asks is another tenant's, or one
    that the bot left. Of one without a row nothing is known: Teams asks only from where the bot is.
    """
    view = await QUERIES["find_newest"].fetchval(
        connection, tenant=tenant, account=account, incident_id=incident_id, conversation=conversation
    )
    return View.model_validate_json(view) if view is not None else None
