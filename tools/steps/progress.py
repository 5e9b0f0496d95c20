"""Run a command that takes long and show that it gets on."""

import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

_QUIET_INTERVAL = 10.0
_SHOWN_LINES = 15

inherited: set[int] = set()
"""Open files that every command inherits: the locks that go on while it does."""


class StepFailed(Exception):
    """A step could not be done; the text says why, and what to do."""


def say(line: str) -> None:
    """Print one line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class _Meter:
    """`label · 42/120 · 31 s`: rewritten in place in a terminal, a line now and then elsewhere."""

    def __init__(self, label: str, total: int | None) -> None:
        self._label = label
        self._total = total
        self._started = self._shown = time.monotonic()
        self._terminal = sys.stdout.isatty()

    def show(self, count: int, *, last: bool = False) -> None:
        now = time.monotonic()
        if not last and now - self._shown < (0.1 if self._terminal else _QUIET_INTERVAL):
            return
        self._shown = now
        done = f" · {count}/{self._total}" if self._total else f" · {count}" if count else ""
        text = f"{self._label}{done} · {now - self._started:.0f} s"
        sys.stdout.write(f"\r{text}\x1b[K" + ("\n" if last else "") if self._terminal else f"{text}\n")
        sys.stdout.flush()


def run(
    command: Sequence[str | Path],
    *,
    label: str,
    counts: str = "$.",
    total: int | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> list[str]:
    """Run it, counting the output lines that match ``counts`` (none by default).

    Nobody can answer it a question. Returns the output; raises StepFailed with the end of it.
    """
    matches = re.compile(counts).search
    meter, count, output = _Meter(label, total), 0, list[str]()
    with subprocess.Popen(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        pass_fds=tuple(inherited),
    ) as child:
        try:
            for line in child.stdout or ():
                output.append(line.rstrip())
                count += bool(matches(line))
                meter.show(count)
        except BaseException:
            child.terminate()
            raise
    meter.show(count, last=True)
    if child.returncode != 0:
        tail = "\n".join(output[-_SHOWN_LINES:])
        raise StepFailed(f"{label}: `{_named(command)}` ended with {child.returncode}:\n{tail}")
    return output


def _named(command: Sequence[str | Path]) -> str:
    """``npm ci``; ``python -m pip``, where the first words would not tell."""
    program, *arguments = (str(argument) for argument in command)
    return " ".join((Path(program).name, *arguments[: 2 if arguments[:1] == ["-m"] else 1]))


def version_of(command: str, argument: str, pattern: str) -> tuple[int, ...] | None:
    """The version a tool on PATH reports; None where there is no such tool."""
    try:
        output = subprocess.run([command, argument], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    found = re.search(pattern, output)
    return tuple(int(number) for number in found.groups()) if found else None
