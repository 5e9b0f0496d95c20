"""Record the histories that later versions of the workflows must be able to replay.

``python -m tests.replay.record [LIFE …]`` lives the lives of ``tests.workflows.channel_incident.lives`` on a
real server and writes each run's history into ``histories/``. Record anew after a change that ships with
``workflow.patched``; those of a released version are moved into a folder of its name first.
"""

import asyncio
import json
import logging
import sys
import tempfile
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowHistory

from muster.temporal.client import temporal_client
from muster.temporal.search_attributes import register_search_attributes
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.support.life import Life
from tests.support.settings import settings_for
from tests.workflows.channel_incident.lives import LIVES, TIMING, Live, continued
from tests.workflows.channel_incident.outside import FakeActivities
from tests.workflows.channel_incident.running import Run
from tests.workflows.channel_incident.timeline import Timeline

HISTORIES = Path(__file__).parent / "histories"
SOON = 60
"""Events after which the server suggests to continue as new."""

_OF_THIS_MACHINE = frozenset({"identity", "stackTrace"})


async def record(client: Client, live: Live) -> None:
    """Live it and write what became of it; a life of several runs becomes several files."""
    name = live.__name__.replace("_", "-")
    run = Run(client, FakeActivities(Life(f"Q{name.upper()}")), TIMING, queue="recorded")
    async with run.working():
        await live(run)
    histories = await _histories(run)
    for old in HISTORIES.glob(f"{name}*.json"):
        old.unlink()
    for number, history in enumerate(histories, start=1):
        suffix = f"-{number}" if len(histories) > 1 else ""
        _write(HISTORIES / f"{name}{suffix}.json", history)


async def _histories(run: Run) -> list[WorkflowHistory]:
    """Of the runs that were reached, and of those that they continued as."""
    histories: dict[str, WorkflowHistory] = {}
    for reached in run.runs:
        run_id: str | None = reached
        while run_id is not None and run_id not in histories:
            history = await run.client.get_workflow_handle(run.id, run_id=run_id).fetch_history()
            histories[run_id] = history
            run_id = Timeline(history.events).continued_as
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
    wanted = [live for name, live in LIVES.items() if not names or name in names]
    with tempfile.TemporaryDirectory() as folder:
        if wanted:
            with EmbeddedTemporal(log=Path(folder) / "log") as server:
                await _record_on(server, wanted)
        if not names or continued.__name__ in names:
            soon = {"limit.historyCount.suggestContinueAsNew": str(SOON)}
            with EmbeddedTemporal(log=Path(folder) / "log", dynamic=soon) as server:
                await _record_on(server, [continued])


async def _record_on(server: EmbeddedTemporal, lives: list[Live]) -> None:
    # A fixed identity: the default one names this machine, also in the names of sticky queues.
    settings = settings_for("postgresql://unused", server.address)
    async with temporal_client(settings, identity="recorder") as client:
        await register_search_attributes(client)
        for live in lives:
            print(live.__name__)  # noqa: T201
            await record(client, live)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
