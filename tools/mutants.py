"""Break the code on purpose, one patch at a time, and expect the tests that each patch names to fail.

``python -m tools.mutants [NAME …]`` takes ``tests/mutations/<name>.patch``, all by default. Above its diff a
patch says what it breaks, and names one test in each line ``Tests: <pytest node id>``. It is applied in a
clone of what is committed, so the checkout is never touched. Beside its name stand the seconds that it took
and the message with which its first test failed.

It is an error if a patch does not apply or names no test, if one of its tests passes with it or fails without
it, or if a test ends before the broken code was tried: it cannot be collected, a fixture fails, a name is
missing.

The tests run with the checkout's own environment and the clone's code, by PYTHONPATH: a test that starts
processes without it sees the code that is not broken.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.steps.progress import say

_CHECKOUT = Path(__file__).resolve().parents[1]
_PATCHES = Path("tests", "mutations")
_PASSED, _FAILED = 0, 1
"""pytest's exit codes; every other one means that the tests did not run."""
_CANNOT_RUN = ("ImportError", "ModuleNotFoundError", "NameError", "SyntaxError", "IndentationError")
"""What a test fails with where a patch left code that cannot run at all."""
_SHOWN_LINES = 25
_SHOWN_WIDTH = 100


class NotNoticed(Exception):
    """A patch that proves nothing; the text says why."""


@dataclass(frozen=True)
class Mutant:
    """One patch with the tests that must notice it."""

    name: str
    patch: Path
    tests: tuple[str, ...]


@dataclass(frozen=True)
class Ended:
    """How a run of tests ended. ``failures`` and ``errors`` are the messages of its report.

    An error is what pytest calls one: a test that could not be collected, or whose fixtures broke.
    """

    code: int
    output: str
    failures: tuple[str, ...]
    errors: tuple[str, ...]


class Clone:
    """A clone of what is committed, in a temporary folder, to break and to mend again."""

    def __init__(self, checkout: Path, folder: Path) -> None:
        self._folder = folder
        self._report = folder.with_name("report.xml")
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

    def test(self, tests: Iterable[str]) -> Ended:
        """Run these tests and nothing else."""
        self._report.unlink(missing_ok=True)
        options = ("-q", "-p", "no:cacheprovider", f"--junitxml={self._report}")
        command = [sys.executable, "-m", "pytest", *options, *dict.fromkeys(tests)]
        done = subprocess.run(
            command, cwd=self._folder, env=self._env, capture_output=True, text=True, check=False
        )
        failures, errors = self._messages("failure"), self._messages("error")
        return Ended(done.returncode, done.stdout + done.stderr, failures, errors)

    def _messages(self, kind: str) -> tuple[str, ...]:
        if not self._report.exists():
            return ()
        found = ET.parse(self._report).iter(kind)  # noqa: S314 (pytest has just written it)
        return tuple(" ".join(one.get("message", "").split()) for one in found)

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
    uncommitted = _uncommitted(checkout)
    if uncommitted is None:
        say("needs a git clone: the patches are tried on what is committed")
        return 1
    if uncommitted:
        say(f"tried on what is committed, without the changes of {uncommitted} file(s)")
    began = time.monotonic()
    mutants = [found[name] for name in names or found]
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        clone = Clone(checkout, Path(folder, "clone"))
        named = [test for mutant in mutants for test in mutant.tests]
        if named and (sound := clone.test(named)).code != _PASSED:
            say(f"the named tests do not pass as the code is:\n{_end(sound.output)}")
            return 1
        wrong = sum(not _noticed(clone, mutant) for mutant in mutants)
    minutes, seconds = divmod(round(time.monotonic() - began), 60)
    say(f"{len(mutants) - wrong} of {len(mutants)} noticed in {minutes} min {seconds} s")
    return wrong


def _uncommitted(checkout: Path) -> int | None:
    """How many files but patches differ from what is committed; None outside a git clone."""
    command = ("git", "status", "--porcelain", "--", ".", f":!{_PATCHES}")
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
    return None if done.returncode != 0 else len(done.stdout.splitlines())


def _noticed(clone: Clone, mutant: Mutant) -> bool:
    began = time.monotonic()
    try:
        reason = _try(clone, mutant)
    except NotNoticed as failure:
        say(f"ERROR {mutant.name}: {failure}")
        return False
    say(f"red   {mutant.name} ({time.monotonic() - began:.0f} s): {reason}")
    return True


def _try(clone: Clone, mutant: Mutant) -> str:
    """How the first test of the patch failed; raises NotNoticed unless all of them do."""
    if not mutant.tests:
        raise NotNoticed("names no test")
    try:
        clone.apply(mutant.patch)
        # One after the other: each of them claims to notice it.
        failures = [_failure(test, clone.test([test])) for test in mutant.tests]
        return failures[0]
    finally:
        clone.restore()


def _failure(test: str, ended: Ended) -> str:
    """The message with which a test noticed the patch; raises NotNoticed where it did not."""
    if ended.code == _PASSED:
        raise NotNoticed(f"{test} passes")
    if ended.code != _FAILED or ended.errors or not ended.failures:
        raise NotNoticed(f"{test} did not run:\n{_end(ended.output)}")
    if any(message.startswith(_CANNOT_RUN) for message in ended.failures):
        raise NotNoticed(f"{test} fails because the code cannot run:\n{_end(ended.output)}")
    return ended.failures[0][:_SHOWN_WIDTH]


def _end(output: str) -> str:
    return "\n".join(output.strip().splitlines()[-_SHOWN_LINES:])


def main() -> None:
    """End with 1 unless every patch is noticed."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutants")
    parser.add_argument("names", nargs="*", metavar="NAME", help="a file of tests/mutations without .patch")
    sys.exit(1 if run(_CHECKOUT, parser.parse_args().names) else 0)


if __name__ == "__main__":
    main()
