"""Find free ports, and who has one that is taken."""

import errno
import random
import socket
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from sandbox.up.servers.port_reservations import PortReservations

LOOPBACK = "127.0.0.1"

_ANY = range(20_000, 32_000)
"""Below the ports that Linux gives to outgoing connections (32768 and up): one of those could be taken by a
connection between this look and the start of the server that wants the port."""

_reservations = PortReservations()

_LISTENING = "0A"
"""A state of ``/proc/net/tcp`` (include/net/tcp_states.h of Linux)."""


def why_not(host: str, port: int) -> str | None:
    """Why no server could listen there, as the system says it; None if one could.

    A server listens on every address of a name that this machine has, so each is tried.
    """
    try:
        places = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        return error.strerror or str(error)
    except UnicodeError:  # a name is encoded for the DNS before it is looked up
        return "it is no name that a host can have"
    errors = [_error_of_binding(place[0], place[-1]) for place in places]
    # asyncio leaves out an address that is not here, as ::1 of localhost where there is no IPv6.
    here = [one for one in errors if one is None or one.errno != errno.EADDRNOTAVAIL]
    first = next((one for one in here or errors if one is not None), None)
    return None if first is None else first.strerror or str(first)


def _error_of_binding(family: int, address: Any) -> OSError | None:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            # Servers bind with these options too. Without the first a port in TIME_WAIT would seem taken,
            # without the second one that somebody has for IPv4 alone.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind(address)
    except OSError as error:
        return error
    return None


def free_port(preferred: int = 0, *, avoid: Iterable[int] = (), host: str = LOOPBACK) -> int:
    """``preferred`` if it is free on the host and not in ``avoid``, else a free port by chance.

    No other process gets it by chance before a server listens there. Raises OSError where the host has
    none, since it is not of this machine.
    """
    if reason := why_not(host, 0):
        raise OSError(f"nothing can listen on {host}: {reason}")
    avoided = {*avoid, 0}
    if preferred not in avoided and not why_not(host, preferred):
        _reservations.reserve(preferred)
        return preferred
    while True:
        port = random.choice(_ANY)  # noqa: S311 (nothing is to be kept secret)
        if port not in avoided and not why_not(host, port) and _reservations.reserve(port):
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
