"""Break the code on purpose, one patch at a time, and expect the tests that each patch names to fail.

``python -m tools.mutants [NAME …]`` takes ``tests/mutations/<name>.patch``, all by default. Above its diff a
patch says in one sentence what it breaks, and names one test in each line ``Tests: <pytest node id>``. It is
applied in a clone of what is committed, so the checkout is never touched. It is an error if a patch does not
apply or names no test, if one of its tests passes with it, or fails without it.

The tests run with the checkout's own environment and the clone's code, by PYTHONPATH: a test that starts
processes without it sees the code that is not broken.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.steps.progress import say

_CHECKOUT = Path(__file__).resolve().parents[1]
_PATCHES = Path("tests", "mutations")
_PASSED, _FAILED = 0, 1
"""pytest's exit codes; every other one means that the tests did not run."""
_SHOWN_LINES = 25


class NotNoticed(Exception):
    """A patch that proves nothing; the text says why."""


@dataclass(frozen=True)
class Mutant:
    """One patch with the tests that must notice it."""

    name: str
    patch: Path
    tests: tuple[str, ...]


class Clone:
    """A clone of what is committed, in a temporary folder, to break and to mend again."""

    def __init__(self, checkout: Path, folder: Path) -> None:
        self._folder = folder
        subprocess.run(["git", "clone", "--quiet", checkout, folder], check=True)  # noqa: S607
        # Without bytecode: a file that is broken and mended within one second would be taken for unchanged.
        clone = {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
        self._env = {**os.environ, **clone}

    def apply(self, patch: Path) -> None:
        """Break the code; raises NotNoticed where the patch does not fit any more."""
        done = self._git("apply", str(patch.resolve()))
        if done.returncode != 0:
            raise NotNoticed(f"does not apply: {done.stderr.strip()}")

    def restore(self) -> None:
        """Mend it again."""
        for arguments in (("reset", "--quiet", "--hard"), ("clean", "--quiet", "--force", "-d")):
            self._git(*arguments).check_returncode()

    def test(self, tests: Iterable[str]) -> subprocess.CompletedProcess[str]:
        """Run these tests and nothing else."""
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *dict.fromkeys(tests)]
        return subprocess.run(
            command, cwd=self._folder, env=self._env, capture_output=True, text=True, check=False
        )

    def _git(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["git", *arguments]
        return subprocess.run(command, cwd=self._folder, capture_output=True, text=True, check=False)


def read(patch: Path) -> Mutant:
    """The patch with the tests that the lines above its diff name."""
    head = re.split(r"^(?:diff --git|--- )", patch.read_text(), maxsplit=1, flags=re.MULTILINE)[0]
    tests = re.findall(r"^Tests: (\S.*?)\s*$", head, flags=re.MULTILINE)
    return Mutant(patch.stem, patch, tuple(tests))


def run(checkout: Path, names: Sequence[str] = ()) -> int:
    """Try the patches of these names, or all; print a line for each and return how many prove nothing."""
    found = {mutant.name: mutant for mutant in map(read, sorted((checkout / _PATCHES).glob("*.patch")))}
    unknown = [name for name in names if name not in found]
    if unknown or not found:
        say(f"no such patch in {_PATCHES}: {', '.join(unknown) or '*.patch'}")
        return 1
    mutants = [found[name] for name in names or found]
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        clone = Clone(checkout, Path(folder, "clone"))
        named = [test for mutant in mutants for test in mutant.tests]
        if named and (sound := clone.test(named)).returncode != _PASSED:
            say(f"the named tests do not pass as the code is:\n{_end(sound.stdout)}")
            return 1
        return sum(not _noticed(clone, mutant) for mutant in mutants)


def _noticed(clone: Clone, mutant: Mutant) -> bool:
    try:
        _try(clone, mutant)
    except NotNoticed as failure:
        say(f"ERROR {mutant.name}: {failure}")
        return False
    say(f"red   {mutant.name}")
    return True


def _try(clone: Clone, mutant: Mutant) -> None:
    if not mutant.tests:
        raise NotNoticed("names no test")
    try:
        clone.apply(mutant.patch)
        # One after the other: each of them claims to notice it.
        for test in mutant.tests:
            done = clone.test([test])
            if done.returncode == _PASSED:
                raise NotNoticed(f"{test} passes")
            if done.returncode != _FAILED:
                raise NotNoticed(f"{test} did not run:\n{_end(done.stdout + done.stderr)}")
    finally:
        clone.restore()


def _end(output: str) -> str:
    return "\n".join(output.strip().splitlines()[-_SHOWN_LINES:])


def main() -> None:
    """End with 1 unless every patch is noticed."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutants")
    parser.add_argument("names", nargs="*", metavar="NAME", help="a file of tests/mutations without .patch")
    sys.exit(1 if run(_CHECKOUT, parser.parse_args().names) else 0)


if __name__ == "__main__":
    main()
