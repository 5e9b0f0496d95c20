"""A checkout with this Makefile and this set-up, whose packages are small and come from a folder.

Python, its virtual environments and pip are the real ones. Node, npm and Temporal's command are stand-ins.
"""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

from sandbox.up.servers.temporal_binary import dotted, pinned_server
from tests.docs.checkout import REPOSITORY, files

MODULES = 60
"""How many files the package ``small`` has, so that a kill can fall between two of them."""
PYTHON = Path(getattr(sys, "_base_executable", sys.executable))
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
BACKEND = """
import zipfile

def build_editable(folder, config_settings=None, metadata_directory=None):
    name, info = "muster-1.0-py3-none-any.whl", "muster-1.0.dist-info"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as wheel:
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: muster\\nVersion: 1.0\\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{info}/entry_points.txt", "[console_scripts]\\nmuster = product:main\\n")
        wheel.writestr("muster.pth", PLACE)
        wheel.writestr(f"{info}/RECORD", "")
    return name

PLACE = __import__("os").path.dirname(__import__("os").path.abspath(__file__)) + "\\n"
"""
PRODUCT = """
import json, os, sys

def main():
    print(json.dumps({"environment": dict(os.environ), "python": sys.executable, "prefix": sys.prefix}))
"""
NPM = """#!/bin/sh
env > "$HOME/npm.environment"
mkdir -p node_modules/package && echo half > node_modules/package/index.js
sleep 0.2
echo whole > node_modules/package/index.js
echo '{}' > node_modules/.package-lock.json
"""


class SmallCheckout:
    """``make`` works in it; its home, its cache and its commands are its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "checkout"
        self.home = folder / "home"
        self.cache = self.home / ".cache" / "muster"
        self.bin = folder / "bin"
        self.wheels = folder / "wheels"
        for name in files("Makefile", "tools/*", "sandbox/*", "deploy/temporal/*"):
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, self.folder / name)
        self._write_project()
        self.home.mkdir()
        self.command("node", "#!/bin/sh\necho v20.1.0\n")
        self.command("npm", NPM)
        self.command("temporal", f"#!/bin/sh\necho 'Server {dotted(pinned_server())}'\n")
        (self.bin / "python3").symlink_to(PYTHON)

    def _write_project(self) -> None:
        self.wheels.mkdir()
        wheel = self.wheels / "small-1.0-py3-none-any.whl"
        info = "small-1.0.dist-info"
        with zipfile.ZipFile(wheel, "w") as packed:
            # The metadata first: pip takes a package that has no more than this for installed.
            packed.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: small\nVersion: 1.0\n")
            tags = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            packed.writestr(f"{info}/WHEEL", tags)
            packed.writestr("small/__init__.py", "")
            for number in range(MODULES):
                packed.writestr(f"small/module{number}.py", f"NUMBER = {number}\n")
            packed.writestr(f"{info}/RECORD", "")
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        (self.folder / "requirements.lock").write_text(f"small==1.0 --hash=sha256:{digest}\n")
        (self.folder / "pyproject.toml").write_text(PROJECT)
        (self.folder / "backend.py").write_text(BACKEND)
        (self.folder / "product.py").write_text(PRODUCT)

    def command(self, name: str, text: str) -> None:
        """Put a command on PATH."""
        self.bin.mkdir(exist_ok=True)
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def environment(self, **more: str) -> dict[str, str]:
        """What the shell has: little, where pip finds its packages, and ``more``."""
        return {
            "PATH": f"{self.bin}:/usr/bin:/bin",
            "HOME": str(self.home),
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.wheels),
            **more,
        }

    def start(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        """Start ``make`` as the leader of a process group."""
        return subprocess.Popen(
            ["make", *arguments],
            cwd=self.folder,
            env=self.environment(**more),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def make(self, *arguments: str, **more: str) -> tuple[int, str]:
        """The exit code of ``make``, and its output."""
        with self.start(*arguments, **more) as process:
            try:
                output, _ = process.communicate(timeout=200)
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
        return process.returncode, output

    def python(self, code: str) -> str:
        """What the environment's Python prints."""
        python = str(self.folder / ".venv" / "bin" / "python")
        return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout

    def assert_complete(self) -> None:
        """Every package is there whole, and the product's command starts."""
        numbers = f"[__import__(f'small.module{{n}}', fromlist=['x']).NUMBER for n in range({MODULES})]"
        assert self.python(f"print(sum({numbers}))") == f"{sum(range(MODULES))}\n"
        assert self.python("import pip; print('pip')") == "pip\n"
        muster = self.folder / ".venv" / "bin" / "muster"
        assert (
            '"prefix": "' + str(self.folder)
            in subprocess.run([muster], capture_output=True, text=True, check=True).stdout
        )
        packages = list(self.cache.glob("npm/node_modules/package/index.js"))
        assert [file.read_text() for file in packages] == ["whole\n"]
        assert sorted(path.name for path in self.cache.iterdir()) == ["lock", "npm"]
        assert {path.name for path in (self.folder / ".setup").iterdir()} <= {"lock", "python"}
