"""People, their links to PagerDuty, and the secrets of webhook subscriptions: whatever is sealed."""

from dataclasses import dataclass, field

from muster.security.sealing import KeyRing, Place
from muster.store.pool import Connection, Pool, load_queries
from workflows.verbs.click import Clicker

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


def secret_place(account: str, subscription: str) -> Place:
    """Where a subscription's signing secret lives."""
    return Place("webhook_subscription", f"{account}/{subscription}", "secret")


async def link_of(
    connection: Connection | Pool, *, tenant: str, aad_object_id: str, account: str
) -> int | None:
    """The row of a person's link to an account, if they are linked."""
    found = await connection.fetchval(QUERIES["link_of"], tenant, aad_object_id, account)
    return int(found) if found is not None else None


async def linked_user(
    connection: Connection | Pool, keys: KeyRing, link: int, *, account: str
) -> LinkedUser | None:
    """The identity behind a link; ``None`` when it was revoked meanwhile. Raises ``SealBroken``."""
    row = await connection.fetchrow(QUERIES["linked_user"], link)
    if row is None or row["account"] != account:
        return None
    place = token_place(row["tenant"], row["aad_object_id"], row["account"])
    return LinkedUser(
        pagerduty_user=row["pagerduty_user"],
        name=row["pagerduty_name"],
        email=row["pagerduty_email"],
        access_token=keys.open(row["access_token"], place),
    )


async def private_conversation(connection: Connection | Pool, tenant: str, aad_object_id: str) -> str | None:
    """The person's private chat with the bot, if it was opened before."""
    found = await connection.fetchval(QUERIES["private_conversation"], tenant, aad_object_id)
    return str(found) if found else None


async def keep_private_conversation(
    connection: Connection | Pool, tenant: str, person: Clicker, conversation: str
) -> None:
    """Remember a private chat for the next message."""
    await connection.execute(
        QUERIES["keep_private_conversation"],
        tenant,
        person.aad_object_id,
        person.teams_id,
        person.name,
        conversation,
    )


async def webhook_secrets(
    connection: Connection | Pool, keys: KeyRing, account: str, subscription: str | None = None
) -> tuple[str, ...]:
    """The signing secrets of the subscription, else of all the account's, newest first.

    Raises ``SealBroken``.
    """
    rows = await connection.fetch(QUERIES["webhook_secrets"], account, subscription)
    return tuple(keys.open(row["secret"], secret_place(account, row["id"])) for row in rows)
