"""The card of one incident, as its workflow has it shown by this worker or that."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.teams.cards import CardActivities
from activities.teams.sends import Sends
from muster.clients.teams.connector import ConnectorClient
from muster.store import cards
from muster.store.pool import Pool, open_pool
from tests.support.refused_sends import KeptRefusedSends
from tests.support.settings import database_at
from tests.support.teams_service import TeamsService
from workflows.channel_incident.activities import ShowCard, Shown, StoredCard
from workflows.channel_incident.messages import CardKey
from workflows.channel_incident.view import CardIdentity, View
from workflows.incident.values import Status

AS_OF = datetime(2026, 1, 1, 10, tzinfo=UTC)


class Card:
    """The card of one incident, as its workflow has it shown."""

    def __init__(self, teams_side: TeamsService, pool: Pool) -> None:
        self.pool = pool
        self.teams_side = teams_side
        self.key = CardKey(account="acme", incident_id="Q1", conversation=teams_side.channel)

    async def register(self) -> None:
        await self.pool.execute(
            "INSERT INTO incident_card (account, incident_id, conversation) VALUES ($1, $2, $3)",
            *(self.key.account, self.key.incident_id, self.key.conversation),
        )

    def at(
        self,
        revision: int,
        *,
        marker: str = "m1",
        edits: str | None = None,
        status: Status = "triggered",
        **more: Any,
    ) -> ShowCard:
        """The request to show this revision."""
        view = View(
            account="acme",
            incident_id="Q1",
            revision=revision,
            as_of=AS_OF,
            title="Checkout is slow",
            status=status,
            verbs=("acknowledge", "resolve"),
        )
        given: dict[str, Any] = {
            "card": self.key,
            "tenant": self.teams_side.company.tenant_id,
            "activity_id": edits,
            "view": view,
            "identity": CardIdentity(marker=marker, nonce=f"nonce-{revision}"),
            "content": f"content-{revision}",
            "correlation": f"01EVENT{revision}",
            **more,
        }
        return ShowCard(**given)

    async def moves(self, service_url: str) -> None:
        """The conversation lives elsewhere from now on."""
        await self.pool.execute(
            "UPDATE conversation SET service_url = $1 WHERE id = $2", service_url, self.key.conversation
        )

    async def row(self) -> StoredCard:
        return await cards.restore(self.pool, self.key)

    async def orphan_markers(self) -> list[str]:
        """Those by which its row knows orphans."""
        return list(await self.pool.fetchval("SELECT orphan_markers FROM incident_card"))


Show = Callable[[ShowCard], Awaitable[Shown]]


class OneWorker:
    """The activities of one worker, with the sends that it owns."""

    def __init__(self, connector: ConnectorClient, pool: Pool, sends: Sends) -> None:
        self.sends = sends
        self._activities = CardActivities(connector, pool, sends, KeptRefusedSends())

    async def show(self, request: ShowCard, *, asked_at: datetime = AS_OF) -> Shown:
        """Make one call that the run asked for at this time."""
        environment = ActivityEnvironment()
        environment.info = replace(environment.info, scheduled_time=asked_at)
        shown: Shown = await environment.run(self._activities.show_card, request)
        return shown

    async def show_and_give_up(self, request: ShowCard, once: Awaitable[object]) -> None:
        """Make one call that Temporal gives up as soon as this has happened."""
        calling = asyncio.create_task(self.show(request))
        await once
        calling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await calling

    async def stop(self) -> None:
        """As the worker's process does after its activities have ended."""
        self.sends.stop(within=timedelta(seconds=20))
        await self.sends.finish()


@asynccontextmanager
async def one_worker(
    connector: ConnectorClient, database_url: str, *, patience: float = 8
) -> AsyncIterator[OneWorker]:
    """A worker of the test's own, with its own connections; it stops at the end."""
    async with await open_pool(database_at(database_url)) as pool:
        worker = OneWorker(connector, pool, Sends(patience=patience))
        yield worker
        await worker.stop()


def through(database_url: str, address: str) -> str:
    """The same database by another address."""
    return database_url.replace(database_url.rpartition("@")[2].partition("/")[0], address)


async def failure(show: Show, request: ShowCard) -> tuple[str | None, bool, tuple[Any, ...]]:
    """How Temporal hears of the failure: type, whether it may be repeated, and its code and delay."""
    with pytest.raises(ApplicationError) as failed:
        await show(request)
    return failed.value.type, not failed.value.non_retryable, tuple(failed.value.details)
