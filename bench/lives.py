"""Whole lives of incidents: how many a second, and what one costs in calls, events and memory."""

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from temporalio.common import WorkflowIDConflictPolicy

from bench.bare import BareWorkflow, Step
from bench.figures import progress, value
from bench.incidents import PACE, Incident
from bench.stack import ONE_CHANNEL, THREE_CHANNELS, Stack

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
    """Activities of one life of ours, so that the bare one does as many."""

    posts: int
    """Those that call Teams."""
    others: int


async def incident_lives(stack: Stack) -> None:
    """Lives a second: trigger, acknowledge, note, resolve, each step once the one before is shown."""
    cost = await _cost(stack)
    progress(f"incident_lives: a life is {cost.posts} posts and {cost.others} other activities")

    async def bare_life(_stack: Stack) -> None:
        await _bare_life(stack, cost)

    ours: list[float] = []
    bare: list[float] = []
    spent, spent_bare = Counter[str](), Counter[str]()
    for _ in range(_BLOCKS):
        ours.append(await _rate(stack, _life_in_one_channel, spent))
        bare.append(await _rate(stack, bare_life, spent_bare))
    value("incident_lives", "lives/s", sum(ours) / _BLOCKS, floor=sum(bare) / _BLOCKS)
    for name, in_the_floor in (("api", ""), ("worker", "bare"), ("temporal", "temporal"), ("postgres", "")):
        floor = spent_bare[in_the_floor] / _BLOCKS / _LIVES if in_the_floor else None
        value("cpu_per_life", "ms", spent[name] / _BLOCKS / _LIVES, floor=floor, process=name)
    for name in ("api", "worker"):
        value("memory", "MB", stack.resident_megabytes(name), process=name)
    value("incident_lives_3_channels", "lives/s", await _rate(stack, _life_in_three))


async def _rate(
    stack: Stack, life: Callable[[Stack], Awaitable[None]], spent: Counter[str] | None = None
) -> float:
    """Lives a second, ``_AT_ONCE`` at a time; ``spent`` takes the CPU time of every process."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one() -> None:
        async with gate:
            await life(stack)

    before, began = stack.cpu(), time.monotonic()
    await asyncio.gather(*(one() for _ in range(_LIVES)))
    took = time.monotonic() - began
    if spent is not None:
        spent.update(stack.cpu() - before)
    return _LIVES / took


async def _life_in_one_channel(stack: Stack) -> None:
    await _life(stack, ONE_CHANNEL, 1)


async def _life_in_three(stack: Stack) -> None:
    await _life(stack, THREE_CHANNELS, 3)


async def _life(stack: Stack, service: str, channels: int) -> Incident:
    incident = Incident(service, pace=PACE)
    for event, says in _STEPS:
        shown = sum(len(card.moments) for card in stack.sink.cards(incident.id))
        await stack.webhook(incident, event)
        await stack.sink.until(incident.id, says, cards=channels, sendings=shown + channels)
    await stack.sink.until(incident.id, "Resolved", cards=channels, replies=1)
    return incident


async def _bare_life(stack: Stack, cost: Cost) -> None:
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
            task_queue=stack.bare_queue,
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
