"""The set-up can be read by an old Python and needs nothing installed."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tools import steps
from tools.steps.npm import NpmPackages

CHECKOUT = Path(__file__).parents[3]


def test_an_old_python_gets_as_far_as_the_advice() -> None:
    ast.parse((CHECKOUT / "tools" / "setup.py").read_text(), feature_version=(3, 7))


def test_the_steps_need_the_standard_library_alone() -> None:
    source = f"import sys; sys.path.insert(0, {str(CHECKOUT)!r}); import tools.steps"
    subprocess.run([sys.executable, "-I", "-S", "-c", source], check=True)


def test_no_file_names_an_index() -> None:
    lock = (CHECKOUT / "requirements.lock").read_text()
    assert "--hash=sha256:" in lock
    assert "://" not in lock
    for file in CHECKOUT.glob("tools/npm/*/package-lock.json"):
        assert '"resolved"' not in file.read_text()


def test_a_cache_folder_that_cannot_be_used_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(file))
    monkeypatch.setattr(steps, "_ALWAYS", (NpmPackages("cards"),))
    with pytest.raises(SystemExit, match=r"setup stopped: .*XDG_CACHE_HOME"):
        steps.run([])
