"""Ports that a process has picked and on which its server does not listen yet.

Several stacks may start on one machine at once, as in tests, and seconds pass between the pick of a port and
the start of its server: without reservations two of them would pick the same one now and then.
"""

import fcntl
import os
import tempfile
from collections import deque
from pathlib import Path

_KEPT = 300
"""Reservations of one process: enough for every server that it is about to start, and few of all ports."""

_FILE = Path(tempfile.gettempdir(), f"muster-ports-{os.getuid()}")
"""A lock on its byte N is the reservation of port N; the system releases a process's locks at its end."""


class PortReservations:
    """The reservations of this process, for as long as it lives or until it has made many newer ones."""

    def __init__(self, file: Path = _FILE) -> None:
        self._file = file
        self._descriptor: int | None = None
        self._ports: deque[int] = deque()

    def reserve(self, port: int) -> bool:
        """Whether the port is this process's now; False where it is reserved, by this process or another."""
        if port in self._ports:
            return False
        if self._descriptor is None:
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            self._descriptor = os.open(self._file, flags, 0o600)
        try:
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
        except (BlockingIOError, PermissionError):  # POSIX allows EAGAIN and EACCES
            return False
        self._ports.append(port)
        if len(self._ports) > _KEPT:
            fcntl.lockf(self._descriptor, fcntl.LOCK_UN, 1, self._ports.popleft())
        return True
