"""`muster up` brings the whole product up, heals it, and leaves nothing behind."""

import os
import re
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from sandbox.up.servers import EmbeddedPostgres
from sandbox.up.supervision.launch import Launched, launched
from sandbox.up.supervision.parts import muster_command
from tests.stack.shell import FOREIGN_SETTINGS, foreign_shell
from tests.support.connections import request, sync_client
from tests.support.processes import is_alive
from tests.support.settings import KEYS
from tests.support.waiting import wait_until

SANDBOX_API = Path(__file__).parents[2] / "docs" / "sandbox-api.md"
PARTS = {"postgres", "temporal", "teams", "microsoft", "pagerduty", "api", "worker"}

pytestmark = pytest.mark.slow


def all_gone(pids: dict[str, int]) -> bool:
    return not any(is_alive(pid) for pid in pids.values())


def environment_of(pid: int) -> dict[str, str]:
    """The environment that a process was started with (Linux)."""
    entries = Path(f"/proc/{pid}/environ").read_text().split("\0")
    return dict(entry.split("=", 1) for entry in entries if "=" in entry)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    shell = foreign_shell(tmp_path_factory.mktemp("home"))
    with launched(tmp_path_factory.mktemp("up"), env=shell) as running:
        yield running


def test_every_part_answers(stack: Launched) -> None:
    ready = stack.ready
    assert ready["processes"].keys() == PARTS
    with sync_client() as client:
        for address in (
            ready["start"],
            ready["teams"],
            ready["microsoft"],
            ready["temporal_ui"],
            f"{ready['api']}/readyz",
        ):
            assert client.get(address, follow_redirects=True).status_code == 200
        headers = {"Authorization": f"Token token={ready['pagerduty_token']}"}
        services = client.get(f"{ready['pagerduty']}/services", headers=headers).json()["services"]
        consent = client.get(f"{ready['microsoft']}/_sandbox/consent").json()
    assert consent["granted"] == consent["requested"] != []
    assert {ready["service"], ready["service_two_channels"]} <= {service["id"] for service in services}


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="only Linux shows environments")
def test_no_part_sees_the_settings_that_the_shell_has_for_other_servers(stack: Launched) -> None:
    assert environment_of(stack.process.pid).items() >= FOREIGN_SETTINGS.items()
    for part, pid in stack.pids.items():
        seen = environment_of(pid).items() & FOREIGN_SETTINGS.items()
        assert not seen, f"{part} sees {seen}"


@pytest.mark.parametrize("part", ["postgres", "worker"])
def test_a_killed_part_comes_back_and_the_file_says_so(stack: Launched, part: str) -> None:
    before = stack.pids[part]
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: stack.pids[part] != before)
    assert is_alive(stack.pids[part])
    parts = f"{stack.ready['start']}/_sandbox/parts"
    wait_until(
        lambda: all(status["state"] == "up" for status in request("GET", parts).json()),
        within=30,
    )


def test_a_second_one_on_the_same_folder_is_refused(stack: Launched) -> None:
    command = muster_command("up", "--data", str(stack.ready_file.parent / "data"))
    second = subprocess.run(command, capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert f"process {stack.process.pid}" in second.stdout


def test_the_lines_of_the_documentation_are_all_that_pagerdutys_own_client_needs(stack: Launched) -> None:
    (lines,) = re.findall(r"```python\n(.*?)```", SANDBOX_API.read_text(), re.DOTALL)
    names: dict[str, Any] = {"ready": stack.ready}
    exec(lines, names)
    with names["pagerduty"] as client:
        wanted = {"id": stack.ready["service"], "type": "service_reference"}
        incident = client.rpost("incidents", json={"type": "incident", "title": "By it", "service": wanted})
        assert client.rget(incident)["title"] == "By it"


def test_what_is_over_https_is_signed_by_the_authority_of_the_ready_file(stack: Launched) -> None:
    ready = stack.ready
    headers = {"Authorization": f"Token token={ready['pagerduty_token']}"}
    tls = ssl.create_default_context(cafile=ready["ca"])
    with httpx.Client(trust_env=False, verify=tls) as client:
        (first, *_) = client.get(f"{ready['pagerduty_https']}/services", headers=headers).json()["services"]
        assert first["self"] == f"{ready['pagerduty_https']}/services/{first['id']}"
        assert client.get(first["self"], headers=headers).json()["service"]["id"] == first["id"]
    with (
        sync_client() as stranger,
        pytest.raises(httpx.ConnectError, match="CERTIFICATE"),
    ):
        stranger.get(ready["pagerduty_https"])


@pytest.mark.soak
def test_the_stack_stops_cleanly_and_starts_again_on_its_data_with_a_port_taken(stack: Launched) -> None:
    pids, before = stack.pids, stack.ready
    assert stack.stop() == 0
    assert all_gone(pids)
    assert stack.ready == {}

    port = urlsplit(before["api"]).port
    with socket.create_server(("127.0.0.1", port or 0)), launched(stack.ready_file.parent) as again:
        ready = again.ready
        assert ready["webhook_secret"] == before["webhook_secret"]
        assert f"port {port} is taken" in again.output.read_text()
        moved = {
            key for key in ("api", "start", "teams", "pagerduty", "temporal") if ready[key] != before[key]
        }
        assert moved == {"api"}
        with sync_client() as client:
            body = {"title": "After the move", "service": ready["service"]}
            client.post(f"{ready['pagerduty']}/_sandbox/incidents", json=body).raise_for_status()
            records = f"{ready['teams']}/_sandbox/records"
            wait_until(lambda: "After the move" in client.get(records).text)


@pytest.mark.soak
def test_nothing_is_left_when_the_stack_is_killed(tmp_path: Path) -> None:
    with launched(tmp_path, "--empty") as stack:
        pids = stack.pids
        assert not any(person["linked"] for person in stack.ready["people"])
        stack.process.kill()
        wait_until(lambda: all_gone(pids), within=15)


@pytest.mark.soak
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="only Linux shows environments")
def test_what_files_of_secrets_say_is_used(postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    """A database and a key ring, for other commands too; a proxy belongs to real registrations."""
    secrets = tmp_path / "given"
    secrets.mkdir()
    given = {
        "database_url": postgres.create_database("of_a_file"),
        "muster_keys": KEYS,
        "muster_proxy": "http://127.0.0.1:9",
    }
    for name, text in given.items():
        (secrets / name).write_text(text)
    shell = {"MUSTER_SECRETS_DIR": str(secrets), "TEMPORAL_ADDRESS": " ", "MUSTER_CONFIG": " "}
    with launched(tmp_path, env=shell) as stack:
        assert stack.ready["processes"].keys() == PARTS - {"postgres"}
        assert stack.ready["database_url"] == given["database_url"]
        seen = environment_of(stack.pids["worker"])
    assert seen["MUSTER_KEYS"] == KEYS
    assert not {"MUSTER_SECRETS_DIR", "MUSTER_PROXY"} & seen.keys()
    kept = {file.name: file.read_text() for file in (tmp_path / "data" / "secrets").iterdir()}
    assert kept == {name: given[name] for name in ("database_url", "muster_keys")}
