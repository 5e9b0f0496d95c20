"""Server-sent events for open pages: each page has a queue and gets the events of its person."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class PageEvent:
    """An event for a page: its name and its data."""

    name: str
    data: dict[str, Any]


class ServerSentEvents:
    """Sends events to the open pages."""

    def __init__(self) -> None:
        self._queues: defaultdict[str, set[asyncio.Queue[PageEvent | None]]] = defaultdict(set)
        self._closed = False

    def publish(self, person: str, event: PageEvent) -> None:
        """Send an event to every page of this person."""
        for queue in self._queues[person]:
            queue.put_nowait(event)

    def publish_to_all(self, event: PageEvent) -> None:
        """Send an event to every open page."""
        for person in list(self._queues):
            self.publish(person, event)

    @contextmanager
    def listening(self, person: str) -> Iterator[AsyncIterator[PageEvent]]:
        """The person's events from now on, until ``close``."""
        queue: asyncio.Queue[PageEvent | None] = asyncio.Queue()
        if self._closed:
            queue.put_nowait(None)
        self._queues[person].add(queue)
        try:
            yield _until_closed(queue)
        finally:
            self._queues[person].discard(queue)

    def close(self) -> None:
        """End every stream, so that an open page does not hold up the server's stop."""
        self._closed = True
        for queues in self._queues.values():
            for queue in queues:
                queue.put_nowait(None)


async def _until_closed(queue: asyncio.Queue[PageEvent | None]) -> AsyncIterator[PageEvent]:
    while (event := await queue.get()) is not None:
        yield event
