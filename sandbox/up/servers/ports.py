"""Find free ports on loopback, and who has one that is taken."""

import random
import socket
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path

LOOPBACK = "127.0.0.1"

_ANY = range(20_000, 32_000)
"""Below the ports that Linux gives to outgoing connections (32768 and up): one of those could be taken by a
connection between this look and the start of the server that wants the port."""

_LISTENING = "0A"
"""A state of ``/proc/net/tcp`` (include/net/tcp_states.h of Linux)."""


def _is_free(port: int) -> bool:
    """Whether a server could listen on this port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Servers bind with this option too; without it a port in TIME_WAIT would seem taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def free_port(preferred: int = 0, *, avoid: Iterable[int] = ()) -> int:
    """``preferred`` if it is free and not in ``avoid``, else a free port by chance."""
    avoided = {*avoid, 0}
    port = preferred
    while port in avoided or not _is_free(port):
        port = random.choice(_ANY)  # noqa: S311 (nothing is to be kept secret)
    return port


def holder(port: int) -> str | None:
    """Who listens on the port, as "nginx (process 123)"; None if this system does not tell."""
    sockets = {f"socket:[{inode}]" for inode in _inodes_listening_on(port)}
    if not sockets:
        return None
    for process in Path("/proc").glob("[0-9]*"):
        if _has_one_of(process, sockets):
            with suppress(OSError):
                return f"{(process / 'comm').read_text().strip()} (process {process.name})"
    return None


def _inodes_listening_on(port: int) -> list[str]:
    inodes: list[str] = []
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for row in Path("/proc/net", table).read_text().splitlines()[1:]:
                fields = row.split()
                if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                    inodes.append(fields[9])
    return inodes


def _has_one_of(process: Path, sockets: Collection[str]) -> bool:
    """Whether the process has one of these sockets open; False for somebody else's process."""
    with suppress(OSError):
        for descriptor in (process / "fd").iterdir():
            with suppress(OSError):  # closed meanwhile
                if str(descriptor.readlink()) in sockets:
                    return True
    return False
