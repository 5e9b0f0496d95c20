"""The steps of `make setup`; they use the standard library alone, since nothing is installed yet."""

import errno
import io
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from sandbox.up.servers.caches import CHECKOUT, cache_dir

from tools.steps import browser, choice, pooler, temporal_server
from tools.steps.making import remove_leftovers
from tools.steps.npm import NpmPackages
from tools.steps.one_at_a_time import alone_in
from tools.steps.progress import StepFailed, say
from tools.steps.python import VirtualEnvironment


class Step(Protocol):
    """One part of the set-up. Killed at any moment, it is not done, and is done anew by the next run."""

    def folder(self) -> Path:
        """Where it works, and where one set-up at a time may."""

    def done(self) -> bool:
        """Whether nothing is left to do."""

    def missing(self) -> Iterable[str]:
        """What this machine lacks for it, each with a way to get it."""

    def do(self) -> None:
        """Do it; raises StepFailed."""


_ALWAYS: tuple[Step, ...] = (NpmPackages("cards"), temporal_server)
_OPTIONAL: dict[str, Step] = {
    "--browser": browser,
    "--lint": NpmPackages("lint"),
    "--playground": NpmPackages("playground"),
    "--pooler": pooler,
}
_NAMED = "--named"
"""The Python that runs this was named on purpose, and is kept."""


def run(options: Sequence[str]) -> None:
    """Check what the machine must have, then do each step that is not done yet.

    Whatever keeps it from that ends it with a sentence.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a locale without `·` is no reason to stop
    try:
        _run(options)
    except StepFailed as failure:
        sys.exit(f"setup stopped: {failure}")
    except OSError as failure:
        sys.exit("; ".join((f"setup stopped: {failure}", *_advice(failure))))
    except KeyboardInterrupt:
        sys.exit("setup stopped; what is done stays done")


def _run(options: Sequence[str]) -> None:
    unknown = [option for option in options if option not in (*_OPTIONAL, _NAMED)]
    if unknown:
        raise StepFailed(f"unknown: {', '.join(unknown)}; there are {', '.join(_OPTIONAL)}")
    started = time.monotonic()
    named = _NAMED in options
    optional = (_OPTIONAL[option] for option in options if option != _NAMED)
    steps = (VirtualEnvironment(CHECKOUT, named=named), *_ALWAYS, *optional)
    for folder in (choice.state(), cache_dir()):
        remove_leftovers(folder)
    todo = [step for step in steps if not step.done()]
    missing = dict.fromkeys(text for step in todo for text in step.missing())
    if missing:
        sys.exit("\n".join(f"missing: {text}" for text in missing))
    if named:
        choice.keep()
    else:
        choice.forget_if_gone()
    for step in todo:
        with alone_in(step.folder()):
            if not step.done():
                step.do()
    if todo:
        say(f"set-up done in {time.monotonic() - started:.0f} s")


def _advice(failure: OSError) -> Iterator[str]:
    if failure.errno in (errno.ENOSPC, errno.EDQUOT):
        yield "make room, and start it again"
    elif failure.filename is None:  # the text is all that is known
        return
    elif Path(failure.filename).is_relative_to(CHECKOUT):
        yield f"{CHECKOUT} must be writable: .venv and .setup are made in it"
    else:
        yield f"tools are kept in {cache_dir()}, or where XDG_CACHE_HOME says"
