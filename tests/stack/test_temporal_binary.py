"""Which Temporal command is taken."""

import os
from pathlib import Path

import pytest

from sandbox.up.servers.temporal_binary import TemporalMissing, cached_binary, find_temporal


def command(path: Path, server: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho 'temporal version 1.0.0 (Server {server}, UI 2.50.1)'\n")
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}/usr/bin:/bin")


def test_a_command_on_path_is_taken_if_new_enough(tmp_path: Path) -> None:
    cached = command(cached_binary(), "1.31.4")
    on_path = command(tmp_path / "bin" / "temporal", "1.30.9")
    assert find_temporal() == cached

    command(on_path, "1.32.0")
    assert find_temporal() == on_path


def test_without_one_the_text_says_what_to_do() -> None:
    with pytest.raises(TemporalMissing, match="make setup"):
        find_temporal()


def test_another_pinned_version_has_another_name(tmp_path: Path) -> None:
    for name in ("go.mod", "go.sum"):
        (tmp_path / name).write_text("another")
    assert cached_binary(tmp_path) != cached_binary()
