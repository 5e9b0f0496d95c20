"""The state of a simulator on disk: one JSON file, replaced in one step, soon after a change and at the end.

The event loop only copies what can change; the JSON is made piece by piece and written in a thread, so that
a simulator with a long history answers as quickly as a new one.
"""

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import to_json

PAUSE = 0.3
"""Seconds a change may wait, so that a burst is written once."""
_LONGEST_SHARE = 0.1
"""Of the time, spent on writing: what takes long to write is written less often."""

log = logging.getLogger(__name__)

Read = TypeVar("Read", bound=BaseModel)
Taken = Callable[[], dict[str, Any]]
"""Says, in another thread, what to write: dicts and lists down to frozen models and plain values."""


class SnapshotError(Exception):
    """The file is damaged or of another format; the text says what to do."""


def read_snapshot(path: Path | None, model: type[Read]) -> Read | None:
    """What an earlier process left, if anything; raises SnapshotError if it cannot be read."""
    if path is None or not path.exists():
        return None
    try:
        return model.model_validate_json(path.read_bytes())
    except ValidationError:
        raise SnapshotError(f"{path} is not a snapshot of this simulator; remove it to start anew") from None


class Snapshots:
    """Keeps the file up with the state; without a path, does nothing.

    ``take`` is called on the event loop and copies what can change, and nothing more.
    """

    def __init__(self, path: Path | None, take: Callable[[], Taken]) -> None:
        self._path = path
        self._take = take
        self._behind = asyncio.Event()
        self._ending = asyncio.Event()

    def changed(self) -> None:
        """Note that the file is behind."""
        self._behind.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep the file current inside the block, and leave it so."""
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
                await asyncio.to_thread(_replace, path, self._take())
            except OSError as error:
                log.warning("the snapshot cannot be written: %s", error)
                if not self._ending.is_set():
                    self._behind.set()
            pause = max(PAUSE, (time.monotonic() - started) / _LONGEST_SHARE)


def _replace(path: Path, taken: Taken) -> None:
    """Put a new file in the old one's place; its owner alone can read it, since it holds secrets."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)  # what a killed process left
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.writelines(_json(taken()))
    new.replace(path)


def _json(value: Any) -> Iterator[bytes]:
    """In pieces: making one of them holds up every thread until it is done."""
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
