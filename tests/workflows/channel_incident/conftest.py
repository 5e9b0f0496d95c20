"""A server on which runs are long very soon."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from temporalio.client import Client

from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.support.temporal import client_of, prepare

SOON = 120
"""Events after which the server suggests to continue as new; 4,096 by default."""


@pytest.fixture(scope="session")
def impatient_temporal(folder: Path) -> Iterator[EmbeddedTemporal]:
    dynamic = {"limit.historyCount.suggestContinueAsNew": str(SOON)}
    with EmbeddedTemporal(log=folder / "impatient.log", dynamic=dynamic) as server:
        asyncio.run(prepare(server))
        yield server


@pytest.fixture
async def impatient(impatient_temporal: EmbeddedTemporal) -> Client:
    return await client_of(impatient_temporal)
