"""The worker killed (-9) and started again at once: how long until the next change is shown."""

import asyncio
import signal
import time

from bench.figures import progress, timed
from bench.incidents import Incident
from bench.stack import ONE_CHANNEL, Stack

_KILLS = 6
_SLOW_SEND = 2.5
"""Seconds that a send takes. The worker is killed in it, after the first heartbeat."""


async def kill_to_card(stack: Stack) -> None:
    """Killed while nothing happens, and killed while a send is under way."""
    for when in ("idle", "mid-send"):
        progress(f"kill_to_card: {when}")
        samples = [await _kill(stack, mid_send=when == "mid-send") for _ in range(_KILLS)]
        timed("kill_to_card", samples, when=when)


async def _kill(stack: Stack, *, mid_send: bool) -> float:
    incident = Incident(ONE_CHANNEL)
    await stack.webhook(incident, "triggered")
    await stack.sink.until(incident.id, "Triggered")
    await stack.until_idle(incident)
    if mid_send:
        stack.sink.slow_edits = _SLOW_SEND
        await stack.webhook(incident, "annotated")
        await stack.sink.until_sending(incident.id)
        await asyncio.sleep(1.2)  # past the first heartbeat, as in any long send
        stack.sink.slow_edits = 0.0
    began = time.monotonic()
    await stack.kill("worker", signal.SIGKILL)
    starting = asyncio.create_task(stack.start_worker())
    await stack.webhook(incident, "acknowledged")
    shown = await stack.sink.until(incident.id, "Acknowledged")
    await starting
    return (shown - began) * 1000
