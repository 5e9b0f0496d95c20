"""Whether a long incident gets slower: the time per event at the 500th event by that at the 10th."""

import statistics
import time

from bench.figures import progress, value
from bench.incidents import Incident
from bench.stack import ONE_CHANNEL, Stack

_EVENTS = 510
_AROUND = 10
"""Events on either side that a point is the median of."""


async def history_growth(stack: Stack) -> None:
    """One incident, notes and acknowledgements one after the other, each shown before the next."""
    progress("history_growth")
    incident = Incident(ONE_CHANNEL)
    times: list[float] = []
    for number in range(1, _EVENTS + 1):
        began = time.monotonic()
        await stack.webhook(incident, "triggered" if number == 1 else "annotated")
        await stack.sink.until(incident.id, "Triggered", sendings=number)
        times.append(time.monotonic() - began)
    early = statistics.median(times[1 : 1 + 2 * _AROUND])
    late = statistics.median(times[500 - _AROUND : 500 + _AROUND])
    value("history_growth", "ratio", late / early, floor=1.0, early_ms=early * 1000, late_ms=late * 1000)
