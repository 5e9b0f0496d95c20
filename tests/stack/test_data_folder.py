"""The data folder serves one `muster up` at a time and keeps what must not change."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.up.servers.data_folder import DataFolder, DataFolderError

TRIES_TO_LOCK = """
import pathlib, sys
from sandbox.up.servers.data_folder import DataFolder, DataFolderError
try:
    with DataFolder(pathlib.Path(sys.argv[1])).locked():
        print("locked")
except DataFolderError as refusal:
    print(refusal)
"""


def try_to_lock(folder: Path) -> str:
    """What another process is told."""
    command = [sys.executable, "-c", TRIES_TO_LOCK, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_second_process_learns_which_one_has_the_folder(tmp_path: Path) -> None:
    with DataFolder(tmp_path).locked():
        assert "already runs on" in try_to_lock(tmp_path)
        assert "--data" in try_to_lock(tmp_path)
    assert try_to_lock(tmp_path) == "locked\n"


def test_a_folder_of_another_version_is_refused_with_advice(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    with folder.locked():
        folder.key_ring()
    assert try_to_lock(tmp_path) == "locked\n"
    (tmp_path / "format").unlink()
    assert "make clean" in try_to_lock(tmp_path)


def test_the_company_is_kept(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    company = folder.open_company(connected=True)
    assert folder.open_company(connected=True) == company
    assert stat.S_IMODE(folder.company.stat().st_mode) == 0o600


@pytest.mark.parametrize("connected", [True, False])
def test_a_company_of_the_other_kind_is_refused(tmp_path: Path, *, connected: bool) -> None:
    folder = DataFolder(tmp_path)
    folder.open_company(connected=connected)
    with pytest.raises(DataFolderError, match="--empty"):
        folder.open_company(connected=not connected)


def test_the_key_ring_is_drawn_once_and_private(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    assert folder.key_ring() == folder.key_ring()
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o600


def test_a_folder_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    folder, outside = DataFolder(tmp_path / "data"), tmp_path / "outside"
    with folder.locked():
        folder.key_ring()
    outside.touch(mode=0o644)
    logs = folder.path / "logs" / "deep"
    logs.mkdir(parents=True)
    (logs / "worker.log").touch()
    (folder.path / "link").symlink_to(outside)
    (folder.path / "dangling").symlink_to(tmp_path / "nowhere")
    for path in (folder.path, *folder.path.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o777)

    with folder.locked():
        modes = {
            path.name: stat.S_IMODE(path.stat().st_mode)
            for path in (folder.path, *folder.path.rglob("*"))
            if not path.is_symlink()
        }
    assert modes == {
        "data": 0o700, "logs": 0o700, "deep": 0o700,
        "worker.log": 0o600, "keys": 0o600, "lock": 0o600, "format": 0o600,
    }  # fmt: skip
    assert stat.S_IMODE(outside.stat().st_mode) == 0o644


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_folder_of_ours_around_it_is_closed_too(tmp_path: Path) -> None:
    """An older `muster up` made it, or somebody by hand. What is in it beside is left to its own stack."""
    ours, beside = tmp_path / ".muster", tmp_path / ".muster" / "playground"
    for kind in ("empty", "."):
        beside.mkdir(parents=True, exist_ok=True)
        for folder in (ours, beside, tmp_path):
            folder.chmod(0o755)
        with DataFolder(ours / kind, within=ours).locked():
            assert (mode(ours), mode(tmp_path)) == (0o700, 0o755)


def test_a_folder_that_is_not_ours_stays_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with DataFolder(tmp_path / "data").locked():
        assert (mode(tmp_path), mode(tmp_path / "data")) == (0o755, 0o700)


def test_a_folder_behind_a_link_is_closed(tmp_path: Path) -> None:
    disk, link = tmp_path / "disk", tmp_path / ".muster"
    disk.mkdir(mode=0o755)
    link.symlink_to(disk)
    with DataFolder(link / "empty", within=link).locked():
        assert mode(disk) == 0o700
    disk.chmod(0o755)
    (disk / "lock").touch()
    with DataFolder(link).locked():
        assert mode(disk) == 0o700


def test_a_new_folder_is_private_whatever_the_shell_says(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        folder = DataFolder(tmp_path / "data")
        with folder.locked():
            folder.forget_logs()
            folder.write_secrets(database_url="postgresql://x", keys="k1:x")
            folder.write_temporal_ui("http://127.0.0.1:8233")
    finally:
        os.umask(before)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (folder.path, *folder.path.rglob("*"))}
    assert modes == {0o700, 0o600}


def test_a_data_folder_beside_that_of_another_company_is_a_new_one(tmp_path: Path) -> None:
    with DataFolder(tmp_path / "empty").locked(), DataFolder(tmp_path).locked():
        assert try_to_lock(tmp_path / "playground") == "locked\n"


def test_others_know_whether_a_folder_is_held(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    assert not folder.is_held()
    assert not folder.path.exists()
    with DataFolder(folder.path).locked():
        assert folder.is_held()
    assert not folder.is_held()


def test_secrets_that_the_environment_has_are_not_kept(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.write_secrets(database_url="postgresql://x", keys="k1:x")
    folder.write_secrets(database_url=None, keys="k1:x")
    assert [entry.name for entry in folder.secrets.iterdir()] == ["muster_keys"]
