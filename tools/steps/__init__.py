"""The steps of `make setup`; they use the standard library alone, since nothing is installed yet."""

import sys
import time
from collections.abc import Iterable, Sequence
from typing import Protocol

from sandbox.up.servers.caches import cache_dir

from tools.steps import browser, pooler, python, temporal_server
from tools.steps.npm import NpmPackages
from tools.steps.progress import StepFailed, say


class Step(Protocol):
    """One part of the set-up."""

    def done(self) -> bool:
        """Whether nothing is left to do."""

    def missing(self) -> Iterable[str]:
        """What this machine lacks for it, each with a way to get it."""

    def do(self) -> None:
        """Do it; raises StepFailed."""


_ALWAYS: tuple[Step, ...] = (python, NpmPackages("cards"), temporal_server)
_OPTIONAL: dict[str, Step] = {
    "--browser": browser,
    "--lint": NpmPackages("lint"),
    "--playground": NpmPackages("playground"),
    "--pooler": pooler,
}


def run(options: Sequence[str]) -> None:
    """Check what the machine must have, then do each step that is not done yet."""
    unknown = [option for option in options if option not in _OPTIONAL]
    if unknown:
        sys.exit(f"unknown: {', '.join(unknown)}; there are {', '.join(_OPTIONAL)}")
    started = time.monotonic()
    steps = (*_ALWAYS, *(_OPTIONAL[option] for option in options))
    try:
        todo = [step for step in steps if not step.done()]
        missing = dict.fromkeys(text for step in todo for text in step.missing())
        if missing:
            sys.exit("\n".join(f"missing: {text}" for text in missing))
        for step in todo:
            step.do()
    except StepFailed as failure:
        sys.exit(f"setup stopped: {failure}")
    except OSError as failure:
        sys.exit(f"setup stopped: {failure}; tools are kept in {cache_dir()}, or where XDG_CACHE_HOME says")
    except KeyboardInterrupt:
        sys.exit("setup stopped; what is done stays done")
    if todo:
        say(f"set-up done in {time.monotonic() - started:.0f} s")
