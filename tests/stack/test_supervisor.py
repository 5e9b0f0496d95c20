"""Parts are started again, stay away as long as asked, and stop in order."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from sandbox.up.servers.ports import free_port
from sandbox.up.supervision.parts import Part, answers_http
from sandbox.up.supervision.process import StartFailed
from sandbox.up.supervision.supervisor import Supervisor
from tests.support.processes import is_alive
from tests.support.waiting import wait_until

DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("here", flush=True)
time.sleep(60)
"""

SIGNS_ON_LEAVING = """
import pathlib, signal, sys, time
def leave(*_):
    with pathlib.Path(sys.argv[1]).open("a") as order:
        order.write(sys.argv[2])
    sys.exit()
signal.signal(signal.SIGTERM, leave)
print("here", flush=True)
time.sleep(60)
"""

KILLS_ITSELF = """
import os, pathlib, sys
from sandbox.up.supervision.supervisor import Supervisor
from tests.stack.test_supervisor import web_server
supervisor = Supervisor(lambda *_: None, lambda: None)
supervisor.start(web_server(pathlib.Path(sys.argv[1])))
print(supervisor.pids()["web"], flush=True)
os.kill(os.getpid(), 9)
"""


class Reports:
    """What the supervisor told, and how often a process was new."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.new_processes = 0

    def add(self, part: str, text: str) -> None:
        self.lines.append(f"{part} {text}")

    def count(self) -> None:
        self.new_processes += 1

    def has(self, text: str) -> bool:
        return any(text in line for line in self.lines)


@pytest.fixture
def reports() -> Reports:
    return Reports()


@pytest.fixture
def supervisor(reports: Reports) -> Iterator[Supervisor]:
    supervisor = Supervisor(reports.add, reports.count)
    yield supervisor
    supervisor.kill()


def web_server(folder: Path, name: str = "web") -> Part:
    port = free_port()
    return Part(
        name=name,
        command=(
            sys.executable,
            "-m",
            "http.server",
            str(port),
            "--bind",
            "127.0.0.1",
            "--directory",
            str(folder),
        ),
        log=folder / f"{name}.log",
        answers=lambda: answers_http(port, "/"),
    )


def script(folder: Path, name: str, source: str, *arguments: str, stop_within: float = 10) -> Part:
    """A part that is up once it has printed that it is here."""
    log = folder / f"{name}.log"
    return Part(
        name=name,
        command=(sys.executable, "-c", source, *arguments),
        log=log,
        answers=lambda: "here" in log.read_text(),
        stop_within=stop_within,
    )


def has_another_process(supervisor: Supervisor, before: int) -> bool:
    return supervisor.pids().get("web", before) != before


def state(supervisor: Supervisor, name: str = "web") -> str:
    return next(status.state for status in supervisor.statuses() if status.name == name)


def test_a_killed_part_is_started_again(tmp_path: Path, supervisor: Supervisor, reports: Reports) -> None:
    supervisor.start(web_server(tmp_path))
    before = supervisor.pids()["web"]
    os.kill(before, signal.SIGKILL)

    wait_until(lambda: reports.has("web ended (signal SIGKILL), starting again in 1 s"))
    wait_until(lambda: state(supervisor) == "up")
    assert supervisor.pids()["web"] != before
    assert reports.new_processes == 2


def test_an_interrupted_part_restarts_after_the_time_asked_for(
    tmp_path: Path, supervisor: Supervisor, reports: Reports
) -> None:
    supervisor.start(web_server(tmp_path))
    assert supervisor.interrupt("web", signal.SIGTERM, 0.3)
    wait_until(lambda: reports.has("starting again in 0.3 s"))
    assert "web" not in supervisor.pids()
    assert not supervisor.interrupt("web", signal.SIGTERM, 5)
    wait_until(lambda: state(supervisor) == "up", within=5)

    os.kill(supervisor.pids()["web"], signal.SIGKILL)
    wait_until(lambda: reports.has("starting again in 1 s"))


def test_a_part_is_watched_where_its_new_process_can_be_told_nowhere(
    tmp_path: Path, reports: Reports
) -> None:
    """As on a full disk: neither the ready file nor the lines about the parts can be written."""

    def full() -> None:
        reports.count()
        raise OSError(errno.ENOSPC, "No space left on device")

    def full_too(part: str, text: str) -> None:
        reports.add(part, text)
        full()

    supervisor = Supervisor(full_too, full)
    try:
        supervisor.start(web_server(tmp_path))
        for _ in range(2):
            before = supervisor.pids()["web"]
            os.kill(before, signal.SIGKILL)
            wait_until(partial(has_another_process, supervisor, before))
            wait_until(lambda: state(supervisor) == "up")
        assert reports.has("web is a new process, which is told nowhere: [Errno 28] No space left on device")
    finally:
        supervisor.kill()


def test_a_part_whose_log_cannot_be_opened_is_started_again_when_it_can(
    tmp_path: Path, supervisor: Supervisor, reports: Reports
) -> None:
    part = replace(web_server(tmp_path), log=tmp_path / "logs" / "web.log")
    supervisor.start(part)
    part.log.unlink()
    part.log.mkdir()
    os.kill(supervisor.pids()["web"], signal.SIGKILL)
    wait_until(lambda: reports.has("web could not be started: [Errno 21]"))
    assert state(supervisor) == "down"
    part.log.rmdir()
    wait_until(lambda: state(supervisor) == "up")


def test_an_unknown_part_cannot_be_interrupted(supervisor: Supervisor) -> None:
    with pytest.raises(KeyError):
        supervisor.interrupt("nobody", signal.SIGKILL, 1)


def test_a_part_that_ends_at_its_first_start_fails_the_whole(tmp_path: Path, supervisor: Supervisor) -> None:
    good = web_server(tmp_path)
    bad = Part(
        name="bad",
        command=(sys.executable, "-c", "import sys; print('no database'); sys.exit(3)"),
        log=tmp_path / "bad.log",
        answers=lambda: False,
    )
    with pytest.raises(StartFailed, match="bad ended with code 3") as caught:
        supervisor.start(good, bad)
    assert caught.value.log is not None
    assert "no database" in caught.value.log.read_text()


def test_a_command_that_does_not_exist_fails_the_whole(tmp_path: Path, supervisor: Supervisor) -> None:
    part = Part(name="bad", command=(str(tmp_path / "none"),), log=tmp_path / "log", answers=lambda: True)
    with pytest.raises(StartFailed, match="bad could not be started"):
        supervisor.start(part)


def test_a_part_that_does_not_stop_in_time_is_killed(tmp_path: Path, reports: Reports) -> None:
    supervisor = Supervisor(reports.add, reports.count)
    supervisor.start(script(tmp_path, "deaf", DEAF, stop_within=0.2))
    pid = supervisor.pids()["deaf"]
    supervisor.stop()
    assert not is_alive(pid)
    assert reports.has("deaf did not stop within")


def test_parts_stop_in_the_reverse_of_their_start(tmp_path: Path, reports: Reports) -> None:
    order = tmp_path / "order"
    supervisor = Supervisor(reports.add, reports.count)
    for name in ("a", "b", "c"):
        supervisor.start(script(tmp_path, name, SIGNS_ON_LEAVING, str(order), name))
    supervisor.stop()
    assert order.read_text() == "cba"


def test_nothing_is_left_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLS_ITSELF, tmp_path],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    wait_until(lambda: not is_alive(int(killed.stdout)))
