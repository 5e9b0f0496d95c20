"""Values that are fetched, live for a while and are renewed before they end: tokens, signing keys."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

import structlog

from workflows.errors import OutsideError

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_RENEW_AT = 0.8
"""Part of a value's life after which it is renewed in the background."""
_RETRY_AFTER = 30.0
"""Seconds between attempts to renew a value that is still good."""

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True)
class Expiring(Generic[V]):
    """A value and how many seconds it lives from now."""

    value: V
    lifetime: float


@dataclass
class _Held(Generic[V]):
    value: V
    renew_at: float
    ends_at: float


class ExpiringCache(Generic[K, V]):
    """Keeps one value per key for the process. At most one fetch per key is under way at a time.

    ``fetch`` raises ``OutsideError`` when it fails, and must end by itself in reasonable time. It is
    not cancelled with a caller: others may wait for the same value.
    """

    def __init__(
        self, fetch: Callable[[K], Awaitable[Expiring[V]]], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._held: dict[K, _Held[V]] = {}
        self._fetching: dict[K, asyncio.Task[V]] = {}

    async def get(self, key: K) -> V:
        """The value, without a fetch while a good one is held; raises what ``fetch`` raises."""
        held = self._held.get(key)
        now = self._clock()
        if held is None or now >= held.ends_at:
            return await self._fetch_once(key)
        if now >= held.renew_at:
            held.renew_at = now + _RETRY_AFTER
            self._start(key)
        return held.value

    async def renew(self, key: K, rejected: V) -> V:
        """A value other than ``rejected``, which others refused before its life was over."""
        held = self._held.get(key)
        if held is not None and held.value != rejected:
            return held.value
        return await self._fetch_once(key)

    async def _fetch_once(self, key: K) -> V:
        return await asyncio.shield(self._start(key))

    def _start(self, key: K) -> asyncio.Task[V]:
        if key not in self._fetching:
            self._fetching[key] = asyncio.create_task(self._fetch_and_hold(key))
            self._fetching[key].add_done_callback(partial(_report, key))
        return self._fetching[key]

    async def _fetch_and_hold(self, key: K) -> V:
        try:
            fetched = await self._fetch(key)
        finally:
            del self._fetching[key]
        now = self._clock()
        self._held[key] = _Held(
            fetched.value, renew_at=now + _RENEW_AT * fetched.lifetime, ends_at=now + fetched.lifetime
        )
        return fetched.value


def _report(key: object, task: asyncio.Task[Any]) -> None:
    # Always read the failure here: nobody awaits a renewal in the background.
    if not task.cancelled() and (error := task.exception()) is not None:
        expected = isinstance(error, OutsideError)
        log.warning("fetch failed", what=str(key), problem=str(error), exc_info=None if expected else error)
