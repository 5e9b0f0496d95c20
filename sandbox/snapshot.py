"""The state of a simulator on disk: one JSON file, replaced in one step soon after a change and at the end.

The event loop only copies what can change. A thread makes the JSON piece by piece and writes it, so that a
simulator with a long history answers as fast as a new one.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import to_json

from sandbox.ports import PortsByName, follow
from sandbox.private_files import write_private

PAUSE = 0.3
"""Seconds between a change and its writing, so that many changes are written once."""
_LONGEST_SHARE = 0.1
"""The largest share of the time that may go into writing: a large file is written less often."""

_NO_PORTS: Mapping[str, int] = MappingProxyType({})

log = logging.getLogger(__name__)

Read = TypeVar("Read", bound=BaseModel)
Taken = Callable[[], dict[str, Any]]
"""Called in a thread: the content as dicts and lists of frozen models and plain values."""


class SnapshotError(Exception):
    """The file cannot be read; the text says what to do."""


class _Written(BaseModel):
    """What every snapshot has beside its state."""

    ports: PortsByName = {}
    """The sandbox's ports when it was written."""


def read_snapshot(path: Path | None, model: type[Read], ports: Mapping[str, int] = _NO_PORTS) -> Read | None:
    """The state that an earlier process wrote, or None; raises SnapshotError if it cannot be read.

    Its addresses of the sandbox are those of ``ports``: every link and receiver, wherever it stands.
    """
    try:
        if path is None or not path.exists():
            return None
        text = path.read_bytes()
        return model.model_validate_json(follow(text, _Written.model_validate_json(text).ports, ports))
    except ValidationError:
        raise SnapshotError(f"{path} is not a snapshot of this simulator; remove it to start anew") from None
    except OSError as error:
        raise SnapshotError(f"{path} cannot be read ({error.strerror}); make it readable") from None


class Snapshots:
    """Writes the file after changes, with the sandbox's ``ports``; without a path, does nothing.

    ``take`` is called on the event loop; it copies what can change and does nothing else.
    """

    def __init__(
        self, path: Path | None, take: Callable[[], Taken], ports: Mapping[str, int] = _NO_PORTS
    ) -> None:
        self._path = path
        self._take = take
        self._ports = dict(ports)
        self._behind = asyncio.Event()
        self._ending = asyncio.Event()

    def changed(self) -> None:
        """Note that the state changed."""
        self._behind.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Write changes while the block runs, and the last ones at its end."""
        if self._path is None:
            yield
            return
        writing = asyncio.create_task(self._write_changes(self._path))
        try:
            yield
        finally:
            self._ending.set()
            self._behind.set()
            await writing

    async def _write_changes(self, path: Path) -> None:
        pause = PAUSE
        while self._behind.is_set() or not self._ending.is_set():
            await self._behind.wait()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), pause)
            self._behind.clear()
            started = time.monotonic()
            try:
                await asyncio.to_thread(_replace, path, self._take(), self._ports)
            except OSError as error:
                log.warning("the snapshot cannot be written: %s", error)
                if not self._ending.is_set():
                    self._behind.set()
            pause = max(PAUSE, (time.monotonic() - started) / _LONGEST_SHARE)


def _replace(path: Path, taken: Taken, ports: dict[str, int]) -> None:
    """Replace the file in one step; only its owner can read it, since it has secrets."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_private(path, _json({**taken(), "ports": ports}))


def _json(value: Any) -> Iterator[bytes]:
    """The JSON in pieces, since making one piece blocks all threads (GIL)."""
    match value:
        case dict():
            before = b"{"
            for key, item in value.items():
                yield before + to_json(key) + b":"
                yield from _json(item)
                before = b","
            yield b"}" if value else b"{}"
        case list():
            before = b"["
            for item in value:
                yield before
                yield from _json(item)
                before = b","
            yield b"]" if value else b"[]"
        case _:
            yield to_json(value)
