"""The account's state in memory, and its snapshot on disk: a restart forgets nothing."""

import asyncio
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from pydantic import BaseModel

from sandbox.clock import Clock
from sandbox.pagerduty.model import AppToken, Incident, Read, Subscription, Webhook, Write

_PAUSE = 0.3
"""Seconds over which changes are gathered into one snapshot."""


class State(BaseModel):
    """Everything that changes; the values themselves are frozen."""

    incidents: dict[str, Incident] = {}
    subscriptions: dict[str, Subscription] = {}
    webhooks: dict[str, Webhook] = {}
    writes: list[Write] = []
    reads: list[Read] = []
    app_tokens: dict[str, AppToken] = {}
    last_number: int = 0
    clock_ahead: timedelta = timedelta()


class Store:
    """Holds the state and writes it, readable by its owner alone since it holds secrets."""

    def __init__(self, path: Path | None, fresh: Callable[[], State], clock: Clock) -> None:
        self._path = path
        self._fresh = fresh
        self._clock = clock
        self._changed = asyncio.Event()
        self.state = fresh()
        if path is not None and path.exists():
            self.state = State.model_validate_json(path.read_bytes())
            clock.ahead = self.state.clock_ahead

    def changed(self) -> None:
        """The state is not what the snapshot says; it will be written soon."""
        self._changed.set()

    def reset(self) -> None:
        """The state after the first start, except that numbers go on."""
        last_number = self.state.last_number
        self.state = self._fresh()
        self.state.last_number = last_number
        self.changed()

    async def keep_saved(self) -> None:
        """Write a snapshot after every burst of changes; runs until it is cancelled."""
        while True:
            await self._changed.wait()
            await asyncio.sleep(_PAUSE)
            self._changed.clear()
            self.save()

    def save(self) -> None:
        """Write the snapshot in one step."""
        if self._path is None:
            return
        self.state.clock_ahead = self._clock.ahead
        self._path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self._path.with_suffix(".unfinished")
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(self.state.model_dump_json().encode())
        unfinished.replace(self._path)
