"""Launch `muster up` from a test, a benchmark or a script."""

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.up.supervision.parts import muster_command
from sandbox.up.supervision.process import StartFailed

_STOP_WITHIN = 60.0
_EMBEDDED = ("DATABASE_URL", "TEMPORAL_ADDRESS", "MUSTER_CONFIG", "MUSTER_SECRETS_DIR")


@dataclass(frozen=True)
class Launched:
    """A running `muster up`."""

    process: subprocess.Popen[bytes]
    ready_file: Path
    output: Path

    @property
    def ready(self) -> dict[str, Any]:
        """The content of its ready file; empty while there is none."""
        try:
            content: dict[str, Any] = json.loads(self.ready_file.read_text())
        except FileNotFoundError:
            return {}
        return content

    @property
    def pids(self) -> dict[str, int]:
        """The process ids by part."""
        pids: dict[str, int] = self.ready.get("processes", {})
        return pids

    def stop(self) -> int:
        """Stop it; the exit code."""
        self.process.terminate()
        return self.process.wait(_STOP_WITHIN)


@contextmanager
def launched(
    folder: Path, *options: str, env: Mapping[str, str] | None = None, within: float = 90
) -> Iterator[Launched]:
    """Run `muster up` with all parts embedded and its data below ``folder``, until the block ends.

    It uses no well-known port, so that several can run at the same time. ``env`` is added to the environment.
    Raises StartFailed if it ends or is not ready ``within`` so many seconds.
    """
    ready_file, output = folder / "ready.json", folder / "output"
    command = muster_command("up", "--data", str(folder / "data"), "--ready-file", str(ready_file))
    command += ("--any-ports", *options)
    environment = {name: value for name, value in os.environ.items() if name not in _EMBEDDED}
    environment |= env or {}
    ready_file.unlink(missing_ok=True)
    with (
        output.open("w") as file,
        subprocess.Popen(command, env=environment, stdout=file, stderr=file) as process,
    ):
        stack = Launched(process, ready_file, output)
        try:
            _wait_until_ready(stack, within)
            yield stack
        finally:
            if process.poll() is None:
                stack.stop()


def _wait_until_ready(stack: Launched, within: float) -> None:
    deadline = time.monotonic() + within
    while not stack.ready:
        if stack.process.poll() is not None or time.monotonic() > deadline:
            raise StartFailed(f"muster up did not get ready:\n{stack.output.read_text()}", stack.output)
        time.sleep(0.05)
