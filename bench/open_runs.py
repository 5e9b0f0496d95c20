"""Memory of a worker that holds many open incidents in its cache."""

import asyncio

from bench.figures import progress, value
from bench.incidents import Incident
from bench.stack import ONE_CHANNEL, Stack
from sandbox.up.servers.ports import free_port

_OPEN = 1000
_AT_ONCE = 12
"""Incidents that are opened at the same time: the next is sent when one of them is idle."""
_LONGEST = 300
"""Seconds in which all of them have to be open."""
_QUEUE = "open"


async def memory_of_open_runs(stack: Stack) -> None:
    """Open incidents until a fresh worker holds them all, each with its card shown and its details read.

    The worker and its API have a task queue of their own, so that no run of another group is in the cache.
    """
    progress(f"memory: a worker with {_OPEN} open incidents")
    port = stack.addresses.start_port
    await stack.start_api("api-open", port, MUSTER_TASK_QUEUE=_QUEUE)
    await stack.start_worker("worker-open", port=free_port(), MUSTER_TASK_QUEUE=_QUEUE)
    fresh = stack.resident_megabytes("worker-open")
    places = asyncio.Semaphore(_AT_ONCE)

    async def open_one() -> None:
        incident = Incident(ONE_CHANNEL)
        async with places:
            await stack.webhook(incident, "triggered", port=port)
            await stack.sink.until(incident.id, "Triggered")
            await stack.until_idle(incident)

    async with asyncio.timeout(_LONGEST):
        await asyncio.gather(*(open_one() for _ in range(_OPEN)))
    held = stack.resident_megabytes("worker-open")
    value("memory", "MB", held, process="worker", open=_OPEN, fresh=round(fresh, 2))
    for name in ("api-open", "worker-open"):
        await stack.stop(name)
