"""``muster seed`` writes in one transaction. Run again, it writes what changed and keeps what must stay."""

from datetime import UTC, datetime

import pytest

from muster.seed import SeedRefused, ServiceConnection, seed
from muster.store.pool import Pool
from tests.support.company import ACCOUNT, OPS, RELEASES, company
from tests.support.settings import settings_for

pytestmark = pytest.mark.anyio

EARLIER = datetime(2026, 1, 1, 10, tzinfo=UTC)


async def test_a_channel_that_was_renamed_keeps_its_key(database_url: str, pool: Pool) -> None:
    content = company(service_url="http://127.0.0.1:2/teams/")
    ops, releases = content.channels
    renamed = content.model_copy(
        update={"channels": (ops.model_copy(update={"name": "operations"}), releases)}
    )
    await seed(settings_for(database_url, "127.0.0.1:1"), renamed)
    rows = await pool.fetch("SELECT id, kind, key, name, service_url FROM conversation ORDER BY key")
    assert [tuple(row) for row in rows] == [
        (OPS, "channel", "payments-ops", "operations", "http://127.0.0.1:2/teams/"),
        (RELEASES, "channel", "payments-releases", "releases", "http://127.0.0.1:2/teams/"),
    ]


async def test_a_connection_that_is_written_again_keeps_its_beginning(database_url: str, pool: Pool) -> None:
    await pool.execute("UPDATE connection SET connected_at = $1, service_name = 'before'", EARLIER)
    await seed(settings_for(database_url, "127.0.0.1:1"), company())
    rows = await pool.fetch("SELECT service_name, connected_at FROM connection ORDER BY id")
    assert [tuple(row) for row in rows] == [
        ("Checkout", EARLIER),
        ("Ledger", EARLIER),
        ("Ledger", EARLIER),
    ]


async def test_a_row_the_database_refuses_leaves_all_as_it_was(database_url: str, pool: Pool) -> None:
    elsewhere = ServiceConnection(
        account=ACCOUNT, service="PSVC9", service_name="Elsewhere", conversation="19:unknown"
    )
    content = company(service_url="http://127.0.0.1:2/teams/").model_copy(
        update={"connections": (elsewhere,)}
    )
    with pytest.raises(
        SeedRefused, match="the database refuses a row of connection: connection_conversation_fkey"
    ):
        await seed(settings_for(database_url, "127.0.0.1:1"), content)
    assert not await pool.fetchval("SELECT count(*) FROM conversation WHERE service_url LIKE '%:2/%'")
