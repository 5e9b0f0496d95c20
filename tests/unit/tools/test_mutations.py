"""The patches of tests/mutations fit the code; `make mutants` shows that their tests notice them."""

import subprocess
from pathlib import Path

import pytest

from tools.mutants import read

CHECKOUT = Path(__file__).parents[3]
PATCHES = sorted((CHECKOUT / "tests" / "mutations").glob("*.patch"))

every_patch = pytest.mark.parametrize("patch", PATCHES, ids=[patch.stem for patch in PATCHES])


@every_patch
def test_every_patch_applies(patch: Path) -> None:
    command = ["git", "apply", "--check", str(patch)]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@every_patch
def test_every_patch_names_tests_that_are_there(patch: Path) -> None:
    tests = read(patch).tests
    assert tests
    for test in tests:
        file, name = test.partition("[")[0].split("::")
        assert f"def {name}(" in (CHECKOUT / file).read_text()
