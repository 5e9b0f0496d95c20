"""The ready file is there exactly while everything runs."""

import json
import stat
from pathlib import Path

from sandbox.up.supervision.ready_file import ReadyFile


def test_the_ready_file_appears_when_all_is_up_and_goes_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "ready.json"
    path.write_text("of a run before")
    ready = ReadyFile(path)
    assert not path.exists()

    ready.update({"api": 1})
    assert not path.exists()

    ready.open({"api": "http://127.0.0.1:8080"}, {"api": 1})
    assert json.loads(path.read_text()) == {"api": "http://127.0.0.1:8080", "processes": {"api": 1}}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

    ready.update({"api": 2})
    assert json.loads(path.read_text())["processes"] == {"api": 2}

    ready.remove()
    ready.update({"api": 3})
    assert list(tmp_path.iterdir()) == []
