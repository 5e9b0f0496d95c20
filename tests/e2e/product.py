"""The running product's processes: stop them, kill them, wait until they are back."""

import os
import signal

import httpx

from sandbox.stack.launch import Launched
from tests.e2e.waiting import eventually


class Product:
    """What `muster up` supervises."""

    def __init__(self, http: httpx.AsyncClient, stack: Launched) -> None:
        self._http = http
        self._stack = stack
        self._parts = f"{stack.ready['start']}/_sandbox/parts"
        self._gone: dict[str, int] = {}

    def kill(self, part: str) -> None:
        """``kill -9`` of a part's process."""
        self._gone[part] = self._stack.pids[part]
        os.kill(self._gone[part], signal.SIGKILL)

    async def stop(self, part: str, *, seconds: float) -> None:
        """Take a part away for so long."""
        self._gone[part] = self._stack.pids[part]
        answer = await self._http.post(f"{self._parts}/{part}", json={"stop_for": seconds, "signal": "TERM"})
        answer.raise_for_status()

    async def expect_back(self, part: str) -> None:
        """A new process of this part answers."""

        async def is_back() -> bool:
            parts = {status["name"]: status for status in (await self._http.get(self._parts)).json()}
            return parts[part]["state"] == "up" and parts[part]["pid"] != self._gone[part]

        await eventually(is_back)
