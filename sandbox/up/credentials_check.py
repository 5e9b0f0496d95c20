"""Whether real credentials work: the product's own `muster check`, and what it says."""

from collections.abc import Callable, Mapping
from pathlib import Path

from sandbox.up.supervision.parts import muster_command
from sandbox.up.supervision.process import Process, StartFailed

_WITHIN = 30.0
"""Seconds. Each credential has half of it, and all are tried at the same time."""
_WORKS = ": works"
"""How a line of `muster check` ends that tells of no problem."""


def check_credentials(log: Path, env: Mapping[str, str], report: Callable[[str, str], None]) -> list[str]:
    """Report each credential that works; the sentences about the others. They stop nothing."""
    process = Process(muster_command("check", "--no-addresses"), log=log, env=env)
    problems: list[str] = []
    try:
        process.wait_until(lambda: process.poll() is not None, within=_WITHIN)
    except StartFailed:
        problems.append(f"`muster check` did not end within {_WITHIN:.0f} s (log: {log})")
    finally:
        process.release()
    for told in log.read_text(errors="replace").splitlines():
        if told.endswith(_WORKS):
            report("check", told)
        else:
            problems.append(told)
    return problems
