"""Which Python `make` starts: PYTHON names one, and the name is kept in the checkout for later commands.

The Makefile reads the kept name, and goes by python3 where that Python does not run any more.
"""

import os
import subprocess
import sys
from pathlib import Path

from sandbox.up.servers.caches import CHECKOUT

from tools.steps.progress import say

_NAME = "python"


def state(checkout: Path = CHECKOUT) -> Path:
    """The folder of what set-ups keep in the checkout; Git ignores it."""
    return checkout / ".setup"


def base_python() -> Path:
    """The Python that runs this, and not the virtual environment that may be around it."""
    return Path(getattr(sys, "_base_executable", None) or sys.executable)


def described(checkout: Path = CHECKOUT) -> str:
    """``Python 3.12.1 (/usr/bin/python3.12)``, with the place of the name if it is the kept one."""
    kept = f", kept in {state().name}/{_NAME}" if _read(checkout) == base_python() else ""
    return f"Python {sys.version.split()[0]} ({base_python()}{kept})"


def keep(checkout: Path = CHECKOUT) -> None:
    """Keep the Python that runs this for the commands to come. Raises OSError."""
    if _read(checkout) == base_python():
        return
    state(checkout).mkdir(exist_ok=True)
    new = state(checkout) / f"{_NAME}.new"
    new.write_text(f"{base_python()}\n")
    new.replace(state(checkout) / _NAME)
    say(f"{base_python()} is kept in {state().name}/{_NAME}: make uses it from now on")


def forget_if_gone(checkout: Path = CHECKOUT) -> None:
    """Forget a kept Python that does not run any more, and say so. Raises OSError."""
    kept = _read(checkout)
    if kept is None or kept == base_python() or _runs(kept):
        return
    (state(checkout) / _NAME).unlink()
    say(f"{kept}, which an earlier PYTHON=… named, does not run any more: {described(checkout)} is used")


def _read(checkout: Path) -> Path | None:
    try:
        name = (state(checkout) / _NAME).read_text().strip()
    except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError):
        return None
    return Path(name) if name else None


def _runs(python: Path) -> bool:
    if not os.access(python, os.X_OK):
        return False
    try:
        return subprocess.run([python, "-I", "-c", ""], capture_output=True, check=False).returncode == 0
    except OSError:
        return False
