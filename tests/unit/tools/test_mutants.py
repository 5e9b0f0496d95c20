"""A patch counts as noticed if the tests it names pass without it and fail with it."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tools.mutants import run

CODE = "def double(number):\n    return number * 2\n"
TESTS = """
import pytest
from code_under_test import double

@pytest.fixture
def two():
    assert double(1) == 2
    return 2

def test_twice_two():
    assert double(2) == 4

def test_twice_three():
    assert double(3) == 6

def test_with_a_fixture(two):
    assert double(two) == 4

def test_wrong_from_the_start():
    assert double(2) == 5
"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one module, its tests and no patches."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # quicker, and these tests need no plugin
    folder = tmp_path / "checkout"
    (folder / "tests" / "mutations").mkdir(parents=True)
    (folder / "code_under_test.py").write_text(CODE)
    (folder / "tests" / "test_code.py").write_text(TESTS)
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "-c", "user.name=T", "-c", "user.email=t@t.example", "commit", "--quiet", "-m", "Double")
    return folder


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True)


def write_patch(
    checkout: Path, name: str, *tests: str, becomes: str = "number ** 2", was: str = "number * 2"
) -> None:
    head = "".join(f"Tests: tests/test_code.py::{test}\n" for test in tests)
    diff = (
        "--- a/code_under_test.py\n+++ b/code_under_test.py\n@@ -1,2 +1,2 @@\n"
        f" def double(number):\n-    return {was}\n+    return {becomes}\n"
    )
    (checkout / "tests" / "mutations" / f"{name}.patch").write_text(f"Multiply wrongly.\n{head}{diff}")


def lines(checkout: Path, capsys: pytest.CaptureFixture[str], *names: str) -> tuple[int, list[str]]:
    """How many patches prove nothing, and what is printed, without the seconds."""
    errors = run(checkout, names)
    return errors, re.sub(r"\d+ (min|s)\b", r"… \1", capsys.readouterr().out).splitlines()


def test_a_patch_that_its_test_notices_is_red(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_patch(checkout, "square", "test_twice_three")
    errors, [line, last] = lines(checkout, capsys)
    assert errors == 0
    assert line.startswith("red   square (… s): assert 9 == 6")
    assert last == "1 of 1 noticed in … min … s"


def test_a_patch_that_a_named_test_does_not_notice_is_an_error(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_patch(checkout, "square", "test_twice_three", "test_twice_two")
    assert lines(checkout, capsys) == (
        1,
        ["ERROR square: tests/test_code.py::test_twice_two passes", "0 of 1 noticed in … min … s"],
    )


def test_a_patch_that_does_not_apply_any_more_is_an_error(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_patch(checkout, "square", "test_twice_three", was="number + number")
    errors, [line, *_] = lines(checkout, capsys)
    assert errors == 1
    assert line.startswith("ERROR square: does not apply")


def test_a_patch_that_names_no_test_is_an_error(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_patch(checkout, "square")
    errors, [line, _] = lines(checkout, capsys)
    assert (errors, line) == (1, "ERROR square: names no test")
    write_patch(checkout, "triple", "test_twice_two", becomes="number * 3")
    errors, [line, following, last] = lines(checkout, capsys)
    assert (errors, line) == (1, "ERROR square: names no test")
    assert following.startswith("red   triple ")
    assert last == "1 of 2 noticed in … min … s"


def test_a_patch_that_keeps_its_test_from_running_is_an_error(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_patch(checkout, "half", "test_twice_two", becomes="number *")
    errors, [line, *_] = lines(checkout, capsys)
    assert errors == 1
    assert line.startswith("ERROR half: tests/test_code.py::test_twice_two did not run")


def test_a_patch_that_breaks_a_fixture_is_not_noticed(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_patch(checkout, "square", "test_with_a_fixture")
    errors, [line, *_] = lines(checkout, capsys)
    assert (errors, line) == (1, "ERROR square: tests/test_code.py::test_with_a_fixture did not run:")


def test_a_patch_that_leaves_code_which_cannot_run_is_an_error(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_patch(checkout, "half", "test_twice_two", becomes="numbr * 2")
    errors, [line, *_] = lines(checkout, capsys)
    assert errors == 1
    assert line == "ERROR half: tests/test_code.py::test_twice_two fails because the code cannot run:"


@pytest.mark.parametrize("test", ["test_wrong_from_the_start", "test_that_is_not_there"])
def test_a_test_that_does_not_pass_without_the_patch_proves_nothing(
    checkout: Path, capsys: pytest.CaptureFixture[str], test: str
) -> None:
    write_patch(checkout, "square", test)
    errors, [line, *_] = lines(checkout, capsys)
    assert (errors, line) == (1, "the named tests do not pass as the code is:")


def test_each_patch_starts_from_the_committed_code(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_patch(checkout, "first", "test_twice_three", becomes="number ** 2")
    write_patch(checkout, "second", "test_twice_three", becomes="number + 2")
    errors, [first, second, last] = lines(checkout, capsys)
    assert errors == 0
    assert first.startswith("red   first ")
    assert second.startswith("red   second ")
    assert last == "2 of 2 noticed in … min … s"
    assert (checkout / "code_under_test.py").read_text() == CODE


def test_patches_are_tried_by_name_and_an_unknown_name_is_an_error(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_patch(checkout, "square", "test_twice_three")
    write_patch(checkout, "triple", "test_twice_two", becomes="number * 3")
    errors, [line, _] = lines(checkout, capsys, "triple")
    assert errors == 0
    assert line.startswith("red   triple ")
    assert lines(checkout, capsys, "tripel") == (1, ["no such patch in tests/mutations: tripel"])


def test_changes_that_are_not_committed_are_told_and_not_tried(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_patch(checkout, "square", "test_twice_three")
    (checkout / "code_under_test.py").write_text(CODE.replace("number * 2", "number * 3"))
    errors, [said, line, _] = lines(checkout, capsys)
    assert errors == 0
    assert said == "tried on what is committed, without the changes of 1 file(s)"
    assert line.startswith("red   square ")


def test_outside_a_git_clone_a_sentence_says_what_is_needed(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_patch(checkout, "square", "test_twice_three")
    shutil.rmtree(checkout / ".git")
    assert lines(checkout, capsys) == (
        1,
        ["needs a git clone: the patches are tried on what is committed"],
    )


def test_no_patches_at_all_are_an_error(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lines(checkout, capsys) == (1, ["no such patch in tests/mutations: *.patch"])
