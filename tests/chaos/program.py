"""A program that calls the public API about one incident, and calls again while nobody answers."""

import asyncio
import uuid
from typing import Any

import httpx

from muster.store.pool import open_pool
from tests.api.public import bearer, given_token
from tests.chaos.commits import Commit, commits_held
from tests.chaos.company import Company, Incident
from tests.support.connections import async_client
from tests.support.settings import database_at

BEGUN = ("api", Commit("operation", "INSERT"))
"""The row of the operation; nobody else knows of it."""
INTENDED = ("worker", Commit("operation", "UPDATE", "OLD.intent_at IS NULL AND NEW.intent_at IS NOT NULL"))
"""It is about to be sent."""
ENDED = (
    "worker",
    Commit("operation", "UPDATE", "OLD.outcome IS NULL AND NEW.status IS NULL AND NEW.outcome = 'done'"),
)
"""It is done, and its row says so."""
ANSWERED = ("api", Commit("operation", "UPDATE", "OLD.status IS NULL AND NEW.status IS NOT NULL"))
"""What the call is answered."""
_PATIENCE = 60
"""Seconds: what a dead worker began to send is taken for lost after half of it."""
_AGAIN = 0.5


class Program:
    """One call, which has an ``Idempotency-Key`` and is made as often as it takes."""

    def __init__(
        self, incident: Incident, token: str, method: str, path: str, body: Any, once_by: str
    ) -> None:
        self.incident = incident
        self.company: Company = incident.company
        self._call = (method, f"{self.company.api}{path}")
        self._body = body
        self._headers = bearer(token) | {once_by: uuid.uuid4().hex}

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

    async def killed_at(self, part: str, commit: Commit, *, committed: bool) -> httpx.Response:
        """Kill this part at a commit of the call's, and call again: how it ended."""
        await self.cut_off_at(part, commit, committed=committed)
        return await self.is_answered()

    async def cut_off_at(self, part: str, commit: Commit, *, committed: bool) -> None:
        """Call, kill this part at a commit of the call's, and wait until it is back."""
        company = self.company
        async with commits_held(company, commit) as reached:
            first = asyncio.create_task(self.calls())
            waiting = await reached()
            company.product.kill(part)
            if not committed:
                await company.end_backends(waiting)
        await first
        await company.product.expect_back(part)

    async def is_answered_again(self, answer: httpx.Response) -> None:
        """One more call gets the same answer."""
        again = await self.is_answered()
        assert (again.status_code, again.content) == (answer.status_code, answer.content)


async def program_of(
    incident: Incident, method: str, path: str, body: Any, *, once_by: str = "Idempotency-Key"
) -> Program:
    """A program with a token of its own; ``once_by``: the header that tells its call from others."""
    async with await open_pool(database_at(incident.company.database_url)) as pool:
        return Program(incident, await given_token(pool), method, path, body, once_by)


async def shown(company: Company) -> Incident:
    """An incident with its card in its channel."""
    incident = await company.incident()
    await incident.shown_and_recorded()
    return incident
