"""Whether one of an account's secrets signed a webhook, without asking the database each time."""

import math
import time
from collections.abc import Callable

from api.webhooks.signature import matches
from muster.security.sealing import KeyRing
from muster.store import subscriptions
from muster.store.pool import Pool

_KEPT = 5.0
"""Seconds for which a secret is taken as read: docs/decisions/0016."""


class SigningSecrets:
    """The secrets of webhook subscriptions, those that exist kept in memory for a moment."""

    def __init__(self, pool: Pool, keys: KeyRing, *, now: Callable[[], float] = time.monotonic) -> None:
        self._pool = pool
        self._keys = keys
        self._now = now
        self._read: dict[tuple[str, str | None], tuple[float, tuple[str, ...]]] = {}

    async def signed(self, account: str, subscription: str | None, signature: str, body: bytes) -> bool:
        """Whether ``signature`` is of ``body`` with a secret of the subscription, else of the account.

        A body that no kept secret signed is held against those of the database before it is refused.
        Raises ``SignatureMalformed`` and ``SealBroken``.
        """
        place, began = (account, subscription), self._now()
        read_at, kept = self._read.get(place, (-math.inf, ()))
        if began < read_at + _KEPT and matches(signature, body, kept):
            return True
        secrets = await subscriptions.secrets_of(self._pool, self._keys, account, subscription)
        if secrets:
            self._read[place] = began, secrets
        else:  # not kept: anybody may ask for any subscription
            self._read.pop(place, None)
        return matches(signature, body, secrets)
