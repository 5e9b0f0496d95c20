"""PagerDuty accounts and Microsoft tenants of the configuration, as rows that others refer to."""

from collections.abc import Collection

from muster.config_file import PagerDutyAccount
from muster.store.pool import Connection, Pool, transaction
from muster.store.queries import load_queries

QUERIES = load_queries(__file__)


async def upsert_account(connection: Connection | Pool, *, key: str, subdomain: str, region: str) -> None:
    """Write an account."""
    await QUERIES["upsert_account"].execute(connection, key=key, subdomain=subdomain, region=region)


async def upsert_tenant(connection: Connection | Pool, *, id: str, name: str) -> None:
    """Write a tenant."""
    await QUERIES["upsert_tenant"].execute(connection, id=id, name=name)


async def write_configured(
    pool: Pool, accounts: Collection[PagerDutyAccount], tenants: Collection[str]
) -> None:
    """Write the rows of configured accounts and tenants; a tenant whose name is known keeps it."""
    async with transaction(pool) as connection:
        for account in accounts:
            await upsert_account(
                connection, key=account.key, subdomain=account.subdomain, region=account.region
            )
        for tenant in tenants:
            await QUERIES["know_tenant"].execute(connection, id=tenant)


async def name_of_tenant(connection: Connection | Pool, tenant: str) -> str:
    """The tenant's name; empty where nobody has read it yet."""
    return str(await QUERIES["name_of_tenant"].fetchval(connection, id=tenant) or "")


async def note_roles(connection: Connection | Pool, tenant: str, roles: Collection[str]) -> None:
    """Write which application permissions the tenant's consent gives, as a token has just told."""
    await QUERIES["note_roles"].execute(connection, id=tenant, roles=sorted(roles))


async def seed_roles(connection: Connection, tenant: str, roles: Collection[str]) -> None:
    """The same as a seed file says, unless a token has told."""
    await QUERIES["seed_roles"].execute(connection, id=tenant, roles=sorted(roles))


async def roles_of(connection: Connection | Pool, tenant: str) -> frozenset[str] | None:
    """The permissions of the last reading; ``None`` where no token was read yet."""
    roles = await QUERIES["roles_of"].fetchval(connection, id=tenant)
    return None if roles is None else frozenset(roles)


async def note_targeted_refused(connection: Connection | Pool, tenant: str) -> None:
    """Write that Teams has just refused a targeted message, for a reason that is the tenant's."""
    await QUERIES["note_targeted_refused"].execute(connection, id=tenant)
