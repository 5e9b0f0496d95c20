"""Packages from npm, kept outside the checkout: never copied into it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from sandbox.up.servers.caches import CHECKOUT, cache_dir, npm_dir

from tools.steps.ambient import NPM_OPTIONS, npm_environment
from tools.steps.making import making_folder
from tools.steps.progress import StepFailed, run, version_of

_OLDEST_NODE = (20,)
_FILES = ("package.json", "package-lock.json")
_INSTALL = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", *NPM_OPTIONS)


class NpmPackages:
    """The packages that ``tools/npm/<name>`` pins."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._pinned = CHECKOUT / "tools" / "npm" / name

    def folder(self) -> Path:
        """The cache, which other checkouts share."""
        return cache_dir()

    def done(self) -> bool:
        """Whether they are installed as the lock file says."""
        return self._complete(npm_dir(self._name))

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
        """Install them beside what is there, then take its place."""
        with making_folder(cache_dir()) as folder:
            new = folder / "new"
            new.mkdir()
            for file in _FILES:
                shutil.copyfile(self._pinned / file, new / file)
            run(_INSTALL, label=f"npm packages for {self._name}", cwd=new, env=npm_environment())
            if not self._complete(new):
                raise StepFailed(
                    "npm ended well and installed nothing; `npm config ls` shows what it goes by"
                )
            installed = npm_dir(self._name)
            if installed.exists():
                installed.replace(folder / "old")
            new.replace(installed)

    def _complete(self, folder: Path) -> bool:
        lock = folder / "package-lock.json"
        # npm writes this one last.
        installed = (folder / "node_modules" / ".package-lock.json").exists()
        return installed and lock.exists() and lock.read_bytes() == (self._pinned / lock.name).read_bytes()
