"""The virtual environment: the locked packages, then the project itself.

Its scripts name its place, so it cannot be made elsewhere and renamed. A stamp is written last and removed
first: an environment without one was left half made, and is made anew (docs/decisions/0037).
"""

import hashlib
import json
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from sys import version_info

from tools.steps import choice
from tools.steps.ambient import pip_environment
from tools.steps.making import making_folder
from tools.steps.progress import StepFailed, run, say


class VirtualEnvironment:
    """A checkout's ``.venv``; of the Python that runs this, if that one was ``named`` on purpose."""

    def __init__(self, checkout: Path, *, named: bool = False) -> None:
        self._checkout = checkout
        self._named = named
        self._lock = checkout / "requirements.lock"
        self._venv = checkout / ".venv"
        self._python = self._venv / "bin" / "python"
        self._stamp = self._venv / "installed"

    def folder(self) -> Path:
        """The checkout's own."""
        return choice.state(self._checkout)

    def done(self) -> bool:
        """Whether the environment was made from these files, here."""
        return self._unusable() is None and self._read_stamp().get("made_from") == self._wanted()

    def missing(self) -> Iterator[str]:
        """What this Python lacks."""
        if self._unusable() is None:
            return
        for module in ("venv", "ensurepip"):
            if find_spec(module) is None:
                package = f"python{version_info.major}.{version_info.minor}-venv"
                yield f"the module {module} of {choice.base_python()} (Debian: apt-get install {package})"
                return

    def do(self) -> None:
        """Create the environment where none can be used, install what the lock lists and the project."""
        reason = self._unusable()
        if reason is not None:
            if reason:  # what is there may be somebody's own, and is not lost for nothing
                self._try_beside()
            say(f"creating .venv with {choice.described(self._checkout)}{reason and f': {reason}'}")
            self._remove()
            run([choice.base_python(), "-m", "venv", self._venv], label="virtual environment")
        else:
            self._try()
        self._stamp.unlink(missing_ok=True)
        with making_folder(self.folder()) as temporary:  # what a killed pip leaves in it is found again
            self._install(pip_environment(self._python) | {"TMPDIR": str(temporary)})
        new = self._stamp.with_suffix(".new")
        new.write_text(json.dumps({**self._here(), "made_from": self._wanted()}))
        new.replace(self._stamp)

    def _unusable(self) -> str | None:
        """Why what is there is not to be used, "" where nothing is there; None if it is good."""
        stamp, here = self._read_stamp(), self._here()
        if not self._venv.exists() and not self._venv.is_symlink():
            return ""
        if not stamp:
            return "the one that is there was left half made, or was not made by `make setup`"
        if stamp.get("place") != here["place"]:
            return f"the one that is there was made in {stamp.get('place')}"
        if stamp.get("python") != here["python"] or not self._python.exists():
            return f"the one that is there lost its Python, {stamp.get('python')}"
        if self._named and choice.base_python().resolve() != self._python.resolve():
            return f"the one that is there is of {here['python']}"
        return None

    def _read_stamp(self) -> dict[str, str]:
        """Where, by which Python and from what the environment was made; empty unless it is complete."""
        try:
            stamp = json.loads(self._stamp.read_text())
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return {}
        return stamp if isinstance(stamp, dict) else {}

    def _here(self) -> dict[str, str]:
        return {"place": str(self._venv), "python": str(self._python.resolve())}

    def _wanted(self) -> str:
        """A digest of what the environment is made from."""
        files = (self._lock, self._checkout / "pyproject.toml")
        # An editable install lists the packages by name, so a new one counts.
        packages = sorted(file.parent.name for file in self._checkout.glob("*/__init__.py"))
        content = b"".join(file.read_bytes() for file in files) + repr(packages).encode()
        return hashlib.sha256(content).hexdigest()

    def _remove(self) -> None:
        """Remove what is there. A link may lead to another checkout's environment, which stays."""
        if self._venv.is_symlink() or self._venv.is_file():
            self._venv.unlink()
        elif self._venv.exists():
            self._stamp.unlink(missing_ok=True)
            shutil.rmtree(self._venv)

    def _try(self) -> None:
        """Whether pip can have all that it needs: if not, what is there stays good for the files it is of."""
        with making_folder(self.folder()) as temporary:
            self._find_packages(self._python, temporary)

    def _try_beside(self) -> None:
        """The same, where what is there may have no pip, or another Python's."""
        with making_folder(self.folder()) as temporary:
            trial = temporary / "trial"
            run([choice.base_python(), "-m", "venv", trial], label="trying a virtual environment")
            self._find_packages(trial / "bin" / "python", temporary)

    def _find_packages(self, python: Path, temporary: Path) -> None:
        pip: list[str | Path] = [python, "-m", "pip", "install", "--dry-run", "--quiet"]
        run(
            [*pip, "--require-hashes", "-r", self._lock],
            label="looking for packages",
            env=pip_environment(python) | {"TMPDIR": str(temporary)},
        )

    def _install(self, env: dict[str, str]) -> None:
        """Install the locked packages and the project. Raises StepFailed."""
        pip: list[str | Path] = [self._python, "-m", "pip"]
        run(
            # What is never imported is not compiled: one package for tests has 18,000 files.
            [*pip, "install", "--no-compile", "--progress-bar", "off", "--require-hashes", "-r", self._lock],
            label="Python packages",
            counts=r"^(Collecting|Requirement already satisfied:) [^ ]+==",
            total=sum("==" in line for line in self._lock.read_text().splitlines()),
            env=env,
        )
        # Without isolation: the build tools come from the lock too, not fresh from the index.
        project = ("install", "--no-deps", "--no-build-isolation", "--quiet", "--editable", self._checkout)
        run([*pip, *project], label="muster", env=env)
        command = self._venv / "bin" / "muster"
        if not command.exists():
            raise StepFailed(f"pip ended well, and {command} is not there; see `pip config list`")
