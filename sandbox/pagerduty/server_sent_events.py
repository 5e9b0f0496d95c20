"""Server-sent events for open console pages: the account changed, so load the page's content again."""

import asyncio
from collections.abc import AsyncIterator

_HEARTBEAT = 15
"""Seconds of silence after which a comment is sent; sending fails if the page is closed."""


class ServerSentEvents:
    """One stream for each open page. Several changes before a page reads become one event."""

    def __init__(self) -> None:
        self._pages: set[asyncio.Event] = set()
        self._closed = False
        self.count = 0
        """How often the account changed; a page that is made has it."""

    def changed(self) -> None:
        """Tell every open page that the account changed."""
        self.count += 1
        for page in self._pages:
            page.set()

    def close(self) -> None:
        """End all streams."""
        self._closed = True
        self.changed()

    async def stream(self, seen: int | None = None) -> AsyncIterator[str]:
        """The events for one page, at once if the account changed since the page was made with ``seen``."""
        page = asyncio.Event()
        if seen not in (None, self.count):
            page.set()
        self._pages.add(page)
        try:
            yield "retry: 1000\n\n"
            while not self._closed:
                try:
                    await asyncio.wait_for(page.wait(), _HEARTBEAT)
                except TimeoutError:
                    yield ": alive\n\n"
                    continue
                page.clear()
                yield "event: change\ndata:\n\n"
        finally:
            self._pages.discard(page)
