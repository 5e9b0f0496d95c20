"""How a step is cut off: a fault at each moment of its call, or a worker that is killed then."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import pytest

from tests.workflows.incident_room.calls import LOST, MOMENTS, Row
from workflows.errors import ProviderUnavailable

DOWN = ProviderUnavailable("503")
FAULTS = [("before the send", DOWN), *((moment, LOST) for moment in MOMENTS)]
KILLS = [(moment,) for moment in MOMENTS]
SOON = timedelta(seconds=1)
"""After it the server knows that a killed worker does not answer; most rows say more."""


async def beside_each_other(
    live: Callable[..., Awaitable[None]], cases: Sequence[tuple[object, ...]]
) -> None:
    """Most of the time they wait."""

    async def noted(case: tuple[object, ...]) -> None:
        try:
            await live(*case)
        except Exception as error:
            error.add_note(f"cut off: {case}")
            raise

    async with asyncio.TaskGroup() as group:
        for case in cases:
            group.create_task(noted(case))


def are_missed_soon(monkeypatch: pytest.MonkeyPatch, *steps: Row) -> None:
    for row in steps:
        monkeypatch.setitem(row.options, "start_to_close_timeout", SOON)
