"""What activities tell beside their purpose, while Postgres hangs: nobody waits long, and no heap grows."""

import asyncio
import time
from pathlib import Path

import httpx
import pytest

from api.bot import sightings
from api.bot.activity import InboundActivity
from api.bot.sightings import Sightings
from muster.store import accounts, people
from muster.store.pool import Pool, open_pool, transaction
from tests.api.conftest import BotFramework
from tests.api.outage import line_to
from tests.api.team_bot import Connector, RecordingGateway, activity, bot_settings, serving_bot
from tests.support.company import ADA_AAD, TENANT

pytestmark = pytest.mark.anyio

ACTIVITY = InboundActivity.model_validate(activity("event"))


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sightings, "WITHIN", 0.3)


@pytest.mark.pooler_too
async def test_an_activitys_time_counts_its_wait_for_a_connection(short: None, pool: Pool) -> None:
    """A hundred and twenty at once are over in the time of one, though four are written at a time."""
    await accounts.upsert_tenant(pool, id=TENANT, name="Acme")
    await people.seen(pool, tenant=TENANT, aad_object_id=ADA_AAD, teams_id="29:old", name="Ada")
    noting = Sightings(pool)
    async with transaction(pool) as connection:
        await connection.execute("LOCK TABLE person")
        began = time.monotonic()
        tasks = [noting.begin(ACTIVITY) for _ in range(120)]
        await asyncio.gather(*filter(None, tasks))
        assert time.monotonic() - began < 7, "one after the other they take nine seconds"
    await asyncio.gather(*filter(None, [noting.begin(ACTIVITY)]))
    assert await pool.fetchval("SELECT teams_id FROM person WHERE aad_object_id = $1", ADA_AAD) == "29:ada"


async def test_so_many_wait_and_the_newest_are_dropped(monkeypatch: pytest.MonkeyPatch, pool: Pool) -> None:
    monkeypatch.setattr(sightings, "_MOST", 6)
    await accounts.upsert_tenant(pool, id=TENANT, name="Acme")
    noting = Sightings(pool)
    tasks = [noting.begin(ACTIVITY) for _ in range(9)]
    assert [task is None for task in tasks] == [False] * 6 + [True] * 3
    await asyncio.gather(*filter(None, tasks))
    assert noting.begin(ACTIVITY) is not None
    await noting.finish()


@pytest.mark.pooler_too
async def test_a_burst_is_answered_at_once_while_postgres_hangs(
    short: None,
    database_url: str,
    pool: Pool,
    tmp_path: Path,
    framework: BotFramework,
    framework_pool: httpx.AsyncClient,
) -> None:
    async with line_to(database_url) as line:
        through = database_url.replace(database_url.rpartition("@")[2].partition("/")[0], line.address)
        # Without TLS: asyncpg leaves the failure of a handshake that was given up to nobody.
        settings = bot_settings(f"{through}?sslmode=disable", tmp_path)
        await accounts.write_configured(pool, settings.accounts.values(), settings.teams)
        hanging = await open_pool(settings.database)
        serving = serving_bot(settings, hanging, RecordingGateway(), framework, framework_pool, Connector())
        async with serving as bot:
            await bot.hears(activity("event"))
            line.stall()
            began = time.monotonic()
            await asyncio.gather(*(bot.hears(activity("event")) for _ in range(40)))
            took = time.monotonic() - began
            line.flow()
        # Not terminated: asyncpg still asks the server to cancel what was given up.
        async with asyncio.timeout(20):
            await hanging.close()
        assert took < 3, "ten in turn would take 3 s and more"
