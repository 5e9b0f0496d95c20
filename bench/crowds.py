"""Many people who press at the same moment: how long they wait, and whether what they hear is true."""

import asyncio
import time
from collections import Counter

import aiohttp

from bench.figures import emit, progress, quantiles
from bench.incidents import Incident
from bench.stack import ONE_CHANNEL, Answer, Stack

_CROWDS = ((50, 1), (200, 1), (500, 1), (200, 20))
"""People, and the cards among which they are divided."""
_RECORDED_WITHIN = 30.0
"""Seconds in which everything that was taken has its outcome."""


async def clicks_at_once(stack: Stack) -> None:
    """Acknowledge as hundreds of people at once, while PagerDuty answers at once."""
    for people, cards in _CROWDS:
        progress(f"clicks_at_once: {people} people, {cards} cards")
        await _crowd(stack, people, cards)


async def _crowd(stack: Stack, people: int, cards: int) -> None:
    incidents = [Incident(ONE_CHANNEL) for _ in range(cards)]
    for incident in incidents:
        await stack.webhook(incident, "triggered")
        await stack.sink.until(incident.id, "Triggered")
        await stack.until_idle(incident)
    clicked = [incidents[number % cards] for number in range(people)]
    # Each person has a connection: by default a session opens a hundred.
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        answers = await asyncio.gather(
            *(
                stack.click_as(stack.sink.cards(incident.id)[0], "acknowledge", by=number, http=http)
                for number, incident in enumerate(clicked)
            )
        )
    untrue = await _untrue(stack, [incident.id for incident in clicked], answers)
    told = Counter(answer.told for answer in answers)
    emit(
        {
            "name": "clicks_at_once",
            "unit": "ms",
            "people": people,
            "cards": cards,
            **quantiles([answer.milliseconds for answer in answers]),
            "slowest": round(max(answer.milliseconds for answer in answers), 2),
            "served": told["card"],
            "working": told["working"],
            "turned_away": people - told["card"] - told["working"],
            "untrue": untrue,
            "second_effects": sum(abs(stack.sink.writes[incident.id] - 1) for incident in incidents),
        }
    )


async def _untrue(stack: Stack, incidents: list[str], answers: list[Answer]) -> int:
    """How many were told that their click was taken and it was not, or the other way round."""
    taken = [answer.told in ("card", "working") for answer in answers]
    await _until_recorded(stack, set(incidents), sum(taken))
    recorded = await stack.recorded_clicks(set(incidents))
    return sum(
        ((incident, stack.person(number)) in recorded) is not told_so
        for number, (incident, told_so) in enumerate(zip(incidents, taken, strict=True))
    )


async def _until_recorded(stack: Stack, incidents: set[str], taken: int) -> None:
    """Wait until everything that was taken has its outcome; what has none after a while is untrue."""
    waits_until = time.monotonic() + _RECORDED_WITHIN
    while True:
        for incident in incidents:
            await stack.until_idle(stack.sink.incidents[incident])
        if len(await stack.recorded_clicks(incidents)) >= taken or time.monotonic() > waits_until:
            return
        await asyncio.sleep(0.1)
