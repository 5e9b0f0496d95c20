"""A program that calls the public API about one incident, and calls again while nobody answers."""

import asyncio
import uuid
from typing import Any

import httpx

from muster.store.pool import open_pool
from tests.api.public import bearer, given_token
from tests.chaos.company import Company, Incident
from tests.support.connections import async_client
from tests.support.settings import database_at

_PATIENCE = 60
"""Seconds: what a dead worker began to send is taken for lost after half of it."""
_AGAIN = 0.5


class Program:
    """One call, which has an ``Idempotency-Key`` and is made as often as it takes."""

    def __init__(self, incident: Incident, token: str, method: str, path: str, body: Any) -> None:
        self.incident = incident
        self.company: Company = incident.company
        self._call = (method, f"{self.company.api}{path}")
        self._body = body
        self._headers = bearer(token) | {"Idempotency-Key": uuid.uuid4().hex}

    async def calls(self) -> httpx.Response | None:
        """What it is answered; ``None``: the API ended before it answered, or nobody is there."""
        async with async_client(timeout=15) as http:
            try:
                return await http.request(*self._call, json=self._body, headers=self._headers)
            except httpx.TransportError:
                return None

    async def is_answered(self) -> httpx.Response:
        """Call until that tells how it ended: neither that it goes on, nor that it cannot be said now."""
        async with asyncio.timeout(_PATIENCE):
            while True:
                answer = await self.calls()
                if answer is not None and answer.status_code not in (202, 503):
                    return answer
                await asyncio.sleep(_AGAIN)


async def program_of(incident: Incident, method: str, path: str, body: Any) -> Program:
    """A program with a token of its own."""
    async with await open_pool(database_at(incident.company.database_url)) as pool:
        return Program(incident, await given_token(pool), method, path, body)
