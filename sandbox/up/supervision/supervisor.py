"""Keep the parts running: start, watch, restart, and stop in order.

Each part has a thread that waits for its process. Other ways to wait for a child need polling or do not work
on every system.
"""

import math
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from sandbox.up.supervision.parts import Part
from sandbox.up.supervision.process import Process, StartFailed

RESTART_AFTER = 1.0
"""Seconds between the end of a part and its restart."""
_FIRST_START_WITHIN = 60.0

State = Literal["starting", "up", "down"]
Report = Callable[[str, str], None]
"""Called with a part's name and what happened to it, in any thread; may raise OSError."""


@dataclass(frozen=True)
class Status:
    """The state of a part."""

    name: str
    state: State
    pid: int | None
    address: str
    starts: int


class _SupervisedPart:
    """A part, its process, and the thread that waits for the process."""

    def __init__(self, part: Part, report: Report, on_new_process: Callable[[], None]) -> None:
        self.part = part
        self.failure: StartFailed | None = None
        self.first_start_ended = threading.Event()
        """Set when the first start has worked or failed."""
        self._report_to = report
        self._on_new_process = on_new_process
        self._process: Process | None = None
        self._state: State = "down"
        self._starts = 0
        self._stop_for = RESTART_AFTER
        self._stopping = threading.Event()
        self._spawning = threading.Lock()
        self._thread = threading.Thread(target=self._run, name=f"supervise-{part.name}", daemon=True)
        self._thread.start()

    @property
    def status(self) -> Status:
        process, part = self._process, self.part
        pid = process.pid if process is not None and self._state != "down" else None
        return Status(part.name, self._state, pid, part.address, self._starts)

    def interrupt(self, signum: signal.Signals, stop_for: float) -> bool:
        """Send a signal to the process and restart it after ``stop_for`` seconds; False if it is down."""
        if self._process is None or self._state == "down":
            return False
        self._stop_for = stop_for
        self._process.send(signum)
        return True

    def stop(self, *, within: float) -> None:
        """Stop the process without a restart, and end the thread."""
        with self._spawning:
            self._stopping.set()
        if self._process is not None and not self._process.terminate(within=within) and within > 0:
            self._report(f"did not stop within {within:.0f} s and was killed")
        self._thread.join()

    def _report(self, text: str) -> None:
        with suppress(OSError):  # who reads the terminal or its file is gone, or that is full
            self._report_to(self.part.name, text)

    def _run(self) -> None:
        while not self._stopping.is_set():
            process = self._spawn()
            if process is None:
                if self.failure is not None:
                    return
                self._stopping.wait(RESTART_AFTER)
                continue
            if not self._wait_until_up(process):
                return
            code = process.wait()
            self._state = "down"
            process.release()
            if self._stopping.is_set():
                return
            pause, self._stop_for = self._stop_for, RESTART_AFTER
            self._report(f"ended ({_end_of(code)}), starting again in {pause:g} s")
            self._stopping.wait(pause)

    def _spawn(self) -> Process | None:
        """Start a process; None if the part is being stopped or the command cannot be run.

        At the first start that is a failure. Later the disk may have space again.
        """
        with self._spawning:
            if self._stopping.is_set():
                return None
            try:
                part = self.part
                process = Process(
                    part.command, log=part.log, env=part.env, cwd=part.cwd, stop_signal=part.stop_signal
                )
            except OSError as error:
                if self.first_start_ended.is_set():
                    self._report(f"could not be started: {error}; again in {RESTART_AFTER:g} s")
                else:
                    self._fail(StartFailed(f"could not be started: {error}"))
                return None
            self._process, self._state = process, "starting"
            self._starts += 1
        try:
            self._on_new_process()
        except OSError as error:
            self._report(f"is a new process, which is told nowhere: {error}")
        return process

    def _wait_until_up(self, process: Process) -> bool:
        """Wait until it answers; False if this was the first start and it failed."""
        first, started = not self.first_start_ended.is_set(), time.monotonic()
        try:
            process.wait_until(self.part.answers, within=_FIRST_START_WITHIN if first else math.inf)
        except StartFailed as failure:
            if first:
                process.stop(within=self.part.stop_within)
                self._fail(failure)
            return not first
        self._state = "up"
        self._report(f"up in {time.monotonic() - started:.1f} s  {self.part.address}".rstrip())
        self.first_start_ended.set()
        return True

    def _fail(self, failure: StartFailed) -> None:
        self._state, self.failure = "down", failure
        self.first_start_ended.set()


class Supervisor:
    """The running parts, in the order of their start.

    ``on_new_process`` is called in the thread of a part that has one. Where it raises OSError, the part is
    watched all the same.
    """

    def __init__(self, report: Report, on_new_process: Callable[[], None]) -> None:
        self._report = report
        self._on_new_process = on_new_process
        self._parts: dict[str, _SupervisedPart] = {}

    def start(self, *parts: Part) -> None:
        """Start the parts at the same time and return when all answer; raises StartFailed."""
        started = [_SupervisedPart(part, self._report, self._on_new_process) for part in parts]
        self._parts |= {supervised.part.name: supervised for supervised in started}
        for supervised in started:
            supervised.first_start_ended.wait()
        for supervised in started:
            if supervised.failure is not None:
                raise StartFailed(f"{supervised.part.name} {supervised.failure}", supervised.failure.log)

    def statuses(self) -> list[Status]:
        """The states of all parts."""
        return [supervised.status for supervised in self._parts.values()]

    def pids(self) -> dict[str, int]:
        """The process ids of the parts that run."""
        return {status.name: status.pid for status in self.statuses() if status.pid is not None}

    def interrupt(self, name: str, signum: signal.Signals, stop_for: float) -> bool:
        """Send a signal to a part and restart it after ``stop_for`` seconds.

        False if it is down already; raises KeyError for an unknown part.
        """
        return self._parts[name].interrupt(signum, stop_for)

    def stop(self) -> None:
        """Stop all parts, the last one first, each within its own time."""
        for supervised in reversed(self._parts.values()):
            supervised.stop(within=supervised.part.stop_within)

    def kill(self) -> None:
        """Kill all parts."""
        for supervised in reversed(self._parts.values()):
            supervised.stop(within=0)


def _end_of(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
