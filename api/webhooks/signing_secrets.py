"""Whether one of an account's secrets signed a webhook, while the database is asked once a second at most.

Anybody can post what nobody signed. So whoever matches no kept secret waits for the next read, which is one
for all who wait. It begins after each of them came: a secret that was made meanwhile is found, and nobody is
refused by what was read before.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from api.webhooks.signature import matches
from muster.security.sealing import KeyRing, SealBroken
from muster.store import subscriptions
from muster.store.pool import Pool

_KEPT = 5.0
"""Seconds for which a secret is taken as read: docs/decisions/0016."""
_BETWEEN_READS = 1.0
"""Seconds from the beginning of a read to that of the next one for the same account."""
_MOST_WAITING, _MOST_BYTES_WAITING = 1000, 32 * 1024 * 1024
"""How many bodies may wait for a read, and how large together: nobody knows yet who sent them."""

_Secrets = subscriptions.Secrets


class TooManyWait(Exception):
    """So many webhooks that no kept secret signed wait already that this one is not looked at."""


class SecretExpected(Exception):
    """A subscription that is not known yet may have signed it: one is being made."""


class SigningSecrets:
    """The secrets of webhook subscriptions, kept in memory for a moment."""

    def __init__(
        self,
        pool: Pool,
        keys: KeyRing,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._pool = pool
        self._keys = keys
        self._now = now
        self._sleep = sleep
        self._accounts: dict[str, _Reads] = {}
        self._waiting = self._bytes_waiting = 0

    async def signed(self, account: str, subscription: str | None, signature: str, body: bytes) -> bool:
        """Whether ``signature`` is of ``body`` with a secret of the subscription, else of the account.

        ``account`` is a configured one. Raises ``SignatureMalformed``, ``SealBroken``, ``TooManyWait``
        and ``SecretExpected``.
        """
        matches(signature, body, ())  # a malformed one is refused whatever the secrets are
        reads = self._accounts.setdefault(account, _Reads(self._read, account, self._now, self._sleep))
        tried = _readable(reads.kept(), subscription)
        if matches(signature, body, tried):
            return True
        with self._place(len(body)):
            found = _readable(await reads.running(), subscription)
            if found != tried and matches(signature, body, found):
                return True
            last = await reads.next()
        if (secret := _unreadable(last, subscription)) is not None:
            raise secret
        if matches(signature, body, _readable(last, subscription)):
            return True
        if last.is_expected and (subscription is None or subscription not in last.by_subscription):
            raise SecretExpected("a subscription whose secret is not stored may have signed it")
        return False

    @contextmanager
    def _place(self, size: int) -> Iterator[None]:
        """A place among those who wait, for a body of so many bytes; raises ``TooManyWait``."""
        if self._waiting >= _MOST_WAITING or self._bytes_waiting + size > _MOST_BYTES_WAITING:
            raise TooManyWait("too many webhooks wait for the signing secrets to be read")
        self._waiting += 1
        self._bytes_waiting += size
        try:
            yield
        finally:
            self._waiting -= 1
            self._bytes_waiting -= size

    async def _read(self, account: str) -> _Secrets:
        return await subscriptions.secrets_of(self._pool, self._keys, account)


class _Reads:
    """The reads for one account, one after the other."""

    def __init__(
        self,
        read: Callable[[str], Awaitable[_Secrets]],
        account: str,
        now: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._read = read
        self._account = account
        self._now = now
        self._sleep = sleep
        self._began = -math.inf
        self._kept: tuple[float, _Secrets] = (-math.inf, _Secrets())
        self._running = asyncio.Lock()
        self._current: asyncio.Task[_Secrets] | None = None
        self._next: asyncio.Task[_Secrets] | None = None

    def kept(self) -> _Secrets:
        """What was read last; nothing where that is too long ago."""
        began, secrets = self._kept
        return secrets if self._now() < began + _KEPT else _Secrets()

    async def running(self) -> _Secrets:
        """What the read finds that runs now, which may have begun too early; else what is kept."""
        return self.kept() if self._current is None else await asyncio.shield(self._current)

    async def next(self) -> _Secrets:
        """What the next read finds, which has not begun; raises its error."""
        if self._next is None:
            self._next = asyncio.create_task(self._read_next())
            self._next.add_done_callback(_heard)
        return await asyncio.shield(self._next)

    async def _read_next(self) -> _Secrets:
        async with self._running:
            await self._sleep(max(0.0, self._began + _BETWEEN_READS - self._now()))
            # Whoever comes from now on comes too late for this one.
            self._current, self._next = self._next, None
            self._began = began = self._now()
            try:
                secrets = await self._read(self._account)
            finally:
                self._current = None
            self._kept = began, secrets
            return secrets


def _of(secrets: _Secrets, subscription: str | None) -> list[str | SealBroken]:
    return [secret for id, secret in secrets.by_subscription.items() if subscription in (None, id)]


def _unreadable(secrets: _Secrets, subscription: str | None) -> SealBroken | None:
    broken = (secret for secret in _of(secrets, subscription) if isinstance(secret, SealBroken))
    return next(broken, None)


def _readable(secrets: _Secrets, subscription: str | None) -> list[str]:
    """Those of the subscription, else of the account; none where one of them cannot be opened."""
    if _unreadable(secrets, subscription) is not None:
        return []
    return [secret for secret in _of(secrets, subscription) if isinstance(secret, str)]


def _heard(read: asyncio.Task[_Secrets]) -> None:
    """Take a read's error where all who waited for it have gone."""
    if not read.cancelled():
        read.exception()
