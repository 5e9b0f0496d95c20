"""A channel is suspended while a service is connected to it: real rows, whatever took the channel away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio import activity
from temporalio.client import Client

from activities.connections import ConnectionActivities
from muster.seed import seed
from muster.store import people, suspensions
from muster.store.pool import Pool, transaction
from muster.store.targets import find_and_register
from tests.support.company import OPS, TEAM, TENANT, company
from tests.support.settings import settings_for
from tests.workflows.connect_channel.outside import FakeActivities
from tests.workflows.connect_channel.running import ADA, Run
from workflows.connect_channel.activities import RECORD_CONNECTION, ConnectionRecorded, RecordConnection
from workflows.errors import ProviderUnavailable
from workflows.subscription.activities import CONVERGE_SUBSCRIPTION
from workflows.team_setup.life import refused_in, with_change
from workflows.team_setup.messages import TeamEvent
from workflows.team_setup.state import State

pytestmark = pytest.mark.anyio

SERVICE = "PSVCNEW"
EVENTS = ["channelDeleted", "teamArchived", "teamDeleted", "teamHardDeleted", "removed", "refused"]
BACK = {
    "channelDeleted": "channelRestored",
    "teamArchived": "teamUnarchived",
    "teamDeleted": "teamRestored",
    "teamHardDeleted": "installed",
    "removed": "installed",
    "refused": "installed",
}


class RealRows(FakeActivities):
    """The row is written by the product's own activity."""

    def __init__(self, pool: Pool) -> None:
        super().__init__()
        self._rows = ConnectionActivities(pool)
        self.committed = asyncio.Event()
        self.answer_is_lost: asyncio.Event | None = None
        """Where it is there, the first answer is lost once it is set."""

    @activity.defn(name=RECORD_CONNECTION.name)
    async def record_connection(self, request: RecordConnection) -> ConnectionRecorded:
        await self._answer(RECORD_CONNECTION, request, lambda _: None)
        done = await self._rows.record_connection(request)
        self.committed.set()
        if (is_lost := self.answer_is_lost) is not None:
            await is_lost.wait()
            self.answer_is_lost = None
            raise ProviderUnavailable("the worker died").to_application_error()
        if done.connection is not None:
            self.connections.append(done.connection)
        return done


async def happens(pool: Pool, event: str) -> str:
    """Commit what the team's set-up does for it; the request that it was."""
    at = datetime.now(UTC)
    if event == "refused":
        state = refused_in(State(), OPS, at)
    else:
        state = with_change(State(), TeamEvent(event=event, activity="", at=at, channel=OPS))
    request = f"{event}/{at}"
    async with transaction(pool) as connection:
        await suspensions.follow(connection, team=TEAM, tenant=TENANT, changes=state.changes, request=request)
    return request


async def enters(pool: Pool, incident: str) -> bool:
    """Whether an incident of the service comes into the channel."""
    found = await find_and_register(
        pool,
        account="acme",
        incident_id=incident,
        service=SERVICE,
        is_open=True,
        just_matched=True,
        created_at=datetime.now(UTC),
    )
    return [one.conversation.id for one in found.cards] == [OPS]


@asynccontextmanager
async def connecting(client: Client, pool: Pool, url: str) -> AsyncIterator[Run]:
    await seed(settings_for(url, "127.0.0.1:1"), company())
    await people.seen(
        pool, tenant=TENANT, aad_object_id=ADA.aad_object_id, teams_id=ADA.teams_id, name=ADA.name
    )
    run = Run(client, RealRows(pool))
    run.start = run.start.model_copy(update={"tenant": TENANT, "service": SERVICE})
    run.id = f"connect/{run.start.key}/{SERVICE}"
    async with run.working():
        yield run
        await run.is_idle()


@pytest.mark.parametrize("event", EVENTS)
async def test_nothing_is_connected_to_a_channel_that_goes_before_the_row_is_there(
    client: Client, pool: Pool, database_url: str, event: str
) -> None:
    async with connecting(client, pool, database_url) as run:
        goes_on = run.outside.holds(RECORD_CONNECTION)
        asked = asyncio.create_task(run.connects())
        await run.outside.until(lambda: run.outside.waits(RECORD_CONNECTION))
        request = await happens(pool, event)
        goes_on.set()
        assert (await asked).reply == "channel_suspended"
        await run.ends()
    assert await pool.fetchval("SELECT count(*) FROM connection WHERE service = $1", SERVICE) == 0
    assert await told(pool, request) == {}


@pytest.mark.parametrize("event", EVENTS)
async def test_a_connection_whose_row_is_there_stays_and_whoever_connects_is_told(
    client: Client, pool: Pool, database_url: str, event: str
) -> None:
    async with connecting(client, pool, database_url) as run:
        goes_on = run.outside.holds(CONVERGE_SUBSCRIPTION)
        await run.connects()
        await run.outside.until(lambda: run.outside.waits(CONVERGE_SUBSCRIPTION))
        request = await happens(pool, event)
        assert not await enters(pool, "Q-away")
        goes_on.set()
        await run.ends()
    assert await told(pool, request) == {"Ada Ops": ("Checkout",)}
    back = await happens(pool, BACK[event])
    assert await told(pool, back) == {"Ada Ops": ("Checkout",)}
    assert await enters(pool, "Q-back")


@pytest.mark.parametrize("event", EVENTS)
async def test_a_row_that_is_there_is_found_again_although_the_channel_has_gone_meanwhile(
    client: Client, pool: Pool, database_url: str, event: str
) -> None:
    async with connecting(client, pool, database_url) as run:
        outside = run.outside
        assert isinstance(outside, RealRows)
        is_lost = outside.answer_is_lost = asyncio.Event()
        asked = asyncio.create_task(run.connects())
        await outside.committed.wait()
        await happens(pool, event)
        is_lost.set()
        assert (await asked).reply == "connected"
        assert await run.ends() == "connected"
    assert outside.standing == ["subscribed"], "the subscription is there when the channel comes back"


async def told(pool: Pool, request: str) -> dict[str, Any]:
    """Whom this request has to be told to, with the services that they connected to the channel."""
    found = await suspensions.connectors(pool, team=TEAM, request=request)
    return {
        one.person.name: connected.services
        for one in found
        for connected in (*one.suspended, *one.revived)
        if connected.channel == "ops"
    }
