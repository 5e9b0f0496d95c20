"""CPU time that a process and its children have used, from ``/proc``."""

import os
from collections.abc import Iterator
from pathlib import Path

_PARENT, _TIMES = 1, slice(11, 15)
"""Fields of ``/proc/PID/stat`` after the command's name: the parent; user and system time, own and of
children that have ended."""


def milliseconds(root: int) -> float:
    """User and system time that a process and its descendants have used so far."""
    processes = dict(_processes())
    tree, grown = {root}, True
    while grown:
        children = {pid for pid, (parent, _) in processes.items() if parent in tree}
        grown = not children <= tree
        tree |= children
    ticks = sum(processes[pid][1] for pid in tree if pid in processes)
    return ticks * 1000 / os.sysconf("SC_CLK_TCK")


def _processes() -> Iterator[tuple[int, tuple[int, int]]]:
    """Every process: its parent, and its time in ticks."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has ended since it was listed
            continue
        yield int(stat.parent.name), (int(fields[_PARENT]), sum(map(int, fields[_TIMES])))
