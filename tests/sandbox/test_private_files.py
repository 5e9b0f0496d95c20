"""Each file of the sandbox with secrets is its owner's alone, and is replaced in one step or not at all."""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.certificates import https_listener
from sandbox.company import build_company
from sandbox.company.file import write_company
from sandbox.private_files import write_private
from sandbox.signing_key import SigningKey
from sandbox.snapshot import _replace as write_snapshot
from sandbox.up.kept_ports import take_ports
from sandbox.up.supervision.ready_file import ReadyFile


def pieces() -> Iterator[bytes]:
    yield b"first"
    yield b"second"


def make_certificate(folder: Path) -> None:
    https_listener(1, folder, "teams")
    (folder / "lock").unlink()  # which says nothing


def make_signing_key(folder: Path) -> None:
    SigningKey.kept_in(folder)
    (folder / "lock").unlink()  # which says nothing


WRITERS: dict[str, Callable[[Path], object]] = {
    "a text": lambda folder: write_private(folder / "keys", "text"),
    "pieces": lambda folder: write_private(folder / "keys", pieces()),
    "company": lambda folder: write_company(folder / "company.json", build_company()),
    "certificates": make_certificate,
    "signing key": make_signing_key,
    "snapshot": lambda folder: write_snapshot(folder / "teams.json", lambda: {"a": [1]}, {}),
    "ports": lambda folder: take_ports(folder / "ports.json", ()),
    "ready file": lambda folder: ReadyFile(folder / "ready.json").open({"api": "x"}, {}),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_only_its_owner_reads_it_whatever_the_shell_says(writer: str, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        WRITERS[writer](tmp_path)
    finally:
        os.umask(before)
    written = list(tmp_path.iterdir())
    assert written
    assert {stat.S_IMODE(path.stat().st_mode) for path in written} == {0o600}


@pytest.mark.parametrize("writer", WRITERS)
def test_a_write_that_fails_leaves_nothing_beside(
    writer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fdopen", fails)
    with pytest.raises(OSError, match="No space left"):
        WRITERS[writer](tmp_path)
    assert {path.name for path in tmp_path.iterdir()} <= {"lock"}


def test_pieces_that_fail_leave_the_file_as_it_was(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"new"
        raise ValueError("no more")

    file = tmp_path / "keys"
    write_private(file, "old")
    with pytest.raises(ValueError, match="no more"):
        write_private(file, broken())
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("keys", "old")]


def test_what_a_killed_process_left_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / ".keys.new").touch(mode=0o400)
    write_private(tmp_path / "keys", pieces())
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("keys", "firstsecond")]
