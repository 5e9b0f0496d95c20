"""What stops `muster up` is one sentence that names the place, and never a traceback."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from sandbox.up.servers.data_folder import DataFolder
from sandbox.up.servers.ports import free_port
from sandbox.up.servers.temporal_binary import find_temporal
from sandbox.up.start_refused import sentence_of

ROOT = os.geteuid() == 0
MUSTER = (sys.executable, "-m", "muster.cli")
NAMESPACES = ("unshare", "--mount") if ROOT else ("unshare", "--mount", "--map-root-user")


def run_up(
    data: Path, *options: str, env: Mapping[str, str] | None = None, inside: tuple[str, ...] = ()
) -> str:
    """What `muster up` says; it must end by itself with exit code 1."""
    command = [*inside, *MUSTER, "up", "--any-ports", "--data", str(data), *options]
    ended = subprocess.run(
        command, env=os.environ | (env or {}), capture_output=True, text=True, timeout=120, check=False
    )
    said = ended.stdout + ended.stderr
    assert ended.returncode == 1, said
    assert "Traceback" not in said
    return said


def sentence(said: str) -> str:
    """The last line, which is the reason."""
    return said.splitlines()[-1]


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for data in (file, file / "below"):
        said = run_up(data)
        assert str(data) in said
        assert "--data" in said
        assert len(said.splitlines()) == 1


def test_a_folder_that_cannot_be_made() -> None:
    assert "/proc/nowhere" in sentence(run_up(Path("/proc/nowhere/data")))


def test_a_name_that_is_too_long(tmp_path: Path) -> None:
    assert "too long" in sentence(run_up(tmp_path / ("a" * 300)))


def test_a_folder_with_files_of_others_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch(mode=0o644)
    tmp_path.chmod(0o755)
    assert "thesis.txt" in sentence(run_up(tmp_path))
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.txt"]
    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_a_lock_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    assert f"{tmp_path}/lock is a folder" in sentence(run_up(tmp_path))


@pytest.mark.parametrize("name", ["company.json", "keys", "temporal.db"])
def test_a_damaged_file_is_named_with_what_to_do(tmp_path: Path, name: str) -> None:
    folder = DataFolder(tmp_path)
    with folder.locked():
        folder.key_ring()
    (tmp_path / name).write_bytes(b"\xff\xfe damaged")
    said = sentence(run_up(tmp_path))
    assert said.startswith(f"{tmp_path / name} does not hold ")
    assert "put it back" in said


def test_a_folder_where_a_file_is_kept(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    with folder.locked():
        folder.company.mkdir()
    assert "company.json is a folder where a file is needed" in sentence(run_up(tmp_path))


def test_a_ready_file_that_could_not_be_written_is_refused_before_the_start(tmp_path: Path) -> None:
    said = run_up(tmp_path / "data", "--ready-file", str(tmp_path / "nowhere" / "ready.json"))
    assert "--ready-file" in said
    assert not (tmp_path / "data").exists()


def test_without_a_temporal_server_the_cache_is_named(tmp_path: Path) -> None:
    setpriv = shutil.which("setpriv")
    path = tmp_path / "bin"
    path.mkdir()
    if setpriv:
        (path / "setpriv").symlink_to(setpriv)
    for cache in ("/dev/null", str(tmp_path / "nothing")):
        env = {"PATH": str(path), "XDG_CACHE_HOME": cache}
        assert f"or in {cache}/muster: run `make setup`" in sentence(run_up(tmp_path / "data", env=env))


@pytest.mark.skipif(not ROOT, reason="Postgres changes its user where it is started by root alone")
def test_without_setpriv_root_is_told_what_is_missing(tmp_path: Path) -> None:
    said = sentence(run_up(tmp_path / "data", env={"PATH": str(tmp_path)}))
    assert "no setpriv on PATH" in said
    assert "DATABASE_URL" in said


@pytest.fixture
def somebody_else() -> tuple[str, ...]:
    """Run what follows as a user who may not write where these tests do."""
    if not ROOT:
        return ()
    inside = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--")
    probe = [*inside, *MUSTER, "--version"]
    if subprocess.run(probe, capture_output=True, check=False).returncode != 0:
        pytest.skip("the checkout is closed to other users")
    return inside


def test_a_folder_of_somebody_else(tmp_path: Path, somebody_else: tuple[str, ...]) -> None:
    tmp_path.chmod(0o500)
    said = sentence(run_up(tmp_path / "data", inside=somebody_else))
    assert f"this user may not use {tmp_path}" in said
    assert "--data" in said


@pytest.fixture
def mount(tmp_path: Path) -> Path:
    probe = [*NAMESPACES, "mount", "-t", "tmpfs", "none", str(tmp_path)]
    if subprocess.run(probe, capture_output=True, check=False).returncode != 0:
        pytest.skip("this user may not mount a file system for one process")
    return tmp_path


def on_tmpfs(mount: Path, options: str) -> tuple[str, ...]:
    """Run what follows with a file system of its own at ``mount``."""
    script = 'mount -t tmpfs -o "$1" none "$2" && shift 2 && exec "$@"'
    return (*NAMESPACES, "sh", "-c", script, "sh", options, str(mount))


def test_a_read_only_file_system(mount: Path) -> None:
    said = sentence(run_up(mount / "data", inside=on_tmpfs(mount, "ro")))
    assert f"{mount}/data is on a file system that is read-only" in said


def test_a_file_system_without_space(mount: Path) -> None:
    said = sentence(run_up(mount / "data", inside=on_tmpfs(mount, "size=5m")))
    assert f"MB are free for {mount}/data" in said
    assert "--data" in said


def test_a_cluster_that_cannot_be_made_says_why(mount: Path) -> None:
    """The space is there, and the number of files is not."""
    said = sentence(run_up(mount / "data", inside=on_tmpfs(mount, "size=500m,nr_inodes=60")))
    assert f"{mount}/data" in said
    assert "No space left on device" in said


def test_a_configured_port_that_is_taken_is_not_moved(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for variable in ("MUSTER_PORT", "MUSTER_WORKER_HEALTH_PORT"):
            said = sentence(run_up(tmp_path / "data", env={variable: str(port)}))
            assert f"cannot listen on 127.0.0.1, port {port}" in said
            assert variable in said


def test_a_configured_host_that_is_not_of_this_machine(tmp_path: Path) -> None:
    """Also where no port is named."""
    for host in ("192.0.2.1", "muster.invalid"):
        said = sentence(run_up(tmp_path / "data", env={"MUSTER_HOST": host}))
        assert f"nothing can listen on MUSTER_HOST, {host}: " in said


def test_one_port_for_two_parts(tmp_path: Path) -> None:
    port = str(free_port())
    said = sentence(run_up(tmp_path / "data", env={"MUSTER_PORT": port, "MUSTER_WORKER_HEALTH_PORT": port}))
    assert f"cannot both listen on port {port}" in said
    assert "MUSTER_WORKER_HEALTH_PORT" in said


def test_a_failed_write_names_the_folder_that_it_went_to(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left on device") as caught:
        Path("/dev/full").write_text("x")
    assert f"no space left for {tmp_path}" in sentence_of(caught.value, tmp_path)


def test_an_error_without_a_number_is_its_own_sentence(tmp_path: Path) -> None:
    assert sentence_of(OSError("there is no home"), tmp_path) == "there is no home"


def test_the_tests_have_a_temporal_server() -> None:
    assert find_temporal().exists()
