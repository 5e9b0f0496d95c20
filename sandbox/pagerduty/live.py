"""Tells open pages that something changed, so that they show it without a reload."""

import asyncio
from collections.abc import AsyncIterator

_HEARTBEAT = 15
"""Seconds after which an idle stream says that it is alive, so that a vanished page is noticed."""


class Live:
    """One event for each waiting page; changes that come faster than a page reads are one change to it."""

    def __init__(self) -> None:
        self._pages: set[asyncio.Event] = set()
        self._closed = False

    def changed(self) -> None:
        """Every open page is out of date."""
        for page in self._pages:
            page.set()

    def close(self) -> None:
        """End all streams."""
        self._closed = True
        self.changed()

    async def stream(self) -> AsyncIterator[str]:
        """Server-sent events for one page."""
        page = asyncio.Event()
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
