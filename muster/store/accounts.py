"""PagerDuty accounts and Microsoft tenants of the configuration, as rows that others refer to."""

from muster.store.pool import Connection, Pool
from muster.store.queries import load_queries

QUERIES = load_queries(__file__)


async def upsert_account(connection: Connection | Pool, *, key: str, subdomain: str, region: str) -> None:
    """Write an account."""
    await QUERIES["upsert_account"].execute(connection, key=key, subdomain=subdomain, region=region)


async def upsert_tenant(connection: Connection | Pool, *, id: str, name: str) -> None:
    """Write a tenant."""
    await QUERIES["upsert_tenant"].execute(connection, id=id, name=name)
