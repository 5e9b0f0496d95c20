"""The keys that sign the Bot Framework's tokens."""

import time
from collections.abc import Callable

import httpx

from muster.clients.jwks import PublishedKeys


class BotKeys(PublishedKeys):
    """What the Bot Framework of a cloud publishes at its metadata address."""

    def __init__(
        self, pool: httpx.AsyncClient, metadata_url: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(pool, metadata_url, provider="the Bot Framework's key endpoint", clock=clock)
