"""Teams and chats whose app is gone, with their channels and connections, as rows."""

import uuid
from datetime import UTC, datetime, timedelta

from muster.store import chats, connections, conversations, suspensions, teams
from muster.store.pool import transaction
from tests.workflows.upkeep.links import Upkeep
from workflows.team_setup.changes import Because, Change

NOWHERE = "http://127.0.0.1:1"
SERVICE = "PSVCONE"


async def team(upkept: Upkeep, name: str, *, account: str = "acme") -> str:
    """A team of the tenant that belongs to the account; a service is connected to its one channel."""
    id = f"19:{name}-{uuid.uuid4().hex}@thread.tacv2"
    async with transaction(upkept.pool) as connection:
        await teams.upsert(
            connection, id=id, tenant=upkept.tenant, aad_group_id=name, name=name, account=account
        )
        await conversations.upsert_channel(
            connection,
            id=channel_of(id),
            tenant=upkept.tenant,
            account=account,
            team=id,
            team_name=name,
            name="ops",
            service_url=NOWHERE,
        )
        await connections.upsert(
            connection,
            account=account,
            service=SERVICE,
            service_name="Checkout",
            conversation=channel_of(id),
        )
    return id


async def chat(upkept: Upkeep) -> str:
    """A chat of the tenant, in which an incident of the account is followed."""
    id = f"19:{uuid.uuid4().hex}@thread.v2"
    async with transaction(upkept.pool) as connection:
        await chats.find_or_make(
            connection,
            id=id,
            tenant=upkept.tenant,
            account="acme",
            number=42,
            name="",
            service_url=NOWHERE,
            at=datetime.now(UTC) - timedelta(days=365),
        )
    return id


def channel_of(team: str) -> str:
    return f"ops-of-{team}"


async def leaves(upkept: Upkeep, team: str, *, days: float, because: Because = "removed") -> None:
    """The app left the team so many days ago."""
    await _happens(upkept, team, days=days, because=because, is_over=False)


async def returns(upkept: Upkeep, team: str, *, days: float = 0) -> None:
    """It was added again."""
    await _happens(upkept, team, days=days, because="installed", is_over=True)


async def _happens(upkept: Upkeep, team: str, *, days: float, because: Because, is_over: bool) -> None:
    at = datetime.now(UTC) - timedelta(days=days)
    change = Change(reason="removed", channel=None, at=at, is_over=is_over, because=because)
    async with transaction(upkept.pool) as connection:
        await suspensions.follow(
            connection, team=team, tenant=upkept.tenant, changes=(change,), request=uuid.uuid4().hex
        )
        await teams.note_membership(connection, team, at=at, removed=not is_over)
