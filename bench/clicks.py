"""From a click on a button to its answer, while PagerDuty takes 100 ms for each call."""

from bench.figures import progress, timed
from bench.incidents import Incident
from bench.stack import ONE_CHANNEL, Stack

_CLICKS = 60
_PAGERDUTY_SECONDS = 0.1


async def click_to_answer(stack: Stack) -> None:
    """Acknowledge on a card that has just appeared: a read and a write at PagerDuty."""
    progress("click_to_answer")
    samples: list[float] = []
    for _ in range(_CLICKS):
        incident = Incident(ONE_CHANNEL)
        await stack.webhook(incident, "triggered")
        await stack.sink.until(incident.id, "Triggered")
        stack.sink.pagerduty_delay = _PAGERDUTY_SECONDS
        samples.append(await stack.click(stack.sink.cards(incident.id)[0], "acknowledge"))
        stack.sink.pagerduty_delay = 0.0
    timed("click_to_answer", samples, pagerduty_ms=_PAGERDUTY_SECONDS * 1000)
