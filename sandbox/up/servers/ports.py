"""Find free ports on loopback."""

import socket
from collections.abc import Iterable

LOOPBACK = "127.0.0.1"


def _bind(port: int) -> int | None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Servers bind with this option too; without it a port in TIME_WAIT would seem taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return None
        bound: int = probe.getsockname()[1]
        return bound


def free_port(preferred: int = 0, *, avoid: Iterable[int] = ()) -> int:
    """``preferred`` if it is free and not in ``avoid``, else a free port that the system picks."""
    avoided = set(avoid)
    port = None if preferred in avoided else _bind(preferred)
    while port is None or port in avoided:
        port = _bind(0)
    return port
