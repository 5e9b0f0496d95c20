"""A command and its group: whom a signal reaches, and that it never reaches a stranger."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.up.supervision.process import Process
from tests.support.processes import is_alive
from tests.support.waiting import wait_until

REPOSITORY = Path(__file__).parents[2]

# What these commands sleep is how long they live: a minute outlasts the test, which kills them.
HAS_A_CHILD = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
"""
ENDS_AND_LEAVES_A_CHILD = HAS_A_CHILD + "sys.exit(7)"
STAYS_WITH_A_CHILD = HAS_A_CHILD + "child.wait()"
NEEDS_A_MOMENT_TO_STOP = """
import pathlib, signal, sys, time
def leave(*_):
    time.sleep(0.3)  # whoever kills at once cuts this off
    print("in order", flush=True)
    sys.exit()
signal.signal(signal.SIGTERM, leave)
print("here", flush=True)
time.sleep(60)
"""
KILLS_ITSELF = """
import os, pathlib, sys
from sandbox.up.supervision.process import Process
from tests.support.waiting import wait_until
log = pathlib.Path(sys.argv[1])
process = Process([sys.executable, "-c", sys.argv[2]], log=log)
wait_until(lambda: bool(log.read_text()))
if sys.argv[3] == "after its end":
    process.wait()
print(process.pid, flush=True)
os.kill(os.getpid(), 9)
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


class Started:
    """Processes of one test; whatever is left of them at its end is killed."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._all: list[Process] = []

    def __call__(self, source: str) -> Process:
        process = Process([sys.executable, "-c", source], log=self._log)
        self._all.append(process)
        return process

    def release(self) -> None:
        for process in self._all:
            process.release()


@pytest.fixture
def started(log: Path) -> Iterator[Started]:
    started = Started(log)
    yield started
    started.release()


def group_exists(number: int) -> bool:
    return is_alive(-number)  # to kill(2) a negative number is a group's


def printed_pid(log: Path) -> int:
    wait_until(lambda: log.read_text().endswith("\n"))
    return int(log.read_text())


def test_the_groups_number_is_taken_until_it_is_released(started: Started) -> None:
    """The command is reaped and nobody else is in its group, so its number would be anybody's."""
    process = started("pass")
    assert process.wait() == 0
    assert not is_alive(process.pid)
    assert group_exists(process.pid)
    process.send(signal.SIGTERM)
    assert group_exists(process.pid)
    process.send(signal.SIGKILL)
    assert group_exists(process.pid)
    process.release()
    assert not group_exists(process.pid)


def test_no_signal_is_sent_after_the_release(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    process = started("pass")
    process.wait()
    process.release()
    told: list[int] = []
    monkeypatch.setattr(os, "killpg", lambda number, _: told.append(number))
    process.send(signal.SIGTERM)
    process.terminate(within=1)
    process.release()
    assert told == []


def test_what_a_command_leaves_behind_is_killed(started: Started, log: Path) -> None:
    process = started(ENDS_AND_LEAVES_A_CHILD)
    assert process.wait() == 7
    left = printed_pid(log)
    assert is_alive(left)
    process.release()
    wait_until(lambda: not is_alive(left))


def test_a_command_gets_the_stop_signal_before_it_is_killed(started: Started, log: Path) -> None:
    process = started(NEEDS_A_MOMENT_TO_STOP)
    wait_until(lambda: "here" in log.read_text())
    assert process.terminate(within=10)
    assert (process.poll(), log.read_text()) == (0, "here\nin order\n")


@pytest.mark.parametrize("when", ["while it runs", "after its end"])
def test_a_killed_parent_takes_the_whole_group_with_it(tmp_path: Path, log: Path, when: str) -> None:
    source = ENDS_AND_LEAVES_A_CHILD if when == "after its end" else STAYS_WITH_A_CHILD
    killed = subprocess.run(
        [sys.executable, "-c", KILLS_ITSELF, log, source, when],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    child, group = printed_pid(log), int(killed.stdout)
    wait_until(lambda: not is_alive(child) and not group_exists(group), within=20)


def test_a_killed_parent_lets_it_stop_in_order(log: Path) -> None:
    command = [sys.executable, "-c", KILLS_ITSELF, str(log), NEEDS_A_MOMENT_TO_STOP, "while it runs"]
    killed = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    wait_until(lambda: not group_exists(int(killed.stdout)), within=20)
    assert log.read_text() == "here\nin order\n"
