"""The lock files are compared or made, or a sentence says why not."""

import shutil
import sys
from pathlib import Path

import pytest

from tools import lock

CHECKOUT = Path(__file__).parents[3]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the locks are made from, and the locks; no package index can be reached."""
    folder = tmp_path / "checkout"
    (folder / "deploy").mkdir(parents=True)
    for name in ("pyproject.toml", "requirements.lock", "deploy/requirements.lock"):
        shutil.copyfile(CHECKOUT / name, folder / name)
    monkeypatch.setattr(lock, "_CHECKOUT", folder)
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_OFFLINE", "1")
    return folder


def run(monkeypatch: pytest.MonkeyPatch, *options: str) -> str:
    """The sentence with which it ends."""
    monkeypatch.setattr(sys, "argv", ["lock", *options])
    with pytest.raises(SystemExit) as ended:
        lock.main()
    return str(ended.value.code)


@pytest.mark.parametrize("name", ["requirements.lock", "deploy/requirements.lock"])
def test_a_lock_that_is_missing_is_named_with_what_makes_it(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (checkout / name).unlink()
    assert run(monkeypatch, "--check") == f"{name} is not there: make lock"


@pytest.mark.parametrize("options", [[], ["--check"]])
def test_without_a_package_index_a_sentence_says_so(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    before = (checkout / "requirements.lock").read_text()
    assert run(monkeypatch, *options).startswith("uv cannot work out requirements.lock (is the package index")
    assert (checkout / "requirements.lock").read_text() == before
