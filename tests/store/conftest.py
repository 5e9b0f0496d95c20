"""A database of the test's own with the company's rows in it."""

from collections.abc import AsyncIterator

import pytest

from muster.seed import seed
from muster.store.pool import Pool, open_pool
from tests.store.webhooks import CONNECTED_AT, Incident
from tests.support.company import company
from tests.support.settings import database_at, settings_for


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    await seed(settings_for(database_url, "127.0.0.1:1"), company())
    opened = await open_pool(database_at(database_url))
    yield opened
    await opened.close()


@pytest.fixture
async def incident(pool: Pool) -> Incident:
    """Its events come after the connections were made."""
    await pool.execute("UPDATE connection SET connected_at = $1", CONNECTED_AT)
    return Incident(pool)
