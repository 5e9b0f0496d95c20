"""pgbouncer, through which the tests of the store run too: installed where the machine is ours to change."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from sandbox.up.servers.caches import cache_dir

from tools.steps import debian
from tools.steps.progress import say

_SYSTEMD = Path("/run/systemd/system")
_SERVICE = Path("/etc/init.d/pgbouncer")
_BESIDE = f"{os.defpath}{os.pathsep}/usr/sbin{os.pathsep}/usr/local/sbin"
"""Debian's place for it, which is not on everybody's PATH."""


def found() -> str | None:
    """The program's path."""
    return shutil.which("pgbouncer") or shutil.which("pgbouncer", path=_BESIDE)


def folder() -> Path:
    """The cache: it is the machine's program, not the checkout's."""
    return cache_dir()


def done() -> bool:
    """Whether the program is there."""
    return found() is not None


def missing() -> Iterator[str]:
    """Nothing: without it the tests that need it are skipped."""
    yield from ()


def do() -> None:
    """Install Debian's package, without the service that it brings."""
    if not debian.may_install():
        say("no pgbouncer: the store is not tested through it (Debian: apt-get install pgbouncer)")
        return
    if _SYSTEMD.is_dir():  # a masked service is not started, neither now nor with the machine
        debian.as_root("systemctl", "mask", "pgbouncer.service", label="no service of pgbouncer's")
    debian.install("pgbouncer", label="pgbouncer")
    if not _SYSTEMD.is_dir() and _SERVICE.exists():
        debian.as_root(str(_SERVICE), "stop", label="its service stops")
