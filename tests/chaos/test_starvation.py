"""A worker that is starved of CPU is not a dead one: what it has begun goes on, and no card is posted twice.

Each core has a process that spins, and the worker has less right to the core. While cards are posted it gets
no CPU at all for longer than the time after which Temporal takes it for dead.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sandbox.up.servers.data_folder import DataFolder
from sandbox.up.supervision.launch import Launched
from tests.chaos.company import MANY_SERVICES, Company, Incident
from tests.chaos.invariants import in_sync
from tests.chaos.room import Room
from tests.support.waiting import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(400)]

LIVES = 200
SLOW_POST = 6.5
"""Seconds: it goes on when Temporal has given it up and the run has waited for its back-off."""
ROOMS, SLOW_CHAT = 20, 5.0
"""How many chats are made, each in so many seconds: longer than the heartbeat timeout too."""
WITH_CPU = 1.0
"""Seconds between two times without CPU."""
WITHOUT_CPU = 3.5
"""Seconds: longer than the heartbeat timeout."""
GIVEN_UP = ("a send goes on without its activity", "Activity not found on completion")
"""How the worker and the SDK log that Temporal has given an activity up."""
WORKERS_NICE = 2
"""Of a core's time three parts go to its spinner where two go to the worker; each other process has three."""
SPINNING = """
import os, time
parent, end = os.getppid(), time.monotonic() + 200
while os.getppid() == parent and time.monotonic() < end:
    pass
"""
"""It ends with the test, also when that is killed."""


async def test_a_starved_worker_posts_no_second_message_in_two_hundred_lives(
    company: Company, stack: Launched
) -> None:
    log = DataFolder(stack.output.parent / "data").log("worker")
    begins = log.stat().st_size
    await company.teams.fault("create", "slow", seconds=SLOW_POST, times=LIVES)
    lives: list[Incident] = []
    with starved(stack.pids["worker"]):
        while len(lives) < LIVES:
            lives += await asyncio.gather(*(company.incident(service=one) for one in MANY_SERVICES))
            await eventually(partial(are_being_posted, company, lives), within=60)
            await without_cpu(stack.pids["worker"])
    await company.teams.clear_faults()
    await eventually(partial(are_posted, company, lives), within=120)
    told = list(entries(log, begins))
    given_up = [one for one in told if one["event"].startswith(GIVEN_UP)]
    lost = Counter([one.get("correlation_id") for one in told if is_lost(one)])
    assert len(given_up) >= 10, "it was starved"

    await asyncio.gather(*(incident.becomes("resolved") for incident in lives))
    await eventually(partial(are_shown_resolved, company, lives), within=120)
    found = await living(company, lives)
    webhooks = (await company.pagerduty.records())["webhooks"]
    for incident in ids(lives):
        unknown = sum(lost[one["event"]] for one in webhooks if one["incident"] == incident)
        assert len(found[incident]) <= 1 + unknown, "no process heard of the others"
    for row in await company.rows("SELECT * FROM incident_card WHERE incident_id = ANY($1)", ids(lives)):
        (card,) = (one for one in found[row["incident_id"]] if one["id"] == row["activity_id"])
        assert "Resolved by Ada Ops" in str(card["versions"][-1])
        assert row["orphans"] >= len(found[row["incident_id"]]) - 1
    await company.restart("worker")  # with its right to the cores


async def test_a_starved_worker_makes_no_second_chat_in_twenty_rooms(
    company: Company, stack: Launched
) -> None:
    log = DataFolder(stack.output.parent / "data").log("worker")
    begins = log.stat().st_size
    lives = await asyncio.gather(*(company.incident(service=one) for one in MANY_SERVICES[:ROOMS]))
    await eventually(partial(are_posted, company, lives), within=60)
    rooms = [Room(incident) for incident in lives]
    match = {"method": "POST"}
    await company.teams.fault("chat", "slow", seconds=SLOW_CHAT, times=ROOMS, match=match)
    with starved(stack.pids["worker"]):
        asking = asyncio.gather(*(room.ask() for room in rooms))
        while not await are_made(rooms):
            await without_cpu(stack.pids["worker"])
            await asyncio.sleep(WITH_CPU)
        await asking
    given_up = [one for one in entries(log, begins) if one["event"].startswith(GIVEN_UP)]
    assert given_up, "it was starved"
    for room in rooms:
        await room.is_complete(within=120)
    await asyncio.gather(*(incident.becomes_resolved() for incident in lives))
    for incident in lives:  # each reads every record
        await in_sync(incident, within=120)
    assert [await room.violations() for room in rooms] == [[]] * ROOMS
    await company.restart("worker")  # with its right to the cores


async def are_made(rooms: Sequence[Room]) -> bool:
    rows = [await room.row() for room in rooms]
    return all(row is not None and row["stage"] == "made" for row in rows)


@contextmanager
def starved(pid: int) -> Iterator[None]:
    """Every core spins, and the process comes after that; it keeps its lower priority."""
    for thread in Path(f"/proc/{pid}/task").iterdir():
        os.setpriority(os.PRIO_PROCESS, int(thread.name), WORKERS_NICE)
    spinners = [subprocess.Popen([sys.executable, "-c", SPINNING]) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for spinner in spinners:
            spinner.kill()
            spinner.wait()


async def without_cpu(pid: int) -> None:
    """The process gets none for a while."""
    os.kill(pid, signal.SIGSTOP)
    try:
        await asyncio.sleep(WITHOUT_CPU)
    finally:
        os.kill(pid, signal.SIGCONT)


def ids(lives: Sequence[Incident]) -> list[str]:
    return [incident.id for incident in lives]


def entries(log: Path, begins: int) -> Iterator[dict[str, Any]]:
    """What the worker has logged since."""
    with log.open() as file:
        file.seek(begins)
        yield from (json.loads(line) for line in file if line.startswith("{") and line.endswith("}\n"))


def is_lost(entry: dict[str, Any]) -> bool:
    """A send whose answer came too late for the worker: no record can tell of its message."""
    return entry["event"] == "exchange" and entry.get("failure") == "OutcomeUnknown"


async def are_being_posted(company: Company, lives: Sequence[Incident]) -> bool:
    """Some cards are on their way to Teams."""
    query = "SELECT FROM incident_card WHERE incident_id = ANY($1) AND intent_marker IS NOT NULL"
    return len(await company.rows(query, ids(lives))) >= 10


async def are_posted(company: Company, lives: Sequence[Incident]) -> bool:
    """Each has its card, and no other is on its way."""
    query = """SELECT FROM incident_card
               WHERE incident_id = ANY($1) AND intent_marker IS NULL AND activity_id IS NOT NULL"""
    return len(await company.rows(query, ids(lives))) == len(lives)


async def are_shown_resolved(company: Company, lives: Sequence[Incident]) -> bool:
    query = "SELECT FROM incident_card WHERE incident_id = ANY($1) AND view ->> 'status' = 'resolved'"
    return len(await company.rows(query, ids(lives))) == len(lives)


async def living(company: Company, lives: Sequence[Incident]) -> dict[str, list[dict[str, Any]]]:
    """The messages with a card of each incident that are there."""
    messages = [
        (message, str(message))
        for conversation in (await company.teams.records())["conversations"]
        if conversation["name"] in MANY_SERVICES
        for message in conversation["messages"]
        if message["to"] is message["reply_to"] is message["deleted_at"] is None
    ]
    return {one: [message for message, text in messages if one in text] for one in ids(lives)}
