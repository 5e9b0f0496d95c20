"""Links: which PagerDuty user a person acts as, with that user's sealed token."""

from dataclasses import dataclass, field

from muster.security.sealing import KeyRing, Place
from muster.store.pool import Connection, Pool
from muster.store.queries import load_queries

QUERIES = load_queries(__file__)


@dataclass(frozen=True)
class LinkedUser:
    """The PagerDuty identity behind a link, with the person's own token."""

    pagerduty_user: str
    name: str
    email: str
    access_token: str = field(repr=False)


def token_place(tenant: str, aad_object_id: str, account: str) -> Place:
    """Where a person's token lives; known before the row has an id."""
    return Place("user_link", f"{tenant}/{aad_object_id}/{account}", "access_token")


async def upsert(
    connection: Connection | Pool,
    keys: KeyRing,
    user: LinkedUser,
    *,
    tenant: str,
    aad_object_id: str,
    account: str,
) -> None:
    """Link a person to a PagerDuty user of an account; the token is sealed with the newest key."""
    await QUERIES["upsert"].execute(
        connection,
        tenant=tenant,
        aad_object_id=aad_object_id,
        account=account,
        pagerduty_user=user.pagerduty_user,
        pagerduty_name=user.name,
        pagerduty_email=user.email,
        access_token=keys.seal(user.access_token, token_place(tenant, aad_object_id, account)),
    )


async def link_of(
    connection: Connection | Pool, *, tenant: str, aad_object_id: str, account: str
) -> int | None:
    """The row of a person's link to an account, if they are linked."""
    found = await QUERIES["link_of"].fetchval(
        connection, tenant=tenant, aad_object_id=aad_object_id, account=account
    )
    return int(found) if found is not None else None


async def linked_user(
    connection: Connection | Pool, keys: KeyRing, link: int, *, account: str
) -> LinkedUser | None:
    """The identity behind a link; ``None`` when it was revoked meanwhile. Raises ``SealBroken``."""
    row = await QUERIES["linked_user"].fetchrow(connection, link=link)
    if row is None or row["account"] != account:
        return None
    place = token_place(row["tenant"], row["aad_object_id"], row["account"])
    return LinkedUser(
        pagerduty_user=row["pagerduty_user"],
        name=row["pagerduty_name"],
        email=row["pagerduty_email"],
        access_token=keys.open(row["access_token"], place),
    )
