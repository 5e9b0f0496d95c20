"""Places for people who wait for an answer: so many at once that they are served in time, and no more.

Whoever finds no place waits for one, in order, the cards in turn, so that a crowd on one card does not hold
up the others. Whoever cannot be served in time is turned away as soon as that is known, with nothing begun.
"""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass

_LEAST_SECONDS = 0.6
"""What a place must be good for when it is taken. In less, a click could only be handed over."""
_SMOOTHING = 0.2
"""How much the newest service counts in the expected one."""


class Crowded(Exception):
    """There is no place in time; nothing was begun."""


@dataclass(eq=False)
class _Waiting:
    until: float
    """The last moment at which a place is of use, by the clock of the event loop."""
    place: asyncio.Future[None]

    def turn_away(self) -> None:
        if not self.place.done():
            self.place.set_exception(Crowded())


class Places:
    """``total`` places, of which those who press on one card may take ``each``."""

    def __init__(self, total: int, each: int) -> None:
        self._total = total
        self._each = each
        self._taken: Counter[Hashable] = Counter()
        self._queues: dict[Hashable, deque[_Waiting]] = {}
        """By card, the one whose turn is next first."""
        self._service = 0.0
        """Seconds for which a place is taken, smoothed."""

    @asynccontextmanager
    async def one(self, card: Hashable, *, answer_by: float) -> AsyncIterator[None]:
        """A place while the block runs, in time for an answer at ``answer_by``; raises ``Crowded``.

        Moments are by the clock of the event loop.
        """
        loop = asyncio.get_running_loop()
        await self._take(card, answer_by - _LEAST_SECONDS)
        began = loop.time()
        try:
            yield
        finally:
            self._service += _SMOOTHING * (loop.time() - began - self._service)
            self._give_back(card)

    async def _take(self, card: Hashable, until: float) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() > until:
            raise Crowded
        if card not in self._queues and self._has_place(card):
            self._taken[card] += 1
            return
        waiting = _Waiting(until, loop.create_future())
        self._queues.setdefault(card, deque()).append(waiting)
        self._turn_away_late(card)
        too_late = loop.call_at(until, waiting.turn_away)
        try:
            await waiting.place
        except asyncio.CancelledError:
            place = waiting.place
            if place.done() and not place.cancelled() and place.exception() is None:
                self._give_back(card)  # given at this very moment
            raise
        finally:
            too_late.cancel()

    def _has_place(self, card: Hashable) -> bool:
        return self._taken.total() < self._total and self._taken[card] < self._each

    def _give_back(self, card: Hashable) -> None:
        self._taken[card] -= 1
        if not self._taken[card]:
            del self._taken[card]
        for next_card in list(self._queues):
            if self._has_place(next_card):
                self._admit_one(next_card)
            self._turn_away_late(next_card)

    def _admit_one(self, card: Hashable) -> None:
        """Give a place to the first who still waits at this card; after that the other cards come first."""
        queue = self._queues.pop(card)
        while queue and (waiting := queue.popleft()).place.done():
            continue
        if not waiting.place.done():
            self._taken[card] += 1
            waiting.place.set_result(None)
        if queue:
            self._queues[card] = queue

    def _turn_away_late(self, card: Hashable) -> None:
        """Turn away the last ones, where those before them take all the time that they have."""
        queue = self._queues.get(card, deque())
        while queue and queue[0].place.done():  # whose time was over while they waited
            queue.popleft()
        share = max(1.0, min(self._each, self._total / max(1, len(self._queues))))
        now = asyncio.get_running_loop().time()
        while queue and now + len(queue) / share * self._service > queue[-1].until:
            queue.pop().turn_away()
        if not queue:
            self._queues.pop(card, None)
