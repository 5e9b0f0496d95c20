"""Whether a long incident gets slower: the time of its 500th event, divided by that of a young one's 10th."""

import statistics
import time

from bench.figures import progress, value
from bench.incidents import Incident
from bench.stack import ONE_CHANNEL, Stack

_LATE = 500
_EARLY = 20
"""How many events of each young incident are measured. The 10th is in their middle."""
_YOUNG = 3
"""How many young incidents there are. For each of their events one of the old incident is measured; the 500th
is in the middle of these."""


async def history_growth(stack: Stack) -> None:
    """Time events of an old incident and of young ones; each event is sent once the one before is shown.

    An event of the old incident and one of a young incident take turns. A machine that is slow for a while
    slows both.
    """
    progress("history_growth")
    old = _NoteAfterNote(stack)
    while old.events < _LATE - _YOUNG * _EARLY // 2:
        await old.next()
    early: list[float] = []
    late: list[float] = []
    for _ in range(_YOUNG):
        young = _NoteAfterNote(stack)
        await young.next()  # the first card is a post, not an edit
        for _ in range(_EARLY):
            early.append(await young.next())
            late.append(await old.next())
    value("history_growth", "ms", statistics.median(late), floor=statistics.median(early))


class _NoteAfterNote:
    """An incident that gets one event after the other."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._incident = Incident(ONE_CHANNEL)
        self.events = 0

    async def next(self) -> float:
        """Send the next event and wait until the card shows it; milliseconds."""
        began = time.monotonic()
        self.events += 1
        await self._stack.webhook(self._incident, "triggered" if self.events == 1 else "annotated")
        sendings = self.events + 1  # what fires is read after the first card, which is edited for it
        await self._stack.sink.until(self._incident.id, "Triggered", sendings=sendings)
        return (time.monotonic() - began) * 1000
