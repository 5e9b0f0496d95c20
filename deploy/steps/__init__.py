"""The steps of `make setup`; they use the standard library alone, since nothing is installed yet."""

import sys
import time

from deploy.steps import python_packages, temporal_server
from deploy.steps.npm_packages import NpmPackages
from deploy.steps.progress import StepFailed, say


def run(*, playground: bool) -> None:
    """Check what the machine must have, then do each step that is not done yet."""
    started = time.monotonic()
    optional = (NpmPackages("playground"),) if playground else ()
    todo = [
        step
        for step in (python_packages, NpmPackages("cards"), temporal_server, *optional)
        if not step.done()
    ]
    missing = dict.fromkeys(text for step in todo for text in step.missing())
    if missing:
        sys.exit("\n".join(f"missing: {text}" for text in missing))
    try:
        for step in todo:
            step.do()
    except StepFailed as failure:
        sys.exit(f"setup stopped: {failure}")
    except KeyboardInterrupt:
        sys.exit("setup stopped; what is done stays done")
    if todo:
        say(f"set-up done in {time.monotonic() - started:.0f} s")
