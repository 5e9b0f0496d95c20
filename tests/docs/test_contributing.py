"""The commands of CONTRIBUTING.md, as written: quick ones work, slow ones name what is there.

They run in a copy of the checkout with its environment, and must leave the copy as it was: what a command
writes is what is committed. Those that run tests only collect them: the tests themselves run beside these.
"""

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.docs.checkout import REPOSITORY, files

PAGE = (REPOSITORY / "CONTRIBUTING.md").read_text()
FENCED = re.compile(r"^( *)```sh\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
TARGET = re.compile(r"^([a-z-]+):", re.MULTILINE)


class Command(NamedTuple):
    """One line of a fenced block."""

    text: str
    slow: bool

    @property
    def words(self) -> list[str]:
        return shlex.split(self.text)


def commands(page: str) -> Iterator[Command]:
    for block in FENCED.finditer(page):
        for line in block[2].splitlines():
            text, _, comment = line.partition("#")
            if text.strip():
                yield Command(text.strip(), slow=comment.strip().startswith("slow"))


COMMANDS = list(commands(PAGE))
QUICK = [command.text for command in COMMANDS if not command.slow]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkout's files as they are now, committed, beside the checkout's environment."""
    folder = tmp_path_factory.mktemp("checkout")
    folder.chmod(0o755)
    for name in files():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(REPOSITORY / name, target, follow_symlinks=False)
    (folder / ".venv").symlink_to(REPOSITORY / ".venv")
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(
        folder, "-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "--quiet", "-m", "copy"
    )
    return folder


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


def environment(copy: Path, text: str) -> dict[str, str]:
    """The copy's code in the checkout's environment; it is set up already, and PYTHON=true skips that."""
    outer = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "MAKE"))}
    collecting = {"PYTEST_ADDOPTS": "--collect-only"} if text.startswith(".venv/bin/pytest") else {}
    return {
        **outer,
        **collecting,
        "PYTHONPATH": str(copy),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHON": "true",
    }


@pytest.mark.soak
@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("text", QUICK)
def test_quick_command_works_and_changes_no_file(text: str, copy: Path) -> None:
    done = subprocess.run(
        ["bash", "-c", text],
        cwd=copy,
        env=environment(copy, text),
        capture_output=True,
        text=True,
        check=False,
    )
    changed = git(copy, "status", "--porcelain")
    git(copy, "reset", "--quiet", "--hard")
    git(copy, "clean", "--quiet", "--force", "-d")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert changed == ""


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.text)
def test_command_names_what_is_there(command: Command) -> None:
    program, *arguments = command.words
    if program == "make":
        assert arguments[0] in TARGET.findall((REPOSITORY / "Makefile").read_text())
    elif program != ".venv/bin/pytest":
        assert os.access(REPOSITORY / program, os.X_OK)
    paths = [argument for argument in arguments if "/" in argument]
    assert [path for path in paths if not (REPOSITORY / path).exists()] == []


def test_target_that_the_page_names_is_there() -> None:
    named = set(re.findall(r"`make ([a-z-]+)", PAGE))
    assert {"golden", "fingerprints", "schema-sql"} <= named
    assert named <= set(TARGET.findall((REPOSITORY / "Makefile").read_text()))


KINDS = {
    "An event type",
    "A verb",
    "A card, with its golden file",
    "A migration",
    "A workflow",
    "A history",
}


def test_every_kind_of_change_has_a_quick_command() -> None:
    sections = {part.partition("\n")[0]: part for part in PAGE.split("\n## ")[1:]}
    assert sections.keys() >= KINDS
    without = {kind for kind in KINDS if all(command.slow for command in commands(sections[kind]))}
    assert without == set()


def test_commands_are_read_with_their_mark() -> None:
    page = "```sh\nmake a   # slow: b\n```\n1. x\n\n   ```sh\n   make c D=e\n   ```\n\n```toml\nf\n```\n"
    assert list(commands(page)) == [Command("make a", slow=True), Command("make c D=e", slow=False)]
