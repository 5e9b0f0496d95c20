"""The lock file of a Postgres data folder, ``postmaster.pid``.

Its first line is the process id of the server that uses the folder. Postgres refuses to start while any
process of its user has that number. So does a folder that was copied while its server ran, and one whose
killed server's number belongs to another process by now.
"""

import os
import time
from pathlib import Path

from sandbox.up.start_refused import StartRefused

_OLD_SERVER_ENDS_WITHIN = 10.0
"""Seconds. A server whose `muster up` was killed is killed by its watchdog within five."""


def take_over(data: Path) -> None:
    """Let the lock file stop no start but one beside a living server of this folder.

    Postgres does not look at the number of its own parent, which is this process. It goes on to look for
    shared memory of an older server, which the other lines of the file name. Raises StartRefused.
    """
    file = data / "postmaster.pid"
    deadline = time.monotonic() + _OLD_SERVER_ENDS_WITHIN
    while (holder := _holder(file)) is not None and _is_server_in(holder, data):
        if time.monotonic() > deadline:
            raise StartRefused(
                f"another Postgres (process {holder}) runs on {data}: stop it first (kill {holder}), "
                "or choose another folder with --data"
            )
        time.sleep(0.1)
    if not file.exists():
        return
    _, *rest = file.read_text(errors="replace").splitlines() or [""]
    if holder is None or not rest:
        file.unlink()  # cut short by a full disk; Postgres refuses to read it
    elif _is_alive(holder):
        file.write_text("\n".join([str(os.getpid()), *rest, ""]))


def _holder(file: Path) -> int | None:
    """The number in the first line; None without one."""
    try:
        return abs(int(file.read_text(errors="replace").splitlines()[0]))
    except (FileNotFoundError, IndexError, ValueError):
        return None


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True


def _is_server_in(pid: int, data: Path) -> bool:
    """Whether the process is a Postgres whose working folder is ``data``, as that of each server is."""
    process = Path("/proc", str(pid))
    try:
        return process.joinpath("comm").read_text().startswith("postgres") and process.joinpath(
            "cwd"
        ).samefile(data)
    except OSError:
        # No such process, one of another user, who could not write here, or a system without /proc.
        return not Path("/proc/self").exists() and _is_alive(pid)
