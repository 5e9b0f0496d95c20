"""Signed events that could not be used, kept with the reason."""

from muster.metrics import QUARANTINED_EVENTS
from muster.store.pool import Connection, Pool
from muster.store.queries import load_queries

QUERIES = load_queries(__file__)


async def keep(
    connection: Connection | Pool,
    *,
    account: str,
    event_id: str | None,
    reason: str,
    body: bytes,
    target: str | None = None,
) -> None:
    """Keep an event as it came; the same event for the same reason and target is kept once."""
    await QUERIES["keep"].execute(
        connection, account=account, event_id=event_id, reason=reason[:300], target=target, body=body
    )
    QUARANTINED_EVENTS.labels(account).inc()
