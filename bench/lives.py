"""Whole lives of incidents: how many a second, and what one costs in CPU and memory."""

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from temporalio.common import WorkflowIDConflictPolicy

from bench.bare import BareWorkflow, Step
from bench.figures import progress, value
from bench.incidents import PACE, Incident
from bench.stack import FLOOR, LIKE_FOR_LIKE, ONE_CHANNEL, THREE_CHANNELS, Stack

_LIVES = 120
_AT_ONCE = 12
_BLOCKS = 3
_STEPS = (
    ("triggered", "Triggered"),
    ("acknowledged", "Acknowledged"),
    ("annotated", "Acknowledged"),
    ("resolved", "Resolved"),
)


@dataclass
class Cost:
    """How many activities a life of the product has, so that a bare life has as many."""

    posts: int
    """How many of them call Teams."""
    others: int


@dataclass
class Measured:
    """What was measured of the lives of one kind, over all blocks."""

    rates: list[float] = field(default_factory=list)
    """Lives a second in each block."""
    cpu: Counter[str] = field(default_factory=Counter)
    """Milliseconds of CPU of each process."""

    @property
    def rate(self) -> float:
        """Lives a second."""
        return sum(self.rates) / len(self.rates)

    def cpu_per_life(self, process: str) -> float:
        """Milliseconds of CPU for each life."""
        return self.cpu[process] / len(self.rates) / _LIVES


async def incident_lives(stack: Stack) -> None:
    """Lives a second: trigger, acknowledge, note, resolve, each step once the one before is shown."""
    cost = await _cost(stack)
    progress(f"incident_lives: a life is {cost.posts} posts and {cost.others} other activities")
    kinds: dict[str, tuple[Callable[[], Awaitable[object]], Measured]] = {
        "ours": (lambda: _life(stack, ONE_CHANNEL, 1), Measured()),
        FLOOR: (lambda: _bare_life(stack, FLOOR, cost), Measured()),
        LIKE_FOR_LIKE: (lambda: _bare_life(stack, LIKE_FOR_LIKE, cost), Measured()),
    }
    for _ in range(_BLOCKS):
        for life, measured in kinds.values():
            before = stack.cpu()
            measured.rates.append(await _rate(life))
            measured.cpu.update(stack.cpu() - before)
    ours, floor, like_for_like = (measured for _, measured in kinds.values())
    value("incident_lives", "lives/s", ours.rate, floor=floor.rate, like_for_like=like_for_like.rate)
    for process, in_floor, in_like_for_like in (
        ("worker", FLOOR, LIKE_FOR_LIKE),
        ("temporal", "temporal", "temporal"),
    ):
        value(
            "cpu_per_life",
            "ms",
            ours.cpu_per_life(process),
            floor=floor.cpu_per_life(in_floor),
            like_for_like=like_for_like.cpu_per_life(in_like_for_like),
            process=process,
        )
    for process in ("api", "postgres"):
        value("cpu_per_life", "ms", ours.cpu_per_life(process), process=process)
    for process in ("api", "worker"):
        value("memory", "MB", stack.resident_megabytes(process), process=process, after="incident_lives")
    three = await _rate(lambda: _life(stack, THREE_CHANNELS, 3))
    value("incident_lives_3_channels", "lives/s", three)


async def _rate(life: Callable[[], Awaitable[object]]) -> float:
    """Live ``_LIVES`` lives, ``_AT_ONCE`` at a time; lives a second."""
    places = asyncio.Semaphore(_AT_ONCE)

    async def one() -> None:
        async with places:
            await life()

    began = time.monotonic()
    await asyncio.gather(*(one() for _ in range(_LIVES)))
    return _LIVES / (time.monotonic() - began)


async def _life(stack: Stack, service: str, channels: int) -> Incident:
    incident = Incident(service, pace=PACE)
    for event, says in _STEPS:
        shown = sum(len(card.moments) for card in stack.sink.cards(incident.id))
        await stack.webhook(incident, event)
        await stack.sink.until(incident.id, says, cards=channels, sendings=shown + channels)
    await stack.sink.until(incident.id, "Resolved", cards=channels, replies=1)
    return incident


async def _bare_life(stack: Stack, floor: str, cost: Cost) -> None:
    """As many signals, activities and POSTs; each step once the one before has arrived."""
    key = uuid.uuid4().hex
    steps = [Step(key, [name], last=name == "resolved") for name, _ in _STEPS]
    for number in range(cost.posts - len(steps)):
        steps[-1 - number % len(steps)].posts.append(steps[-1 - number % len(steps)].posts[0])
    steps[0].empty = cost.others
    sent = 0
    for step in steps:
        await stack.client.start_workflow(
            BareWorkflow.run,
            id=f"bare/{key}",
            task_queue=floor,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            start_signal="step",
            start_signal_args=[step],
        )
        sent += len(step.posts)
        await stack.sink.until(key, step.posts[-1], sendings=sent)


async def _cost(stack: Stack) -> Cost:
    """Count the activities of one life in its history."""
    incident = await _life(stack, ONE_CHANNEL, 1)
    handle = stack.client.get_workflow_handle(f"incident/acme/{incident.id}/payments-ops")
    await handle.result()
    names = [
        event.activity_task_scheduled_event_attributes.activity_type.name
        for event in (await handle.fetch_history()).events
        if event.HasField("activity_task_scheduled_event_attributes")
    ]
    posts = sum(name.startswith("teams.") for name in names)
    return Cost(posts=posts, others=len(names) - posts)
