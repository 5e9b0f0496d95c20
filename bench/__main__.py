"""``python -m bench [--runs N] [GROUP …]``: measure everything, or the named groups.

Ends with 1 if a figure is far off its target (``bench.targets``), with 2 if there is no such group. With
``--runs`` everything is run N times, the medians are printed as a table, and a median that misses its target
ends it with 1 (``bench.runs``).
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from bench import (
    clicks,
    crowds,
    growth,
    hops,
    kills,
    lives,
    messages,
    open_runs,
    rooms,
    shared_cards,
    standard,
)
from bench.figures import exit_code, progress
from bench.runs import judge_medians, whole_runs
from bench.stack import running

GROUPS = {
    "hops": hops.webhook_to_card,
    "clicks": clicks.click_to_answer,
    "refreshes": clicks.click_with_refresh,
    "crowds": crowds.clicks_at_once,
    "shared": shared_cards.refresh_to_answer,
    "rooms": rooms.room_ready,
    "messages": messages.api_accept,
    "standard": standard.standard_incident,
    "growth": growth.history_growth,
    "lives": lives.incident_lives,
    "kills": kills.kill_to_card,
    "accept": hops.webhook_accept,
    "open": open_runs.memory_of_open_runs,
}
"""In this order: *accept* stops the worker and the floors, *open* has a worker of its own."""


async def measure(names: list[str]) -> None:
    """Measure the named groups on one stack."""
    with tempfile.TemporaryDirectory(prefix="muster-bench-") as folder:
        async with running(Path(folder)) as stack:
            for name in names:
                await GROUPS[name](stack)


def main() -> int:
    """The exit code of what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure; see docs/benchmarks.md.")
    parser.add_argument("--runs", type=int, default=1, metavar="N", help="how often to run everything")
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"of {', '.join(GROUPS)}; by default all")
    asked = parser.parse_args()
    unknown = [name for name in asked.groups if name not in GROUPS]
    if unknown:
        progress(f"no such group: {', '.join(unknown)}; there are {', '.join(GROUPS)}")
        return 2
    if asked.runs > 1:
        return judge_medians(whole_runs(asked.runs, asked.groups))
    asyncio.run(measure(asked.groups or list(GROUPS)))
    return exit_code()


if __name__ == "__main__":
    sys.exit(main())
