"""A chat for an incident: from the click until its card stands in it, with eight people."""

import time
from collections.abc import Sequence
from itertools import islice
from typing import Any

import aiohttp

from bench.figures import progress, timed
from bench.incidents import Incident
from bench.stack import ONE_CHANNEL, Stack
from sandbox.company import Person

_SAMPLES, _PEOPLE = 12, 8
_CALL = 0.2
"""Seconds that each call of Graph takes."""


async def room_ready(stack: Stack) -> None:
    """Make chats one after the other, each for people whom nobody has looked for before."""
    progress("room_ready")
    crowd = iter(stack.company.people[4:])
    stack.sink.graph.delay = _CALL
    try:
        await _room(stack, list(islice(crowd, _PEOPLE - 1)))  # opens connections: not counted
        samples = [await _room(stack, list(islice(crowd, _PEOPLE - 1))) for _ in range(_SAMPLES)]
        floor = [await _bare(stack) for _ in range(3)]
    finally:
        stack.sink.graph.delay = 0.0
    what: dict[str, Any] = {"with": "chat", "people": _PEOPLE}
    timed("room_ready", samples, floor=floor, **what)


async def _room(stack: Stack, responders: Sequence[Person]) -> float:
    """Milliseconds from Ada's click until the card is in the chat."""
    incident = Incident(
        ONE_CHANNEL, responders=tuple(filter(None, (one.pagerduty_user for one in responders)))
    )
    await stack.webhook(incident, "triggered")
    await stack.sink.until(incident.id, "Triggered")
    await stack.until_idle(incident)
    (card,) = stack.sink.cards(incident.id)
    began = time.monotonic()
    await stack.click_as(card, "create_chat", by=0, http=stack.http)
    await stack.sink.until(incident.id, "Triggered", cards=2)
    in_chat = stack.sink.cards(incident.id)[-1]
    return (in_chat.moments[0] - began) * 1000


async def _bare(stack: Stack) -> float:
    """Milliseconds of the same calls, one after the other: people, chat, app, card."""
    graph, people = f"{stack.sink.url}/graph/v1.0", [stack.person(number) for number in range(_PEOPLE)]
    bound = [{"user@odata.bind": f"{graph}/users('{person}')"} for person in people]
    began = time.monotonic()
    async with aiohttp.ClientSession() as http:
        for person in people:
            async with http.get(f"{graph}/users/{person}") as answer:
                await answer.read()
        async with http.post(f"{graph}/chats", json={"members": bound}) as answer:
            chat = (await answer.json())["id"]
        async with http.post(f"{graph}/chats/{chat}/installedApps", json={}) as answer:
            await answer.read()
        async with http.post(f"{stack.sink.url}/bare/room", params={"says": "x"}, json={}) as answer:
            await answer.read()
    return (time.monotonic() - began) * 1000
