"""Sixty people who see a shared card at the same moment: their answers, and the edits of cards meanwhile."""

import asyncio

import aiohttp

from bench.figures import progress, timed
from bench.hops import first_cards_and_edits
from bench.incidents import Incident
from bench.sink import Card
from bench.stack import ONE_CHANNEL, Stack
from muster.cards.incident.shared import REFRESH

_PEOPLE = 60
"""Teams asks for a newer card in conversations of at most so many people (docs/platform-facts.md)."""
_EVERY = 2.0
"""Seconds from one moment to the next. Teams asks once a minute for a person, so that these are the people of
thirty conversations."""


async def refresh_to_answer(stack: Stack) -> None:
    """Refresh a shared card for all of them at once, again and again, while cards are edited."""
    progress("refresh_to_answer, event_to_edit meanwhile")
    shared = await _shared(stack)
    over = asyncio.Event()
    # Each person has a connection: by default a session opens a hundred.
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        await _seen_by_all(stack, shared, http)  # opens connections: not counted
        async with asyncio.TaskGroup() as tasks:
            seen = tasks.create_task(_seen_until(over, stack, shared, http))
            _, edits = await first_cards_and_edits(stack)
            over.set()
    timed("refresh_to_answer", seen.result(), people=_PEOPLE)
    edits.emit("event_to_edit", meanwhile="refresh_to_answer")


async def _shared(stack: Stack) -> Card:
    """A card that was shared before its incident was acknowledged: each refresh draws it anew."""
    incident = Incident(ONE_CHANNEL)
    await stack.webhook(incident, "triggered")
    await stack.sink.until(incident.id, "Triggered")
    shared = await stack.found(incident, conversation=stack.sink.cards(incident.id)[0].conversation)
    await stack.webhook(incident, "acknowledged")
    await stack.sink.until(incident.id, "Acknowledged")
    await stack.until_idle(incident)
    return shared


async def _seen_until(
    over: asyncio.Event, stack: Stack, shared: Card, http: aiohttp.ClientSession
) -> list[float]:
    """Milliseconds until each answer."""
    samples: list[float] = []
    while not over.is_set():
        pause = asyncio.create_task(asyncio.sleep(_EVERY))
        samples += await _seen_by_all(stack, shared, http)
        await pause
    return samples


async def _seen_by_all(stack: Stack, shared: Card, http: aiohttp.ClientSession) -> list[float]:
    answers = await asyncio.gather(
        *(
            stack.click_as(shared, REFRESH, by=number, http=http, trigger="automatic")
            for number in range(_PEOPLE)
        )
    )
    if wrong := [answer.told for answer in answers if answer.told != "card"]:
        raise RuntimeError(f"a refresh was answered {wrong[0]}")
    return [answer.milliseconds for answer in answers]
