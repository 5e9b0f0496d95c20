"""The last lines of a log."""

import os
from pathlib import Path

_READ = 64_000
"""Bytes from the end: a log can be long."""
_LONGEST_LINE = 300
"""Characters; a longer line is cut, since its beginning says what it is about."""


def log_tail(log: Path, lines: int) -> list[str]:
    """The last lines, oldest first; none of a log that is not there or cannot be read."""
    try:
        with log.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _READ))
            text = file.read(_READ).decode(errors="replace")
    except OSError:
        return []
    return [_cut(line) for line in text.splitlines()[-lines:]]


def _cut(line: str) -> str:
    return line if len(line) <= _LONGEST_LINE else f"{line[: _LONGEST_LINE - 1]}…"
