"""The set-up can be read by an old Python and needs nothing installed."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tools.steps import debian, pooler

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


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the step of the pooler would run."""
    run: list[str] = []
    monkeypatch.setattr(debian, "run", lambda command, **_: run.append(" ".join(map(str, command))))
    return run


def test_a_machine_that_is_not_ours_to_change_goes_without_a_pooler(
    commands: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert list(pooler.missing()) == []
    pooler.do()
    assert commands == []
    assert "the store is not tested through it" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("systemd", "first", "last"),
    [
        (True, "systemctl mask pgbouncer.service", "apt-get install"),
        (False, "dpkg --configure", "/pgbouncer stop"),
    ],
)
def test_a_pooler_that_is_installed_does_not_stay_running(
    systemd: bool,
    first: str,
    last: str,
    commands: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("shutil.which", lambda name, **_: f"/usr/bin/{name}")
    monkeypatch.setattr(pooler, "_SYSTEMD", tmp_path if systemd else tmp_path / "none")
    service = tmp_path / "pgbouncer"
    service.touch()
    monkeypatch.setattr(pooler, "_SERVICE", service)
    pooler.do()
    assert commands[0].startswith(first)
    assert last in commands[-1]
