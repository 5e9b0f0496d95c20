"""From a program's message to its answer, which says that it is there."""

import asyncio
import itertools
import time
from collections.abc import Coroutine
from typing import Any

from bench.figures import progress, timed
from bench.hops import paced
from bench.incidents import Incident
from bench.programs import tokens_of
from bench.stack import ONE_CHANNEL, Stack

_RATE, _CALLS = 25, 250
_ROUNDS, _AT_ONCE = 6, 8
"""Of calls that are not counted: they open the connections of the API and the worker."""
_TOKENS = 4
"""A token has 120 calls a minute."""


async def api_accept(stack: Stack) -> None:
    """Messages into the thread of a card, by some automations at once."""
    progress("api_accept: 25/s, the worker on")
    incident = Incident(ONE_CHANNEL)
    await stack.webhook(incident, "triggered")
    await stack.sink.until(incident.id, "Triggered")
    await stack.until_idle(incident)
    numbers = itertools.count()
    turn = itertools.cycle(await tokens_of(stack, _TOKENS))

    def call() -> Coroutine[Any, Any, float]:
        return _message(stack, incident, next(turn), f"Deploy {next(numbers)} is out")

    for _ in range(_ROUNDS):
        await asyncio.gather(*(call() for _ in range(_AT_ONCE)))
    samples = await paced(_RATE, _CALLS, call)
    if stack.sink.cards(incident.id)[0].replies != _ROUNDS * _AT_ONCE + _CALLS:
        raise RuntimeError("not every message is there once")
    timed("api_accept", samples, rate=_RATE)


async def _message(stack: Stack, incident: Incident, token: str, text: str) -> float:
    """Milliseconds until the answer; raises RuntimeError for one that does not say that it is there."""
    began = time.monotonic()
    async with stack.http.post(
        f"http://127.0.0.1:{stack.addresses.api_port}/v1/incidents/{incident.id}/messages",
        json={"to": {"channel": "payments-ops"}, "text": text},
        headers={"Authorization": f"Bearer {token}"},
    ) as answer:
        if answer.status != 201:
            raise RuntimeError(f"a message was answered {answer.status}: {await answer.text()}")
    return (time.monotonic() - began) * 1000
