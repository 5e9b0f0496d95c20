"""The data folder serves one `muster up` at a time and keeps what must not change."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.up.servers.data_folder import DataFolder, FolderRefused

TRIES_TO_LOCK = """
import pathlib, sys
from sandbox.up.servers.data_folder import DataFolder, FolderRefused
try:
    with DataFolder(pathlib.Path(sys.argv[1])).locked():
        print("locked")
except FolderRefused as refusal:
    print(refusal)
"""


def try_to_lock(folder: Path) -> str:
    """What another process is told."""
    command = [sys.executable, "-c", TRIES_TO_LOCK, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_second_one_is_told_who_has_the_folder(tmp_path: Path) -> None:
    with DataFolder(tmp_path).locked():
        assert "already runs on" in try_to_lock(tmp_path)
        assert "--data" in try_to_lock(tmp_path)
    assert try_to_lock(tmp_path) == "locked\n"


def test_the_world_is_kept(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    world = folder.open_world(connected=True)
    assert folder.open_world(connected=True) == world
    assert stat.S_IMODE(folder.world.stat().st_mode) == 0o600


@pytest.mark.parametrize("connected", [True, False])
def test_a_world_of_the_other_kind_is_refused(tmp_path: Path, *, connected: bool) -> None:
    folder = DataFolder(tmp_path)
    folder.open_world(connected=connected)
    with pytest.raises(FolderRefused, match="--empty"):
        folder.open_world(connected=not connected)


def test_the_key_ring_is_drawn_once_and_private(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    assert folder.key_ring() == folder.key_ring()
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o600
