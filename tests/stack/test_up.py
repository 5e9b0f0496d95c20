"""`muster up` brings the whole product up, heals it, and leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from waiting import eventually, is_alive

MUSTER = Path(sys.executable).with_name("muster")
PARTS = {"postgres", "temporal", "teams", "pagerduty", "api", "worker"}


@dataclass
class RunningStack:
    """A `muster up` of our own."""

    process: subprocess.Popen[str]
    folder: Path

    @property
    def ready(self) -> dict[str, Any]:
        """The ready file; empty while there is none."""
        path = self.folder / "ready.json"
        content: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        return content

    def pid(self, part: str) -> int:
        pid: int = self.ready["processes"][part]
        return pid

    def all_gone(self, pids: dict[str, int]) -> bool:
        return not any(is_alive(pid) for pid in pids.values())


@contextmanager
def muster_up(folder: Path, *options: str) -> Iterator[RunningStack]:
    """`muster up` in a folder of its own, ready; killed at the end if it is still there."""
    environment = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "TEMPORAL_ADDRESS")}
    command = [
        str(MUSTER),
        "up",
        "--data",
        str(folder / "data"),
        "--ready-file",
        str(folder / "ready.json"),
        *options,
    ]
    with (
        (folder / "output").open("w") as output,
        subprocess.Popen(command, env=environment, stdout=output, stderr=output, text=True) as process,
    ):
        stack = RunningStack(process, folder)
        try:
            eventually(lambda: bool(stack.ready) or process.poll() is not None, within=90)
            assert process.poll() is None, (folder / "output").read_text()
            yield stack
        finally:
            process.kill()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    with muster_up(tmp_path_factory.mktemp("up")) as running:
        yield running


@pytest.mark.slow
def test_every_part_answers(stack: RunningStack) -> None:
    ready = stack.ready
    assert ready["processes"].keys() == PARTS
    with httpx.Client(trust_env=False) as client:
        for address in (ready["start"], ready["teams"], ready["temporal_ui"], f"{ready['api']}/readyz"):
            assert client.get(address, follow_redirects=True).status_code == 200
        headers = {"Authorization": f"Token token={ready['pagerduty_token']}"}
        services = client.get(f"{ready['pagerduty']}/services", headers=headers).json()["services"]
    assert {ready["service"], ready["service_two_channels"]} <= {service["id"] for service in services}


@pytest.mark.slow
@pytest.mark.parametrize("part", ["postgres", "worker"])
def test_a_killed_part_comes_back_and_the_file_says_so(stack: RunningStack, part: str) -> None:
    before = stack.pid(part)
    os.kill(before, signal.SIGKILL)
    eventually(lambda: stack.pid(part) != before)
    assert is_alive(stack.pid(part))
    parts = f"{stack.ready['start']}/_sandbox/parts"
    eventually(
        lambda: all(status["state"] == "up" for status in httpx.get(parts, trust_env=False).json()), within=30
    )


@pytest.mark.slow
def test_a_second_one_on_the_same_folder_is_refused(stack: RunningStack) -> None:
    command = [str(MUSTER), "up", "--data", str(stack.folder / "data")]
    second = subprocess.run(command, capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert f"process {stack.process.pid}" in second.stdout


@pytest.mark.slow
def test_it_stops_cleanly_and_starts_again_on_its_data(stack: RunningStack, tmp_path: Path) -> None:
    pids = stack.ready["processes"]
    secret = stack.ready["webhook_secret"]
    stack.process.send_signal(signal.SIGTERM)
    assert stack.process.wait(timeout=60) == 0
    assert stack.all_gone(pids)
    assert stack.ready == {}

    with muster_up(stack.folder) as again:
        assert again.ready["webhook_secret"] == secret


@pytest.mark.slow
def test_nothing_is_left_when_it_is_killed(tmp_path: Path) -> None:
    with muster_up(tmp_path, "--empty") as stack:
        pids = stack.ready["processes"]
        assert not any(person["linked"] for person in stack.ready["people"])
        stack.process.kill()
        eventually(lambda: stack.all_gone(pids), within=15)
