"""The data folder serves one `muster up` at a time and keeps what must not change."""

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
