"""Packages from npm, kept outside the checkout: never copied into it."""

import shutil
from collections.abc import Iterator

from sandbox.up.servers.caches import CHECKOUT, npm_dir

from tools.steps.progress import run, version_of

_OLDEST_NODE = (20,)
_FILES = ("package.json", "package-lock.json")
_INSTALL = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")


class NpmPackages:
    """The packages that ``tools/npm/<name>`` pins."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._pinned = CHECKOUT / "tools" / "npm" / name
        self._installed = npm_dir(name)

    def done(self) -> bool:
        """Whether they are installed as the lock file says."""
        lock = self._installed / "package-lock.json"
        # npm writes this one last.
        complete = (self._installed / "node_modules" / ".package-lock.json").exists()
        return complete and lock.exists() and lock.read_bytes() == (self._pinned / lock.name).read_bytes()

    def missing(self) -> Iterator[str]:
        """What this machine lacks."""
        oldest = ".".join(map(str, _OLDEST_NODE))
        version = version_of("node", "--version", r"v(\d+)")
        if version is None or version < _OLDEST_NODE:
            there = "" if version is None else f", {version[0]} is there"
            yield f"Node {oldest} or newer{there} (nodejs.org, or your system's packages)"
        elif shutil.which("npm") is None:
            yield "npm, which comes with Node (Debian: apt-get install npm)"

    def do(self) -> None:
        """Install them."""
        self._installed.mkdir(parents=True, exist_ok=True)
        for file in _FILES:
            shutil.copyfile(self._pinned / file, self._installed / file)
        run(_INSTALL, label=f"npm packages for {self._name}", cwd=self._installed)
