"""A channel of an authorized team, people with and without a link, and what is connected there."""

from datetime import UTC, datetime
from typing import Any, get_args

from muster.settings import Settings
from muster.store import connections, conversations
from muster.store.pool import Pool, transaction
from tests.api.conftest import SERVICE_URL
from tests.api.linked_people import company, connect, link
from tests.api.team_bot import CHANNEL, TEAM, said, with_channel_data
from tests.support.company import BO_AAD, TENANT
from workflows.connect_channel.activities import EndConnection, RecordConnection
from workflows.connect_channel.state import Connection, Reply
from workflows.person import Person

REPLIES: tuple[Reply, ...] = tuple(reply for group in get_args(Reply) for reply in get_args(group))
KEY, LABEL = "payments-ops", "Payments/#ops"
SERVICE, PAGE = "PSVC001", "https://acme.pagerduty.com/service-directory/PSVC001"
BO = Person(aad_object_id=BO_AAD, teams_id="29:bo", name="Bo *Call*")
BY_BO: dict[str, Any] = {"from": {"id": "29:bo", "name": "Bo Call", "aadObjectId": BO_AAD}}
BY_NOBODY: dict[str, Any] = {"from": {"id": "29:ada", "name": "Ada Ops"}}
SINCE = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
GROUP_CHAT: dict[str, Any] = {
    "conversation": {"id": "19:g@thread.v2", "conversationType": "groupChat", "tenantId": TENANT}
}


async def authorized(pool: Pool, settings: Settings) -> int:
    """The team belongs to acme, and Ada is linked; the id of her link."""
    await company(pool, settings)
    await connect(pool)
    async with transaction(pool) as connection:
        await conversations.upsert_channel(
            connection,
            id=CHANNEL,
            tenant=TENANT,
            account="acme",
            team=TEAM,
            team_name="Payments",
            name="ops",
            service_url=SERVICE_URL,
        )
    return await link(pool)


async def connected(
    pool: Pool, service: str = SERVICE, name: str = "Checkout *API*", *, request: str = "click-1"
) -> Connection:
    """Bo has connected the service to the channel."""
    result = await connections.record(
        pool,
        RecordConnection(
            tenant=TENANT,
            account="acme",
            service=service,
            service_name=name,
            conversation=CHANNEL,
            subject=f"connect/{KEY}/{service}",
            request=request,
            person=BO,
        ),
    )
    assert result.connection is not None
    await pool.execute("UPDATE connection SET connected_at = $2 WHERE id = $1", result.connection.id, SINCE)
    return result.connection


async def disconnected(pool: Pool, row: Connection) -> None:
    await connections.end(pool, EndConnection(connection=row.id, request="command-1", person=BO))


async def rows(pool: Pool) -> int:
    """How many connections there are."""
    return int(await pool.fetchval("SELECT count(*) FROM connection"))


def in_channel_of_type(text: str, type_: str, field: str = "type") -> dict[str, Any]:
    """Something that is written in a channel with members of its own."""
    return with_channel_data(said(text), channel={"id": CHANNEL, field: type_})


def in_group(text: str) -> dict[str, Any]:
    return said(text, private=True) | GROUP_CHAT
