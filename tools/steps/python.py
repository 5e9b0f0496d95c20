"""The virtual environment: the locked packages, then the project itself."""

import hashlib
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from tools.steps.progress import run, say

_CHECKOUT = Path(__file__).resolve().parents[2]
_VENV = _CHECKOUT / ".venv"
_PYTHON = _VENV / "bin" / "python"
_STAMP = _VENV / "installed"
_LOCK = _CHECKOUT / "requirements.lock"


def _wanted() -> str:
    """A digest of what the environment is made from."""
    files = (_LOCK, _CHECKOUT / "pyproject.toml")
    # An editable install lists the packages by name and place, so a new one or a moved checkout counts.
    packages = sorted(str(file) for file in _CHECKOUT.glob("*/__init__.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files) + repr(packages).encode()).hexdigest()


def done() -> bool:
    """Whether the environment was made from these files, here."""
    return _PYTHON.exists() and _STAMP.exists() and _STAMP.read_text() == _wanted()


def missing() -> Iterator[str]:
    """What this Python lacks."""
    if find_spec("ensurepip") is None:
        yield "Python's ensurepip module (Debian: apt-get install python3-venv)"


def do() -> None:
    """Create the environment where there is none, install what the lock lists and the project."""
    if not _PYTHON.exists():
        say(f"creating .venv with Python {sys.version.split()[0]}")
        run([sys.executable, "-m", "venv", _VENV], label="virtual environment")
    pip: list[str | Path] = [_PYTHON, "-m", "pip", "--disable-pip-version-check"]
    total = sum("==" in line for line in _LOCK.read_text().splitlines())
    run(
        [*pip, "install", "--progress-bar", "off", "--require-hashes", "-r", _LOCK],
        label="Python packages",
        counts=r"^(Collecting|Requirement already satisfied:) [^ ]+==",
        total=total,
    )
    # Without isolation: the build tools come from the lock too, not fresh from the index.
    project = [*pip, "install", "--no-deps", "--no-build-isolation", "--quiet", "--editable", _CHECKOUT]
    run(project, label="muster")
    _STAMP.write_text(_wanted())
