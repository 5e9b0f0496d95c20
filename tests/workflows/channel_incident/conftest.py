"""A server on which runs are long very soon."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from temporalio.client import Client

from muster.temporal.client import connect
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.conftest import prepare, settings_for

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
    return await connect(settings_for("postgresql://unused", impatient_temporal.address))
