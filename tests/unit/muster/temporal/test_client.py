"""A process that used the SDK ends with its own exit code, whatever happened."""

import asyncio

import pytest

from muster.temporal.client import TemporalUnreachable, temporal_client
from tests.support.settings import settings_for

pytestmark = pytest.mark.anyio


async def test_the_sdks_threads_get_time_to_end_after_a_failure_too():
    loop = asyncio.get_running_loop()
    began = loop.time()
    with pytest.raises(TemporalUnreachable, match=r"Temporal cannot be reached at 127\.0\.0\.1:1: "):
        async with temporal_client(settings_for("postgresql://unused", "127.0.0.1:1")):
            pass
    assert loop.time() - began >= 0.3
