"""From a click on a button to its answer, while PagerDuty takes 100 ms for each call."""

from collections.abc import Awaitable, Callable

from bench.figures import progress, timed
from bench.incidents import Incident
from bench.links import expiring_link
from bench.stack import ONE_CHANNEL, Stack

_CLICKS = 60
_PAGERDUTY_SECONDS = 0.1
_LONGEST = 3000
"""Milliseconds within which a click is answered, whatever else has to be done first."""


async def click_to_answer(stack: Stack) -> None:
    """Acknowledge on a card that has just appeared: a read and a write at PagerDuty."""
    progress("click_to_answer")
    samples = await _acknowledged(stack)
    timed("click_to_answer", samples, pagerduty_ms=_PAGERDUTY_SECONDS * 1000)


async def click_with_refresh(stack: Stack) -> None:
    """The same by a token that has expired: PagerDuty refreshes it first."""
    progress("click_with_refresh")
    async with expiring_link(stack) as expire:
        samples = await _acknowledged(stack, expire)
    if max(samples) > _LONGEST:
        raise RuntimeError(f"a click was answered after {max(samples):.0f} ms")
    timed("click_with_refresh", samples, pagerduty_ms=_PAGERDUTY_SECONDS * 1000)


async def _acknowledged(
    stack: Stack, before_each: Callable[[], Awaitable[None]] | None = None
) -> list[float]:
    """Milliseconds until each answer."""
    samples: list[float] = []
    for _ in range(_CLICKS):
        incident = Incident(ONE_CHANNEL)
        await stack.webhook(incident, "triggered")
        await stack.sink.until(incident.id, "Triggered")
        if before_each is not None:
            await before_each()
        stack.sink.pagerduty_delay = _PAGERDUTY_SECONDS
        samples.append(await stack.click(stack.sink.cards(incident.id)[0], "acknowledge"))
        stack.sink.pagerduty_delay = 0.0
    return samples
