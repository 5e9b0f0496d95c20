"""A child process with its own process group and a log file; it ends when its parent ends."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

from sandbox.up.environment import embedded_environment

# The watchdog reads a pipe whose other end the parent has. An end of file means that the parent was killed.
# Then the watchdog sends the stop signal to the group, and kills the group when the command has ended or
# after five seconds. It is a shell script, because a shell needs 1 MB and exists on every system.
# PR_SET_PDEATHSIG exists on Linux alone and is lost when a child changes its user.
#
# The watchdog is a member of the group and ignores every signal but SIGKILL. While a group has a member, the
# system does not use its number again. So a signal to the group never reaches another process, also long
# after the command ended.
_WATCHDOG = """
trap '' HUP INT QUIT TERM
echo ready
read -r nothing
kill -s "$1" -- "-$2"
for second in 1 2 3 4 5; do kill -s 0 "$2" || break; sleep 1; done
kill -s KILL -- "-$2"
"""


class StartFailed(Exception):
    """A process did not start, ended, or did not answer in time; ``log`` is its log file, if there is one."""

    def __init__(self, text: str, log: Path | None = None) -> None:
        super().__init__(text)
        self.log = log


class Process:
    """A running command; it is stopped if this process is killed.

    ``env`` is its whole environment, by default that of an embedded part.
    """

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
                env=embedded_environment() if env is None else env,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # In its own group it gets no Ctrl-C from the terminal: the supervisor stops it in its turn.
                process_group=0,
            )
        self._watchdog = subprocess.Popen(
            ["/bin/sh", "-c", _WATCHDOG, "watchdog", stop_signal.name.removeprefix("SIG"), str(self.pid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            process_group=self.pid,
        )
        with cast(IO[bytes], self._watchdog.stdout) as watchdog_output:
            watchdog_output.readline()  # from here on it ignores signals to the group

    @property
    def pid(self) -> int:
        """The process id, which is also the id of the process group."""
        return self._child.pid

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        return self._child.poll()

    def send(self, signum: signal.Signals) -> None:
        """Send a signal to the whole group; does nothing after :meth:`release`."""
        with self._signalling:
            if self._released:
                return
            # Some systems raise these if all processes of the group have ended.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signum)

    def wait(self) -> int:
        """Wait until it ends; the exit code as in :meth:`poll`."""
        return self._child.wait()

    def terminate(self, *, within: float) -> bool:
        """Send the stop signal, and kill it after ``within`` seconds; whether it stopped before that."""
        self.send(self._stop_signal)
        try:
            self._child.wait(within)
        except subprocess.TimeoutExpired:
            self.send(signal.SIGKILL)
            self._child.wait()
            return False
        return True

    def release(self) -> None:
        """Kill the rest of its group, also the watchdog; its number may be used again then."""
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
        """Poll ``answers`` until it is true; raises StartFailed if the process ends or time runs out."""
        deadline = time.monotonic() + within
        while not answers():
            if (code := self.poll()) is not None:
                raise StartFailed(f"ended with code {code} (log: {self.log})", self.log)
            if time.monotonic() > deadline:
                raise StartFailed(f"did not answer within {within:.0f} s (log: {self.log})", self.log)
            time.sleep(0.05)
