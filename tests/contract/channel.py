"""A Teams channel as the worker's activities reach it, with a record of the wire."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
from temporalio.testing import ActivityEnvironment

from activities.teams.cards import CardActivities
from activities.teams.outcomes import OutcomeActivities
from activities.teams.replies import ReplyActivities
from activities.teams.sends import Sends
from muster.clients.expiring import ExpiringCache
from muster.clients.http import open_pool as open_http_pool
from muster.clients.teams.connector import ConnectorClient
from muster.private_sends import PrivateSends
from muster.store.pool import Pool
from sandbox.company import Person
from sandbox.teams.app import SERVICE_PATH
from tests.contract.wire import Wire
from tests.schemas.connector import connector_api
from tests.support.refused_sends import KeptRefusedSends
from tests.support.teams_service import TeamsService
from workflows.channel_incident.activities import Reply, ShowCard, Shown, TellPerson
from workflows.channel_incident.messages import CardKey
from workflows.channel_incident.view import CardIdentity, View
from workflows.incident.news import Announcement
from workflows.verbs.click import Click, Clicker
from workflows.verbs.outcomes import Outcome, OutcomeKind

_AT = datetime(2026, 1, 1, 10, tzinfo=UTC)


@dataclass
class Channel:
    """Payments › ops as the worker's activities reach it."""

    service: TeamsService
    wire: Wire
    http: httpx.AsyncClient
    tokens: ExpiringCache[str, str]
    pool: Pool

    @property
    def connector(self) -> ConnectorClient:
        """Our client."""
        return self.connector_with(self.tokens)

    def connector_with(self, tokens: ExpiringCache[str, str]) -> ConnectorClient:
        """Our client with these tokens."""
        return self.service.connector(self.http, tokens)

    @property
    def place(self) -> tuple[str, str, str]:
        """Service address, tenant and conversation."""
        return self.service.service_url, self.service.company.tenant_id, self.service.channel

    @property
    def calls(self) -> list[tuple[str, str, int]]:
        """Each call with the status of its answer."""
        operations = [(connector_api().operation_of(one), one.status) for one in self.wire.exchanges]
        return [(operation.method, operation.template, status) for operation, status in operations]

    async def register(self, view: View) -> CardKey:
        """The row of this view's card."""
        card = CardKey(account=view.account, incident_id=view.incident_id, conversation=self.service.channel)
        await self.pool.execute(
            "INSERT INTO incident_card (account, incident_id, conversation) VALUES ($1, $2, $3)",
            card.account,
            card.incident_id,
            card.conversation,
        )
        return card

    async def show(self, card: CardKey, view: View, *, edits: str | None = None) -> str:
        """Post a card, or edit this message; the message's id."""
        request = ShowCard(
            card=card,
            tenant=self.service.company.tenant_id,
            activity_id=edits,
            view=view,
            identity=CardIdentity(marker="01JGMARKER", nonce="01JGNONCE"),
            content="content",
            correlation="01EVENT",
        )
        activities = CardActivities(self.connector, self.pool, Sends(), KeptRefusedSends())
        shown: Shown = await ActivityEnvironment().run(activities.show_card, request)
        return shown.activity_id

    async def reply(self, card: CardKey, root: str, announcement: Announcement, view: View) -> None:
        """Say an announcement in the thread of ``root``."""
        request = Reply(
            card=card,
            tenant=self.service.company.tenant_id,
            activity_id=root,
            announcement=announcement,
            view=view,
            correlation="01EVENT",
        )
        activities = ReplyActivities(self.connector, self.pool, Sends(), KeptRefusedSends())
        await ActivityEnvironment().run(activities.reply, request)

    async def tell(self, person: Person, kind: OutcomeKind, view: View | None) -> None:
        """Tell a person privately how their click ended."""
        click = Click(
            key="key",
            verb="acknowledge",
            person=Clicker(aad_object_id=person.aad_object_id, teams_id=person.teams_id, name=person.name),
            message="1700000000001",
            received_at=_AT,
            correlation="f:1",
        )
        request = TellPerson(
            card=CardKey(account="acme", incident_id="Q1", conversation=self.service.channel),
            tenant=self.service.company.tenant_id,
            click=click,
            outcome=Outcome(kind=kind),
            view=view,
        )
        activities = OutcomeActivities(PrivateSends(self.connector, self.pool), Sends(), {})
        await ActivityEnvironment().run(activities.tell_person, request)


@asynccontextmanager
async def reached_channel(service: TeamsService, pool: Pool) -> AsyncIterator[Channel]:
    """The channel over a wire of its own."""
    wire = Wire(under=SERVICE_PATH)
    async with open_http_pool(transport=wire) as http:
        yield Channel(service, wire, http, service.tokens(), pool)
