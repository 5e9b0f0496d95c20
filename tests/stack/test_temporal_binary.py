"""Which Temporal command is taken."""

import os
from pathlib import Path

import pytest

from sandbox.up.servers.temporal_binary import (
    TemporalMissing,
    cached_binary,
    find_temporal,
    pinned_server,
)


def command(path: Path, server: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho 'temporal version 1.0.0 (Server {server}, UI 2.50.1)'\n")
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}/usr/bin:/bin")


@pytest.mark.parametrize(
    ("on_path", "in_cache", "expected"),
    [
        ("1.32.0", "1.31.4", "path"),
        ("1.31.4", "1.31.4", "path"),
        ("1.31.2", "1.31.4", "cache"),
        ("1.30.9", "1.31.2", "cache"),
        ("1.31.3", "1.31.2", "path"),
    ],
)
def test_the_command_on_path_is_taken_unless_it_is_older_than_pinned_and_than_the_cached(
    tmp_path: Path, on_path: str, in_cache: str, expected: str
) -> None:
    assert pinned_server() == (1, 31, 4)
    commands = {
        "cache": command(cached_binary(), in_cache),
        "path": command(tmp_path / "bin" / "temporal", on_path),
    }
    assert find_temporal() == commands[expected]


def test_a_cached_command_that_prints_no_version_is_not_taken() -> None:
    command(cached_binary(), "unknown")
    with pytest.raises(TemporalMissing):
        find_temporal()


def test_without_a_command_the_text_says_what_to_do() -> None:
    with pytest.raises(TemporalMissing, match="make setup"):
        find_temporal()


def test_another_pinned_version_has_another_name(tmp_path: Path) -> None:
    for name in ("go.mod", "go.sum"):
        (tmp_path / name).write_text("another")
    assert cached_binary(tmp_path) != cached_binary()
