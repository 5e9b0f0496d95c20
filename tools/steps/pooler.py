"""pgbouncer, through which the tests of the store run too: installed where the machine is ours to change."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from tools.steps.progress import run, say

_SYSTEMD = Path("/run/systemd/system")
_SERVICE = Path("/etc/init.d/pgbouncer")
_BESIDE = f"{os.defpath}{os.pathsep}/usr/sbin{os.pathsep}/usr/local/sbin"
"""Debian's place for it, which is not on everybody's PATH."""


def found() -> str | None:
    """The program's path."""
    return shutil.which("pgbouncer") or shutil.which("pgbouncer", path=_BESIDE)


def ours() -> bool:
    """Whether Debian's packages are ours to install: in CI and as root."""
    return bool(shutil.which("apt-get")) and (os.geteuid() == 0 or os.environ.get("CI") == "true")


def done() -> bool:
    """Whether the program is there."""
    return found() is not None


def missing() -> Iterator[str]:
    """Nothing: without it the tests that need it are skipped."""
    yield from ()


def do() -> None:
    """Install Debian's package, without the service that it brings."""
    if not ours():
        say("no pgbouncer: the store is not tested through it (Debian: apt-get install pgbouncer)")
        return
    sudo = [] if os.geteuid() == 0 else ["sudo", "--preserve-env=DEBIAN_FRONTEND"]
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if _SYSTEMD.is_dir():  # a masked service is not started, neither now nor with the machine
        run([*sudo, "systemctl", "mask", "pgbouncer.service"], label="no service of pgbouncer's", env=env)
    run([*sudo, "apt-get", "update", "-qq"], label="Debian's package lists", env=env)
    install = [*sudo, "apt-get", "install", "-y", "--no-install-recommends", "pgbouncer"]
    run(install, label="pgbouncer", counts="^Setting up ", env=env)
    if not _SYSTEMD.is_dir() and _SERVICE.exists():
        run([*sudo, str(_SERVICE), "stop"], label="its service stops", env=env)
