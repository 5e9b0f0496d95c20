"""How long and how many connections may wait for their caller, before anybody knows who it is.

A connection waits until its caller has delivered a whole request. Who delivers one at once meets no bound: a
connection with a whole request does not wait, and where too many wait, the oldest go first. A sweep ends a
wait only if the event loop has looked at the connection since it was due, so that a busy loop drops nobody
whose bytes lie unread.
"""

import asyncio
import resource
import sys
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum
from itertools import islice, takewhile
from typing import Protocol

import structlog

from muster.metrics import DROPPED_CONNECTIONS

_EVERY = 0.1
"""Seconds between two sweeps."""
_TOLD_EVERY = 10.0
"""Seconds between two lines that tell of dropped connections: whoever holds them must not fill the log."""
_RESERVED = 200
"""File descriptors for everything that is no caller: the database, Temporal, PagerDuty, Teams."""

log = structlog.stdlib.get_logger(__name__)


class Phase(Enum):
    """What a connection is at."""

    HEADER = "header"
    """New, or in the middle of a request's header."""
    BODY = "body"
    IDLE = "idle"
    """Kept after an answer; nothing of a next request has come."""
    ANSWER = "answer"
    """A whole request is being answered."""
    CLOSING = "closing"
    """The answer was the last one, and the caller has not taken it all."""


_HALF = (Phase.HEADER, Phase.BODY)
_WAITING = (*_HALF, Phase.IDLE)


@dataclass(frozen=True)
class Limits:
    """Seconds and numbers for the connections of one server; docs/configuration.md gives the reasons."""

    header_within: float = 5.0
    body_within: float = 8.0
    keep_alive: float = 5.0
    answer_within: float = 30.0
    """Longer than any answer takes: a caller that reads no answer is cut off."""
    close_within: float = 1.0
    waiting: int = 500
    connections: int = 2000
    waiting_bytes: int = 64 * 1024 * 1024
    """Of half requests together, which would be memory otherwise."""

    def within(self, phase: Phase) -> float:
        """Seconds that a connection may be at it."""
        return {
            Phase.HEADER: self.header_within,
            Phase.BODY: self.body_within,
            Phase.IDLE: self.keep_alive,
            Phase.ANSWER: self.answer_within,
            Phase.CLOSING: self.close_within,
        }[phase]


class Caller(Protocol):
    """A connection as the bounds see it."""

    def drop(self, phase: Phase) -> None:
        """End it: it has been at this for too long, or too many wait."""


class SlowCallers:
    """The connections of one server, each in its phase, longest first."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._phases: dict[Phase, dict[Caller, float]] = {phase: {} for phase in Phase}
        self._bytes: dict[Caller, int] = {}
        self._held = 0
        self._looked_at = float("-inf")
        self._told_at = float("-inf")
        self._dropped = 0

    def enter(self, caller: Caller, phase: Phase, now: float) -> None:
        """A connection is at something else from now on."""
        for callers in self._phases.values():
            callers.pop(caller, None)
        self._phases[phase][caller] = now
        if phase not in _HALF:
            self._forget_bytes(caller)
        while sum(map(len, self._phases.values())) > self._limits.connections:
            if not self._drop_oldest((Phase.CLOSING,)) and not self._drop_oldest(_WAITING):
                return

    def leave(self, caller: Caller) -> None:
        """A connection is gone."""
        for callers in self._phases.values():
            callers.pop(caller, None)
        self._forget_bytes(caller)

    def hold(self, caller: Caller, size: int) -> None:
        """So many bytes of a half request came."""
        self._bytes[caller] = self._bytes.get(caller, 0) + size
        self._held += size
        while self._held > self._limits.waiting_bytes and self._drop_oldest(_HALF):
            continue

    def sweep(self, now: float) -> None:
        """Drop who is late, and the oldest where too many wait."""
        looked_at, self._looked_at = self._looked_at, now
        for phase, callers in self._phases.items():
            due = looked_at - self._limits.within(phase)
            # The lambda is used up before ``due`` changes: dropping changes the mapping, hence the list.
            for caller, _ in list(takewhile(lambda entry: entry[1] <= due, callers.items())):  # noqa: B023
                self._drop(caller, phase)
        excess = sum(len(self._phases[phase]) for phase in _WAITING) - self._limits.waiting
        while excess > 0 and self._drop_oldest(_WAITING, before=looked_at):
            excess -= 1
        if self._dropped and now >= self._told_at + _TOLD_EVERY:
            log.warning("connections dropped that brought no whole request", number=self._dropped)
            self._told_at, self._dropped = now, 0

    def hurry(self) -> None:
        """The server stops: a half request is waited for no longer than an answer is taken."""
        self._limits = replace(self._limits, body_within=self._limits.close_within)

    async def sweep_for_ever(self) -> None:
        """Sweep until cancelled."""
        now = asyncio.get_running_loop().time
        while True:
            self.sweep(now())
            await asyncio.sleep(_EVERY)

    def _forget_bytes(self, caller: Caller) -> None:
        self._held -= self._bytes.pop(caller, 0)

    def _drop_oldest(self, phases: tuple[Phase, ...], *, before: float = float("inf")) -> bool:
        """Whether there was one to drop."""
        oldest = [
            (since, phase, caller)
            for phase in phases
            for caller, since in islice(self._phases[phase].items(), 1)
            if since <= before
        ]
        if not oldest:
            return False
        _, phase, caller = min(oldest, key=lambda one: one[0])
        self._drop(caller, phase)
        return True

    def _drop(self, caller: Caller, phase: Phase) -> None:
        self.leave(caller)
        DROPPED_CONNECTIONS.labels(phase.value).inc()
        if phase in _HALF:
            self._dropped += 1
        caller.drop(phase)


def descriptors_for_callers() -> int:
    """How many connections this process can hold; allows it as many files as the system does."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # some systems refuse what they say they allow
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed == resource.RLIM_INFINITY:
        return sys.maxsize
    return max(allowed - _RESERVED, allowed // 2)
