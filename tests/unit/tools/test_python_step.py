"""An environment is used where it is complete and at its place; any other one is made anew.

What `python -m venv` and pip do is a stand-in here; test_interrupted_setup has the real ones.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from tools.steps import choice, python
from tools.steps.progress import StepFailed
from tools.steps.python import VirtualEnvironment


class Machine:
    """Records the commands; ``fails_at`` is a word of the command that fails."""

    def __init__(self, folder: Path) -> None:
        self.commands: list[str] = []
        self.fails_at = "nothing"
        self.base = folder / "base" / "python3.11"
        self.base.parent.mkdir()
        self.base.write_text("")

    def run(self, command: Sequence[str | Path], **_: object) -> list[str]:
        text = " ".join(map(str, command))
        self.commands.append(text)
        if self.fails_at in text:
            raise StepFailed(self.fails_at)
        if "venv" in command:
            folder = Path(command[-1]) / "bin"
            folder.mkdir(parents=True)
            (folder / "python").symlink_to(self.base)
        elif "--editable" in command:
            Path(command[0]).with_name("muster").write_text("")
        return []

    @property
    def created(self) -> int:
        return sum("-m venv" in command and command.endswith("/.venv") for command in self.commands)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine(tmp_path)
    monkeypatch.setattr(python, "run", machine.run)
    monkeypatch.setattr(python, "pip_environment", lambda path: {})
    monkeypatch.setattr(choice, "base_python", lambda: machine.base)
    return machine


@pytest.fixture
def checkout(tmp_path: Path, machine: Machine) -> Path:
    """A checkout that is set up."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    for name in ("requirements.lock", "pyproject.toml"):
        (folder / name).write_text("package==1.0\n")
    VirtualEnvironment(folder).do()
    machine.commands.clear()
    return folder


def test_a_complete_environment_is_left_alone(checkout: Path) -> None:
    assert VirtualEnvironment(checkout).done()
    assert list(VirtualEnvironment(checkout).missing()) == []


@pytest.mark.parametrize("stamp", [None, "", "{", "[]", "0123abcd"])
def test_an_environment_without_a_good_stamp_is_made_anew(
    checkout: Path, machine: Machine, stamp: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    (checkout / ".venv" / "installed").unlink()
    (checkout / ".venv" / "left over").write_text("")
    if stamp is not None:
        (checkout / ".venv" / "installed").write_text(stamp)
    environment = VirtualEnvironment(checkout)
    assert not environment.done()
    environment.do()
    assert machine.created == 1
    assert not (checkout / ".venv" / "left over").exists()
    assert "left half made" in capsys.readouterr().out
    assert environment.done()


@pytest.mark.parametrize("fails_at", ["--progress-bar", "--editable"])
def test_a_change_of_packages_that_was_stopped_is_made_anew(
    checkout: Path, machine: Machine, fails_at: str
) -> None:
    (checkout / "requirements.lock").write_text("package==2.0\n")
    machine.fails_at = fails_at
    with pytest.raises(StepFailed):
        VirtualEnvironment(checkout).do()
    (checkout / "requirements.lock").write_text("package==1.0\n")
    assert not VirtualEnvironment(checkout).done()
    machine.fails_at = "nothing"
    VirtualEnvironment(checkout).do()
    assert machine.created == 1


def test_packages_that_cannot_be_had_leave_what_is_there(checkout: Path, machine: Machine) -> None:
    """Without a network, the checkout of before still works."""
    (checkout / "requirements.lock").write_text("package==2.0\n")
    machine.fails_at = "--dry-run"
    with pytest.raises(StepFailed):
        VirtualEnvironment(checkout).do()
    (checkout / "requirements.lock").write_text("package==1.0\n")
    assert VirtualEnvironment(checkout).done()


@pytest.mark.parametrize("fails_at", ["-m venv", "--dry-run"])
def test_an_environment_of_ones_own_stays_where_a_new_one_cannot_be_had(
    checkout: Path, machine: Machine, fails_at: str
) -> None:
    """It has no stamp; or another place's, or another Python's."""
    stamp, own = checkout / ".venv" / "installed", checkout / ".venv" / "of my own"
    own.write_text("")
    machine.fails_at = fails_at
    for text in (
        None,
        '{"place": "/elsewhere/.venv"}',
        f'{{"place": "{checkout}/.venv", "python": "/gone"}}',
    ):
        stamp.unlink(missing_ok=True)
        if text is not None:
            stamp.write_text(text)
        with pytest.raises(StepFailed):
            VirtualEnvironment(checkout).do()
        assert own.exists()
        assert machine.created == 0
    assert [entry.name for entry in VirtualEnvironment(checkout).folder().iterdir()] == []
    machine.fails_at = "nothing"
    VirtualEnvironment(checkout).do()
    assert machine.created == 1
    assert not own.exists()


def test_a_new_package_of_the_project_is_installed_into_what_is_there(
    checkout: Path, machine: Machine
) -> None:
    (checkout / "new").mkdir()
    (checkout / "new" / "__init__.py").write_text("")
    assert not VirtualEnvironment(checkout).done()
    VirtualEnvironment(checkout).do()
    assert machine.created == 0
    assert VirtualEnvironment(checkout).done()


@pytest.mark.parametrize("move", [shutil.move, shutil.copytree])
def test_an_environment_that_was_made_elsewhere_is_made_anew(
    checkout: Path, machine: Machine, move: object, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its scripts name the old place, which may be there still."""
    assert callable(move)
    new = checkout.with_name("new")
    move(checkout, new)
    assert not VirtualEnvironment(new).done()
    VirtualEnvironment(new).do()
    assert machine.created == 1
    assert f"was made in {checkout}/.venv" in capsys.readouterr().out


def test_a_link_is_replaced_and_what_it_leads_to_stays(checkout: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for name in ("requirements.lock", "pyproject.toml"):
        shutil.copy(checkout / name, other / name)
    (other / ".venv").symlink_to(checkout / ".venv")
    assert not VirtualEnvironment(other).done()
    VirtualEnvironment(other).do()
    assert VirtualEnvironment(other).done()
    assert VirtualEnvironment(checkout).done()


def test_a_file_in_its_place_is_replaced(checkout: Path) -> None:
    shutil.rmtree(checkout / ".venv")
    (checkout / ".venv").write_text("")
    VirtualEnvironment(checkout).do()
    assert VirtualEnvironment(checkout).done()


def test_a_python_that_went_away_or_changed_its_version_is_noticed(
    checkout: Path, machine: Machine, tmp_path: Path
) -> None:
    newer = machine.base.with_name("python3.12")
    machine.base.rename(newer)
    assert not VirtualEnvironment(checkout).done()
    machine.base.symlink_to(newer)
    assert not VirtualEnvironment(checkout).done()
    VirtualEnvironment(checkout).do()
    assert machine.created == 1


def test_another_python_counts_only_if_it_was_named(checkout: Path, machine: Machine) -> None:
    machine.base = machine.base.with_name("python3.13")
    machine.base.write_text("")
    assert VirtualEnvironment(checkout).done()
    named = VirtualEnvironment(checkout, named=True)
    assert not named.done()
    named.do()
    assert machine.created == 1
    assert named.done()


def test_a_pip_that_installs_elsewhere_is_a_failure(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (checkout / ".venv" / "bin" / "muster").unlink()
    (checkout / "requirements.lock").write_text("package==2.0\n")
    monkeypatch.setattr(python, "run", lambda command, **_: [])
    with pytest.raises(StepFailed, match="pip ended well"):
        VirtualEnvironment(checkout).do()
    assert not VirtualEnvironment(checkout).done()


def test_a_python_without_venv_or_pip_is_named_with_debians_package(
    checkout: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(checkout / ".venv")
    monkeypatch.setattr(python, "find_spec", lambda name: None)
    [text] = VirtualEnvironment(checkout).missing()
    assert text.startswith(f"the module venv of {machine.base}")
    assert "apt-get install python3." in text
