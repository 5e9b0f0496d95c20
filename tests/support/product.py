"""The running product: start it, stop or kill a part of it, wait until that is back."""

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from sandbox.up.supervision.launch import Launched, launched
from tests.support.waiting import eventually

_GRACE = "2"
"""Seconds that the runs of an incident stay after its end: a test sees them complete."""


_TAIL = 40


@contextmanager
def running(folder: Path, *options: str, env: Mapping[str, str] | None = None) -> Iterator[Launched]:
    """The product as `muster up` runs it; ``env`` is added to its environment."""
    soon = {"MUSTER_GRACE": _GRACE, "MUSTER_ROOM_GRACE": _GRACE}
    with launched(folder, *options, env={**soon, **(env or {})}) as stack:
        yield stack


def ends_of_logs(stack: Launched) -> list[tuple[str, str]]:
    """The last lines that every part wrote, under a heading each: for the report of a failure."""
    logs = [stack.output, *sorted(stack.output.parent.glob("data/logs/*.log"))]
    return [(f"the end of {log.name}", _tail(log)) for log in logs]


class Product:
    """What `muster up` supervises."""

    def __init__(self, http: httpx.AsyncClient, stack: Launched) -> None:
        self._http = http
        self._stack = stack
        self._parts = f"{stack.ready['start']}/_sandbox/parts"
        self._gone: dict[str, int] = {}

    def kill(self, part: str) -> None:
        """``kill -9`` of a part's process."""
        self._end(part, signal.SIGKILL)

    async def stop(self, part: str, *, seconds: float) -> None:
        """``kill -9`` a part, which begins to come back so many seconds later."""
        self._gone[part] = self._stack.pids[part]
        answer = await self._http.post(f"{self._parts}/{part}", json={"stop_for": seconds})
        answer.raise_for_status()
        await eventually(lambda: self._is(part, "down"))

    @contextmanager
    def holding(self, part: str) -> Iterator[None]:
        """Let a part's process stand still until the block ends, or until it is killed there."""
        pid = self._stack.pids[part]
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            if self._gone.get(part) != pid:
                os.kill(pid, signal.SIGCONT)

    async def expect_back(self, part: str) -> None:
        """A new process of this part answers."""
        await eventually(lambda: self._is(part, "up"), within=60)

    async def forget_tokens(self) -> None:
        """Another worker has tokens of its own: what was taken back is missing in them.

        The old one finishes what it does. A kill could come after Teams took a card and before that is known:
        the card would be sent again, beside one that no test asked for.
        """
        self._end("worker", signal.SIGTERM)
        await self.expect_back("worker")

    def _end(self, part: str, how: signal.Signals) -> None:
        self._gone[part] = self._stack.pids[part]
        os.kill(self._gone[part], how)

    async def _is(self, part: str, state: str) -> bool:
        parts = {status["name"]: status for status in (await self._http.get(self._parts)).json()}
        return (parts[part]["state"], parts[part]["pid"] == self._gone[part]) == (state, False)


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-_TAIL:])
