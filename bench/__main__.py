"""``python -m bench [NAME …]``: all benchmarks, or those of the named groups.

Ends with 1 if a figure is far off its target (``bench.targets``), with 2 if there is no such group.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from bench import clicks, growth, hops, kills, lives, open_runs, standard
from bench.figures import exit_code, progress
from bench.stack import running
from muster.temporal.client import goodbye

GROUPS = {
    "hops": hops.webhook_to_card,
    "clicks": clicks.click_to_answer,
    "standard": standard.standard_incident,
    "growth": growth.history_growth,
    "lives": lives.incident_lives,
    "kills": kills.kill_to_card,
    "accept": hops.webhook_accept,
    "open": open_runs.memory_of_open_runs,
}
"""In this order: *accept* stops the worker and the floors, *open* has a worker of its own."""


async def main(names: list[str]) -> None:
    """Measure the named groups on one stack."""
    with tempfile.TemporaryDirectory(prefix="muster-bench-") as folder:
        async with running(Path(folder)) as stack:
            for name in names:
                await GROUPS[name](stack)
    await goodbye()


if __name__ == "__main__":
    chosen = sys.argv[1:] or list(GROUPS)
    unknown = [name for name in chosen if name not in GROUPS]
    if unknown:
        progress(f"no such group: {', '.join(unknown)}; there are {', '.join(GROUPS)}")
        sys.exit(2)
    asyncio.run(main(chosen))
    sys.exit(exit_code())
