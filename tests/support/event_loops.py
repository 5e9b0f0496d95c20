"""Tests of what lies close to the sockets run on both event loops: the product's and the standard one."""

from typing import Any

import pytest


@pytest.fixture(
    params=[("asyncio", {"use_uvloop": False}), ("asyncio", {"use_uvloop": True})], ids=["asyncio", "uvloop"]
)
def both_loops(request: pytest.FixtureRequest) -> Any:
    """Takes the place of the session's; a module names it to have it: ``anyio_backend = both_loops``."""
    return request.param
