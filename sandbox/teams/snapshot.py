"""The state on disk: one JSON file, replaced in one step, at most half a second behind."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import ValidationError

from sandbox.teams.state import State

DELAY = 0.5
"""Seconds a change may wait, so that a burst is written once."""


class SnapshotError(Exception):
    """The snapshot is damaged or of another format."""


def load_state(path: Path | None) -> State | None:
    """The state an earlier process left, if any; raises SnapshotError if it cannot be read."""
    if path is None or not path.exists():
        return None
    try:
        return State.model_validate_json(path.read_bytes())
    except ValidationError:
        raise SnapshotError(
            f"{path} is not a snapshot of the Teams simulator; remove it to start anew"
        ) from None


class Snapshots:
    """Writes the state some time after ``changed`` was called, and at the end."""

    def __init__(self, path: Path | None, current: Callable[[], State]) -> None:
        self._path = path
        self._current = current
        self._dirty = asyncio.Event()

    def changed(self) -> None:
        """Note that the file is behind."""
        self._dirty.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep the file current inside the block."""
        if self._path is None:
            yield
            return
        writer = asyncio.create_task(self._write_changes(self._path))
        try:
            yield
        finally:
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
            _replace(self._path, self._current())

    async def _write_changes(self, path: Path) -> None:
        while True:
            await self._dirty.wait()
            await asyncio.sleep(DELAY)
            self._dirty.clear()
            _replace(path, self._current())


def _replace(path: Path, state: State) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.new")
    new.write_text(state.model_dump_json())
    new.replace(path)
