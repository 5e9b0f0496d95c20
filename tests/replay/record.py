"""Record the histories that later versions of the workflows must be able to replay.

``python -m tests.replay.record [LIFE …]`` lives what ``tests/workflows/<workflow>/lives.py`` tell, by default
all of it, on a real server. It writes each run's history into ``histories/<workflow>``. Record anew after a
change that ships with ``workflow.patched``; those of a released version are moved into a folder of its name
first.
"""

import asyncio
import importlib
import json
import logging
import re
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from temporalio.client import Client, WorkflowHistory

from muster.temporal.client import temporal_client
from muster.temporal.search_attributes import register_search_attributes
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.support.settings import settings_for

HISTORIES = Path(__file__).parent / "histories"
RECORDER = "recorder"
"""Who lives the lives: the default identity names this machine, also in the names of sticky queues."""

_WORKFLOWS = Path(__file__).parents[1] / "workflows"
_SOON = 60
"""Events after which the server suggests to continue as new, for a long life."""
_OF_THIS_MACHINE = frozenset({"identity", "stackTrace"})


class Lived(Protocol):
    """What has lived a life: a workflow's id and the runs of it that were reached, in order."""

    id: str
    runs: list[str]


@dataclass(frozen=True)
class Told:
    """A life that a workflow's ``lives.py`` tells, in ``LIVES`` or ``LONG_LIVES``."""

    workflow: str
    name: str
    long: bool
    """Whether it needs a server that suggests very soon to continue as new."""

    live: Callable[[Client], Awaitable[Lived]]


def told() -> list[Told]:
    """Every life of every workflow."""
    found = []
    for path in sorted(_WORKFLOWS.glob("*/lives.py")):
        workflow = path.parent.name
        lives = importlib.import_module(f"tests.workflows.{workflow}.lives")
        for long, by_name in ((False, lives.LIVES), (True, lives.LONG_LIVES)):
            found += [
                Told(workflow, _spelled(name), long, partial(lives.live_through, life=life))
                for name, life in by_name.items()
            ]
    return found


def chosen(names: Sequence[str]) -> list[Told]:
    """The lives of these names, or all; ends the process where there is none of a name."""
    lives = told()
    there = {life.name for life in lives}
    wanted = {_spelled(name) for name in names} or there
    if unknown := wanted - there:
        sys.exit(f"no such life: {', '.join(sorted(unknown))}; there are {', '.join(sorted(there))}")
    return [life for life in lives if life.name in wanted]


def life_of(path: Path) -> tuple[str, str]:
    """Workflow and name of the life whose run, or one of whose runs, this file is."""
    return path.parent.name, re.sub(r"-\d+$", "", path.stem)


def _spelled(name: str) -> str:
    return name.replace("_", "-")


async def _record(client: Client, life: Told) -> None:
    """Live it and write what became of it; a life of several runs becomes several files."""
    histories = await _histories(client, await life.live(client))
    folder = HISTORIES / life.workflow
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.json"):
        if life_of(old) == (life.workflow, life.name):
            old.unlink()
    for number, history in enumerate(histories, start=1):
        suffix = f"-{number}" if len(histories) > 1 else ""
        _write(folder / f"{life.name}{suffix}.json", history)


async def _histories(client: Client, lived: Lived) -> list[WorkflowHistory]:
    """Of the runs that were reached, and of those that they continued as."""
    histories: dict[str, WorkflowHistory] = {}
    for reached in lived.runs:
        run_id = reached
        while run_id and run_id not in histories:
            history = await client.get_workflow_handle(lived.id, run_id=run_id).fetch_history()
            histories[run_id] = history
            last = history.events[-1]
            run_id = last.workflow_execution_continued_as_new_event_attributes.new_execution_run_id
    return list(histories.values())


def _write(path: Path, history: WorkflowHistory) -> None:
    events = _without_this_machine(json.loads(history.to_json()))
    path.write_text(json.dumps(events, separators=(",", ":"), sort_keys=True) + "\n")


def _without_this_machine(value: Any) -> Any:
    """Who and where it ran is of no use to a replay."""
    match value:
        case dict():
            return {k: _without_this_machine(v) for k, v in value.items() if k not in _OF_THIS_MACHINE}
        case list():
            return [_without_this_machine(item) for item in value]
        case _:
            return value


async def main(names: list[str]) -> None:
    """Record the lives of these names, or all."""
    # The lives are full of failures, and each would be told with its traceback.
    logging.getLogger("temporalio.activity").setLevel(logging.ERROR)
    lives = chosen(names)
    soon = {"limit.historyCount.suggestContinueAsNew": str(_SOON)}
    with tempfile.TemporaryDirectory() as folder:
        for long, dynamic in ((False, {}), (True, soon)):
            if of_this_kind := [life for life in lives if life.long is long]:
                with EmbeddedTemporal(log=Path(folder) / "log", dynamic=dynamic) as server:
                    await _record_on(server, of_this_kind)


async def _record_on(server: EmbeddedTemporal, lives: list[Told]) -> None:
    settings = settings_for("postgresql://unused", server.address)
    async with temporal_client(settings, identity=RECORDER) as client:
        await register_search_attributes(client)
        for life in lives:
            print(f"{life.workflow}: {life.name}")  # noqa: T201
            await _record(client, life)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
