"""One child process: its own process group, its output in a file, gone when its parent is gone."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

# Waits for an end of file, which means that the parent was killed: then the command is asked to stop, and
# what is left of the group is killed once the command has ended or five seconds have passed. A shell, since
# it costs 1 MB and works on every system, where PR_SET_PDEATHSIG is Linux alone and is lost when a child
# changes its user.
#
# It belongs to the group, deaf to all but SIGKILL. No system gives a group's number away while the group has
# a member, so a signal to the group never reaches a stranger, however long ago the command ended.
_WATCHDOG = """
trap '' HUP INT QUIT TERM
echo deaf
read -r nothing
kill -s "$1" -- "-$2"
for second in 1 2 3 4 5; do kill -s 0 "$2" || break; sleep 1; done
kill -s KILL -- "-$2"
"""


class StartFailed(Exception):
    """A part could not be started, ended, or did not answer in time; ``log`` has its output, if any."""

    def __init__(self, text: str, log: Path | None = None) -> None:
        super().__init__(text)
        self.log = log


class Process:
    """A started command, tied to the life of this process."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.log = log
        self._stop_signal = stop_signal
        self._signalling = threading.Lock()
        self._released = False
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self._child = subprocess.Popen(
                command,
                env=env,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # A group of its own: Ctrl-C in the terminal reaches the supervisor alone, which stops
                # the parts in order.
                process_group=0,
            )
        self._watchdog = subprocess.Popen(
            ["/bin/sh", "-c", _WATCHDOG, "watchdog", stop_signal.name.removeprefix("SIG"), str(self.pid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            process_group=self.pid,
        )
        with cast(IO[bytes], self._watchdog.stdout) as word:
            word.readline()  # before it is deaf, a signal to the group would end it

    @property
    def pid(self) -> int:
        """Process id, which is the process group's id too."""
        return self._child.pid

    def poll(self) -> int | None:
        """Exit code once it has ended; negative for a signal."""
        return self._child.poll()

    def send(self, signum: signal.Signals) -> None:
        """Signal the whole group; nothing happens once it is released."""
        with self._signalling:
            if self._released:
                return
            # Where only processes that ended are left, some systems say so.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signum)

    def wait(self) -> int:
        """Wait for its end; the exit code as :meth:`poll` gives it."""
        return self._child.wait()

    def terminate(self, *, within: float) -> bool:
        """Ask it to stop, kill it after ``within`` seconds; whether it stopped by itself."""
        self.send(self._stop_signal)
        try:
            self._child.wait(within)
        except subprocess.TimeoutExpired:
            self.send(signal.SIGKILL)
            self._child.wait()
            return False
        return True

    def release(self) -> None:
        """Kill what is left of its group, the watchdog included; its number is free from then on."""
        self.send(signal.SIGKILL)
        self._child.wait()
        with self._signalling:
            self._released = True
            cast(IO[bytes], self._watchdog.stdin).close()
            self._watchdog.wait()

    def stop(self, *, within: float = 10) -> None:
        """Terminate and release."""
        self.terminate(within=within)
        self.release()

    def wait_until(self, answers: Callable[[], bool], *, within: float = 30) -> None:
        """Poll ``answers`` until true; raises StartFailed if the process ends first or time runs out."""
        deadline = time.monotonic() + within
        while not answers():
            if (code := self.poll()) is not None:
                raise StartFailed(f"ended with code {code} (log: {self.log})", self.log)
            if time.monotonic() > deadline:
                raise StartFailed(f"did not answer within {within:.0f} s (log: {self.log})", self.log)
            time.sleep(0.05)
