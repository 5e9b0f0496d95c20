"""Pin what pyproject.toml asks for: ``python -m tools.lock`` writes the two lock files, ``--check`` compares.

requirements.lock is for a checkout, deploy/requirements.lock is the part of it that the image needs. Both
have hashes and no addresses. A pinned version stays while it fits; ``--upgrade`` asks for newer ones.
"""

import argparse
import difflib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tools.steps.progress import say

_CHECKOUT = Path(__file__).resolve().parents[1]
_PINNED = (
    "--universal",
    "--python-version=3.11",  # the oldest that is supported, whichever runs this
    "--quiet",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-header",
)
_WHOLE = Path("requirements.lock")
_IMAGE = Path("deploy", "requirements.lock")
_SHOWN_LINES = 20


class LockFailed(Exception):
    """The locks cannot be made or compared; the text says why."""


def write(checkout: Path, into: Path, options: Sequence[str] = ()) -> None:
    """Write both lock files under ``into``; what is there already is kept where it still fits.

    Raises LockFailed.
    """
    whole = into / _WHOLE
    _compile(checkout, ("pyproject.toml", "--all-extras", *options), whole)
    # The image builds the project with setuptools, which no dependency of it brings.
    image = ("pyproject.toml", "-", "--constraint", _WHOLE)
    _compile(checkout, image, into / _IMAGE, also="setuptools")


def differences(checkout: Path) -> list[str]:
    """What `make lock` would change, as lines of a diff; newer versions are not asked for.

    Raises LockFailed.
    """
    for lock in (_WHOLE, _IMAGE):
        if not (checkout / lock).is_file():
            raise LockFailed(f"{lock} is not there: make lock")
    changed: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        into = Path(name)
        (into / _IMAGE).parent.mkdir()
        for lock in (_WHOLE, _IMAGE):
            shutil.copyfile(checkout / lock, into / lock)
        write(checkout, into)
        for lock in (_WHOLE, _IMAGE):
            before, after = ((folder / lock).read_text().splitlines() for folder in (checkout, into))
            changed += difflib.unified_diff(
                before, after, f"{lock}", f"{lock} as it would be", lineterm="", n=0
            )
    return changed


def _compile(checkout: Path, what: Sequence[str | Path], output: Path, *, also: str | None = None) -> None:
    uv = Path(sys.executable).with_name("uv")
    command = [uv, "pip", "compile", *what, *_PINNED, "--output-file", output]
    done = subprocess.run(command, cwd=checkout, input=also, text=True, check=False, capture_output=True)
    if done.returncode != 0:
        raise LockFailed(
            f"uv cannot work out {output.name} (is the package index reachable?):\n{done.stderr.strip()}"
        )


def main() -> None:
    """Write the lock files, or with ``--check`` end with 1 where they are not current."""
    parser = argparse.ArgumentParser(prog="python -m tools.lock")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--upgrade", action="store_true")
    arguments = parser.parse_args()
    try:
        if arguments.check:
            _check()
        else:
            write(_CHECKOUT, _CHECKOUT, ("--upgrade",) if arguments.upgrade else ())
    except LockFailed as failure:
        sys.exit(str(failure))


def _check() -> None:
    changed = differences(_CHECKOUT)
    if changed:
        say("\n".join(changed[:_SHOWN_LINES]))
        sys.exit("the lock is not current: make lock")


if __name__ == "__main__":
    main()
