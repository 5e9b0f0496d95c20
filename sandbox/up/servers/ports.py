"""Find free ports on loopback."""

import random
import socket
from collections.abc import Iterable

LOOPBACK = "127.0.0.1"

_ANY = range(20_000, 32_000)
"""Below the ports that Linux gives to outgoing connections (32768 and up): one of those could be taken by a
connection between this look and the start of the server that wants the port."""


def _is_free(port: int) -> bool:
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
