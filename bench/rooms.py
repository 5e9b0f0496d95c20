"""A chat for an incident with eight people, alone and with a meeting: until all is ready."""

import asyncio
import time
from collections.abc import Sequence
from itertools import islice
from typing import Any

import aiohttp

from bench.figures import progress, timed
from bench.incidents import Incident
from bench.programs import tokens_of
from bench.sink import Card
from bench.stack import ONE_CHANNEL, Stack
from sandbox.company import Person

_SAMPLES, _PEOPLE = 12, 8
_CALL = 0.2
"""Seconds that each call of Graph takes."""


async def room_ready(stack: Stack) -> None:
    """Make chats one after the other, each for people whom nobody has looked for before."""
    progress("room_ready")
    crowd = iter(stack.company.people[4:])
    (token,) = await tokens_of(stack, 1)
    stack.sink.graph.delay = _CALL
    try:
        await _chat(stack, list(islice(crowd, _PEOPLE - 1)))  # opens connections: not counted
        chats = [await _chat(stack, list(islice(crowd, _PEOPLE - 1))) for _ in range(_SAMPLES)]
        called = [
            await _chat_by_program(stack, token, list(islice(crowd, _PEOPLE - 1))) for _ in range(_SAMPLES)
        ]
        floor = [await _bare(stack) for _ in range(3)]
        both = [await _chat_and_meeting(stack, list(islice(crowd, _PEOPLE - 1))) for _ in range(_SAMPLES)]
    finally:
        stack.sink.graph.delay = 0.0
    with_chat: dict[str, Any] = {"with": "chat", "people": _PEOPLE}
    with_both: dict[str, Any] = {"with": "chat, meeting", "people": _PEOPLE}
    timed("room_ready", chats, floor=floor, **with_chat)
    timed("room_ready", called, floor=floor, **with_chat, by="api")
    timed("room_ready", both, **with_both)


async def _chat(stack: Stack, responders: Sequence[Person]) -> float:
    """Milliseconds from Ada's click until the card is in the chat."""
    card = await _card(stack, responders)
    began = time.monotonic()
    await stack.click_as(card, "create_chat", by=0, http=stack.http)
    return (await _in_chat(stack, card) - began) * 1000


async def _chat_by_program(stack: Stack, token: str, responders: Sequence[Person]) -> float:
    """Milliseconds from a program's call, in Ada's name, until the card is in the chat."""
    card = await _card(stack, responders)
    began = time.monotonic()
    async with stack.http.post(
        f"http://127.0.0.1:{stack.addresses.api_port}/integration-ms-teams/incidents/{card.incident}/dedicated_chat",
        json={"mst_tenant_id": stack.company.tenant_id},
        headers={"Authorization": f"Bearer {token}"},
    ) as answer:
        if answer.status not in (201, 202):
            raise RuntimeError(f"a chat was answered {answer.status}: {await answer.text()}")
    return (await _in_chat(stack, card) - began) * 1000


async def _chat_and_meeting(stack: Stack, responders: Sequence[Person]) -> float:
    """Milliseconds from her clicks, both at once, until the card is in the chat and the bridge is written."""
    card = await _card(stack, responders)
    began = time.monotonic()
    await asyncio.gather(
        *(stack.click_as(card, verb, by=0, http=stack.http) for verb in ("create_chat", "create_meeting"))
    )
    ready = (await _in_chat(stack, card), await stack.sink.until_bridged(card.incident))
    return (max(ready) - began) * 1000


async def _card(stack: Stack, responders: Sequence[Person]) -> Card:
    """The card of a new incident, to which all that is known has come."""
    incident = Incident(
        ONE_CHANNEL, responders=tuple(filter(None, (one.pagerduty_user for one in responders)))
    )
    await stack.webhook(incident, "triggered")
    await stack.sink.until(incident.id, "Triggered")
    await stack.until_idle(incident)
    (card,) = stack.sink.cards(incident.id)
    return card


async def _in_chat(stack: Stack, card: Card) -> float:
    """When the second card came."""
    await stack.sink.until(card.incident, "Triggered", cards=2)
    return stack.sink.cards(card.incident)[-1].moments[0]


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
