"""CI runs in a clone with nothing beside it, and ends as the tests in it end."""

import shutil
import subprocess
from pathlib import Path

import pytest

RUN = Path(__file__).parents[3] / ".ci" / "run"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with this CI, a stand-in for the targets that it makes, and a folder beside it."""
    folder = tmp_path / "work" / "checkout"
    (folder / ".ci").mkdir(parents=True)
    (folder.parent / "shared").mkdir()
    shutil.copy(RUN, folder / ".ci" / "run")
    write_makefile(folder, "@ls -d ../*/ && ls")
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    commit(folder)
    return folder


def write_makefile(folder: Path, test: str) -> None:
    (folder / "Makefile").write_text(f"lock-check audit soak:\n\t@echo $@\n\ntest:\n\t{test}\n")


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True)


def commit(folder: Path) -> None:
    git(
        folder,
        "-c",
        "user.name=T",
        "-c",
        "user.email=t@t.example",
        "commit",
        "--quiet",
        "--all",
        "-m",
        "Change",
    )


def run_ci(folder: Path, tmp_path: Path, **shell: str) -> subprocess.CompletedProcess[str]:
    """As CI starts it; its temporary folders are made in ``tmp_path / "temporary"``."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "TMPDIR": str(temporary), **shell}
    command = ["bash", ".ci/run"]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert list(temporary.iterdir()) == []
    return done


def test_what_is_committed_is_there_and_nothing_beside_it(checkout: Path, tmp_path: Path) -> None:
    (checkout / "forgotten").write_text("not committed")
    done = run_ci(checkout, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["lock-check", "audit", "../muster/", "Makefile", "soak"]
    assert done.stderr == "what is not committed is not checked\n"


def test_outside_a_git_clone_a_sentence_says_what_is_needed(checkout: Path, tmp_path: Path) -> None:
    shutil.rmtree(checkout / ".git")
    done = run_ci(checkout, tmp_path)
    assert done.returncode == 1
    assert done.stderr.endswith("needs a git clone: what is committed is checked\n")


def test_failing_tests_fail_it_and_their_last_line_is_the_last(checkout: Path, tmp_path: Path) -> None:
    write_makefile(checkout, "@echo '1 failed, 2 passed in 3 s'; exit 1")
    commit(checkout)
    done = run_ci(checkout, tmp_path)
    assert done.returncode != 0
    assert done.stdout.splitlines()[-1] == "1 failed, 2 passed in 3 s"


def test_a_hooks_variables_of_git_and_a_search_path_of_cd_have_no_say(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere" / ".ci").mkdir(parents=True)
    shell = {"GIT_DIR": "/nowhere", "GIT_INDEX_FILE": "/nowhere", "CDPATH": str(tmp_path / "elsewhere")}
    done = run_ci(checkout, tmp_path, **shell)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["lock-check", "audit", "../muster/", "Makefile", "soak"]
