"""How long one event takes: until it is accepted, until its card is there, until its edit is there."""

import asyncio
import time
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from temporalio.common import WorkflowIDConflictPolicy

from bench.bare import BareWorkflow, Step
from bench.figures import progress, timed
from bench.incidents import Incident
from bench.stack import FLOOR, LIKE_FOR_LIKE, ONE_CHANNEL, Stack

_ACCEPT_BLOCKS = 8
_ACCEPT_BLOCK = 100
_HOPS = 60
_COLD = 3
"""The first hops of each kind, which open connections and fill caches: they are not counted."""


@dataclass
class Hops:
    """Milliseconds of hops of one kind: the product's, and those of each floor in turns with them."""

    ours: list[float] = field(default_factory=list)
    bare: dict[str, list[float]] = field(default_factory=lambda: {FLOOR: [], LIKE_FOR_LIKE: []})

    def emit(self, name: str, **more: Any) -> None:
        """Print them under this name, beside the floors."""
        timed(
            name,
            self.ours[_COLD:],
            floor=self.bare[FLOOR][_COLD:],
            like_for_like=self.bare[LIKE_FOR_LIKE][_COLD:],
            **more,
        )


async def webhook_accept(stack: Stack) -> None:
    """The time from a webhook to its 202."""
    progress("webhook_accept: 25/s, the worker on")
    samples = await paced(25, 250, lambda: stack.webhook(Incident(ONE_CHANNEL), "triggered"))
    timed("webhook_accept", samples, rate=25, worker="on")
    await stack.stop("worker")
    for floor in (FLOOR, LIKE_FOR_LIKE):
        await stack.stop(floor)
    progress("webhook_accept: 100/s, no worker")
    ours: list[float] = []
    bare: list[float] = []
    for _ in range(_ACCEPT_BLOCKS):
        ours += await paced(100, _ACCEPT_BLOCK, lambda: stack.webhook(Incident(ONE_CHANNEL), "triggered"))
        bare += await paced(100, _ACCEPT_BLOCK, lambda: _bare_signal(stack, FLOOR, uuid.uuid4().hex, "x"))
    timed("webhook_accept", ours, floor=bare, rate=100, worker="off")


async def webhook_to_card(stack: Stack) -> None:
    """From sending the webhook to the card's arrival, and for a second event to the arrival of its edit."""
    progress("webhook_to_card, event_to_edit")
    first, edits = await first_cards_and_edits(stack)
    first.emit("webhook_to_card")
    edits.emit("event_to_edit")


async def first_cards_and_edits(stack: Stack) -> tuple[Hops, Hops]:
    """An incident after the other: its first card, and the edit after its second event.

    The floor is the same hop of the bare workflow: signal-with-start → activity → POST.
    """
    first, edits = Hops(), Hops()
    for _ in range(_COLD + _HOPS):
        incident = Incident(ONE_CHANNEL)
        first.ours.append(await _until_shown(stack, incident, "triggered", "Triggered"))
        await asyncio.sleep(0.05)  # the details are read in this pause: no figure contains that
        edits.ours.append(await _until_shown(stack, incident, "acknowledged", "Acknowledged"))
        for floor in (FLOOR, LIKE_FOR_LIKE):
            bare = uuid.uuid4().hex
            first.bare[floor].append(await _bare_hop(stack, floor, bare, "first"))
            edits.bare[floor].append(await _bare_hop(stack, floor, bare, "second", last=True))
    return first, edits


async def _until_shown(stack: Stack, incident: Incident, event: str, says: str) -> float:
    began = time.monotonic()
    _, shown = await asyncio.gather(stack.webhook(incident, event), stack.sink.until(incident.id, says))
    return (shown - began) * 1000


async def _bare_hop(stack: Stack, floor: str, key: str, says: str, *, last: bool = False) -> float:
    began = time.monotonic()
    _, shown = await asyncio.gather(
        _bare_signal(stack, floor, key, says, last=last), stack.sink.until(key, says)
    )
    return (shown - began) * 1000


async def _bare_signal(stack: Stack, floor: str, key: str, says: str, *, last: bool = False) -> float:
    began = time.monotonic()
    await stack.client.start_workflow(
        BareWorkflow.run,
        id=f"bare/{key}",
        task_queue=floor,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        start_signal="step",
        start_signal_args=[Step(key, [says], last=last)],
    )
    return (time.monotonic() - began) * 1000


async def paced(rate: int, count: int, call: Callable[[], Coroutine[Any, Any, float]]) -> list[float]:
    """Begin ``count`` calls at ``rate`` a second, whether the earlier ones are done or not."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    running: list[asyncio.Task[float]] = []
    for number in range(count):
        delay = began + number / rate - loop.time()
        if delay > 0:
            await asyncio.sleep(delay)
        running.append(asyncio.create_task(call()))
    return list(await asyncio.gather(*running))
