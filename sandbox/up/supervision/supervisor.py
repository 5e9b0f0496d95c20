"""Keep the parts running: start, watch, start again, stop in order.

Each part has a thread that waits for its process: no other way of waiting for a child works on every
system and needs no polling.
"""

import math
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sandbox.up.supervision.parts import Part
from sandbox.up.supervision.process import Process, StartFailed

RESTART_AFTER = 1.0
"""Seconds a part that ended stays away."""
_FIRST_START_WITHIN = 60.0

State = Literal["starting", "up", "down"]
Tell = Callable[[str, str], None]
"""Called with a part's name and what happened to it, from any thread."""


@dataclass(frozen=True)
class Status:
    """How a part is doing."""

    name: str
    state: State
    pid: int | None
    address: str
    starts: int


class _Keeper:
    """One part, its process, and the thread that waits for it."""

    def __init__(self, part: Part, tell: Tell, on_new_process: Callable[[], None]) -> None:
        self.part = part
        self.failure: StartFailed | None = None
        self.settled = threading.Event()
        """The first start has worked or failed."""
        self._tell = tell
        self._on_new_process = on_new_process
        self._process: Process | None = None
        self._state: State = "down"
        self._starts = 0
        self._stop_for = RESTART_AFTER
        self._stopping = threading.Event()
        self._spawning = threading.Lock()
        self._thread = threading.Thread(target=self._keep, name=f"keep-{part.name}", daemon=True)
        self._thread.start()

    @property
    def status(self) -> Status:
        process, part = self._process, self.part
        pid = process.pid if process is not None and self._state != "down" else None
        return Status(part.name, self._state, pid, part.address, self._starts)

    def interrupt(self, signum: signal.Signals, stop_for: float) -> bool:
        """Signal the process, which then stays away for ``stop_for`` seconds; False if there is none."""
        if self._process is None or self._state == "down":
            return False
        self._stop_for = stop_for
        self._process.send(signum)
        return True

    def stop(self, *, within: float) -> None:
        """End the process for good, and the thread with it."""
        with self._spawning:
            self._stopping.set()
        if self._process is not None and not self._process.terminate(within=within) and within > 0:
            self._tell(self.part.name, f"did not stop within {within:.0f} s and was killed")
        self._thread.join()

    def _keep(self) -> None:
        while (process := self._spawn()) is not None:
            if not self._wait_until_up(process):
                return
            code = process.wait()
            self._state = "down"
            process.release()
            if self._stopping.is_set():
                return
            pause, self._stop_for = self._stop_for, RESTART_AFTER
            self._tell(self.part.name, f"ended ({_how(code)}), starting again in {pause:g} s")
            self._stopping.wait(pause)

    def _spawn(self) -> Process | None:
        """A new process, unless the part is being stopped or its command cannot be run at all."""
        with self._spawning:
            if self._stopping.is_set():
                return None
            try:
                part = self.part
                process = Process(
                    part.command, log=part.log, env=part.env, cwd=part.cwd, stop_signal=part.stop_signal
                )
            except OSError as error:
                self._fail(StartFailed(f"could not be started: {error}"))
                return None
            self._process, self._state = process, "starting"
            self._starts += 1
        self._on_new_process()
        return process

    def _wait_until_up(self, process: Process) -> bool:
        """Wait for it to answer; False if this was its first start and that failed."""
        first, started = not self.settled.is_set(), time.monotonic()
        try:
            process.wait_until(self.part.answers, within=_FIRST_START_WITHIN if first else math.inf)
        except StartFailed as failure:
            if first:
                process.stop(within=self.part.stop_within)
                self._fail(failure)
            return not first
        self._state = "up"
        self._tell(self.part.name, f"up in {time.monotonic() - started:.1f} s  {self.part.address}".rstrip())
        self.settled.set()
        return True

    def _fail(self, failure: StartFailed) -> None:
        self._state, self.failure = "down", failure
        self.settled.set()


class Supervisor:
    """The running parts, in the order they were started."""

    def __init__(self, tell: Tell, on_new_process: Callable[[], None]) -> None:
        self._tell = tell
        self._on_new_process = on_new_process
        self._keepers: dict[str, _Keeper] = {}

    def start(self, *parts: Part) -> None:
        """Start the parts side by side and return when all answer; raises StartFailed."""
        started = [_Keeper(part, self._tell, self._on_new_process) for part in parts]
        self._keepers |= {keeper.part.name: keeper for keeper in started}
        for keeper in started:
            keeper.settled.wait()
        for keeper in started:
            if keeper.failure is not None:
                raise StartFailed(f"{keeper.part.name} {keeper.failure}", keeper.failure.log)

    def statuses(self) -> list[Status]:
        """All parts."""
        return [keeper.status for keeper in self._keepers.values()]

    def pids(self) -> dict[str, int]:
        """Process ids of the parts that run now."""
        return {status.name: status.pid for status in self.statuses() if status.pid is not None}

    def interrupt(self, name: str, signum: signal.Signals, stop_for: float) -> bool:
        """Signal a part, which comes back after ``stop_for`` seconds.

        False if it is down already; raises KeyError for an unknown part.
        """
        return self._keepers[name].interrupt(signum, stop_for)

    def stop(self) -> None:
        """Stop all parts, the last started first, each within its own time."""
        for keeper in reversed(self._keepers.values()):
            keeper.stop(within=keeper.part.stop_within)

    def kill(self) -> None:
        """Stop all parts without waiting for any."""
        for keeper in reversed(self._keepers.values()):
            keeper.stop(within=0)


def _how(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
