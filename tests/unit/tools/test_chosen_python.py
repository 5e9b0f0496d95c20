"""A Python that PYTHON=… names is kept for later commands, and forgotten once it does not run any more.

All of it happens in one checkout, under settings of pip and Python that point elsewhere.
"""

import json
import os
import platform
import signal
from pathlib import Path

import pytest

from tests.unit.tools.small_checkout import PYTHON, SmallCheckout

ELSEWHERE = {
    "PIP_PREFIX": "/nowhere",
    "PIP_REQUIRE_HASHES": "1",
    "PIP_REQUIRE_VIRTUALENV": "1",
    "PIP_TARGET": "/nowhere",
    "PIP_USER": "1",
    "PYTHONHOME": "/nowhere",
    "PYTHONPATH": "/nowhere",
    "VIRTUAL_ENV": "/nowhere",
    "npm_config_global": "true",
}
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

BROKEN = "#!/bin/sh\necho python3 was asked >&2\nexit 1\n"


@pytest.fixture(scope="module")
def chosen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python that is named."""
    python = tmp_path_factory.mktemp("chosen python") / "python3"
    python.symlink_to(PYTHON)
    return python


@pytest.fixture
def fresh(tmp_path: Path) -> SmallCheckout:
    return SmallCheckout(tmp_path)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory, chosen: Path) -> SmallCheckout:
    """A Python is named for a set-up that is stopped; the next command, without a name, makes the rest.

    The machine's python3 is of no use.
    """
    checkout = SmallCheckout(tmp_path_factory.mktemp("checkout"))
    (checkout.bin / "python3").unlink()
    checkout.command("python3", BROKEN)
    (checkout.home / ".config" / "pip").mkdir(parents=True)
    (checkout.home / ".config" / "pip" / "pip.conf").write_text("[install]\nuser = true\nno-deps = true\n")
    with checkout.start("setup", f"PYTHON={chosen}", **ELSEWHERE) as stopped:
        assert stopped.stdout is not None
        assert stopped.stdout.readline() == f"{chosen} is kept in .setup/python: make uses it from now on\n"
        os.killpg(stopped.pid, signal.SIGKILL)
    code, output = checkout.make("run", **ELSEWHERE)
    assert code == 0, output
    python = f"Python {platform.python_version()} ({chosen}, kept in .setup/python)"
    assert f"creating .venv with {python}" in output
    return checkout


def test_packages_are_in_the_environment_whatever_pips_settings_say(checkout: SmallCheckout) -> None:
    checkout.assert_complete()
    asked = (checkout.home / "npm.environment").read_text()
    assert "npm_config_global" not in asked


def test_a_later_command_uses_the_named_python_and_says_nothing(checkout: SmallCheckout) -> None:
    code, output = checkout.make("run", **ELSEWHERE)
    assert code == 0, output
    told = json.loads(output)
    assert told["prefix"] == f"{checkout.folder}/.venv"
    assert not {"PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV"} & told["environment"].keys()


def test_a_kept_python_that_does_not_run_is_named_and_forgotten(checkout: SmallCheckout) -> None:
    (checkout.folder / ".setup" / "python").write_text("/nowhere/python3\n")
    (checkout.bin / "python3").unlink()
    (checkout.bin / "python3").symlink_to(PYTHON)
    code, output = checkout.make("setup")
    assert code == 0, output
    assert "/nowhere/python3, which an earlier PYTHON=… named, does not run any more: Python 3" in output
    assert not (checkout.folder / ".setup" / "python").exists()
    assert checkout.make("setup") == (0, "")


@pytest.mark.parametrize("option", [("PYTHON=/nowhere/python3",), ()])
def test_without_a_python_a_sentence_says_how_to_name_one(
    fresh: SmallCheckout, option: tuple[str, ...]
) -> None:
    code, output = fresh.make("setup", *option, PATH="/nowhere:" + only_make(fresh))
    assert code != 0
    assert "There is no " in output
    assert "make setup PYTHON=/path/to/python3.11" in output
    assert not (fresh.folder / ".setup" / "python").exists()


def only_make(fresh: SmallCheckout) -> str:
    """A folder with a shell's commands and without Python."""
    folder = fresh.home / "only make"
    folder.mkdir(exist_ok=True)
    for name in ("make", "sh", "cat", "env"):
        if not (folder / name).exists():
            (folder / name).symlink_to(f"/usr/bin/{name}")
    return str(folder)


def test_a_named_python_that_is_too_old_is_refused_and_not_kept(fresh: SmallCheckout) -> None:
    """An old one: it says what it is, and runs as what it is not."""
    old = fresh.bin / "old"
    program = (
        "import runpy, sys; sys.version_info = (3, 9, 2); sys.argv = sys.argv[1:]; "
        "runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    fresh.command("old", f'#!/bin/sh\nexec {PYTHON} -c "{program}" "$@"\n')
    code, output = fresh.make("setup", f"PYTHON={old}")
    assert code != 0
    assert "Python 3.11 or newer is needed" in output
    assert not (fresh.folder / ".setup" / "python").exists()
