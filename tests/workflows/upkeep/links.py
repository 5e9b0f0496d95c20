"""Links of people in accounts of simulated PagerDuties, and the upkeep of them on a real worker."""

import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker

from activities.pagerduty.subscription import SubscriptionActivities
from activities.registration import registered
from activities.signals import WorkflowSignals
from activities.upkeep.forgetting import ForgettingActivities
from activities.upkeep.old_rows import OldRowActivities
from activities.upkeep.people import PeopleActivities
from activities.upkeep.refreshing import RefreshingActivities
from activities.upkeep.telling import TellingActivities
from activities.upkeep.users import UserActivities
from muster.clients.graph.client import GraphClient
from muster.clients.pagerduty.refresh import RefreshClient
from muster.clients.pagerduty.rest import PagerDutyClient
from muster.clients.pagerduty.subscriptions import SubscriptionClient
from muster.clients.pagerduty.tokens import AppTokens
from muster.config_file import PagerDutyAccount
from muster.linked_people.ended_links import EndedLinks
from muster.linked_people.link_refresh import LinkRefresh
from muster.linked_people.person_token import PersonTokens
from muster.person_tokens import Tokens
from muster.security.sealing import KeyRing
from muster.store import accounts, links
from muster.store.pool import Pool, transaction
from tests.sandbox.identity_calls import tokens_of
from tests.support.identity_visitor import Flow, visitor_of
from tests.support.pagerduty_account import SimulatedAccount
from tests.support.settings import KEYS, settings_for
from worker import workflow_runner
from workflows.account_link.messages import OfferLink
from workflows.errors import CredentialRejected
from workflows.ids import AccountLinkId
from workflows.upkeep.messages import End, Start
from workflows.upkeep.state import Stage, StageReport
from workflows.upkeep.workflow import UpkeepWorkflow

SCOPE = "incidents.read users.read"


@dataclass
class Upkeep:
    """What a test does to links, and what it sees of them. Nobody runs ``AccountLink``: it is only told."""

    pool: Pool
    client: Client
    http: httpx.AsyncClient
    simulated: Mapping[str, SimulatedAccount]
    tenant: str = field(default_factory=lambda: str(uuid.uuid4()))
    queue: str = field(default_factory=lambda: f"q-{uuid.uuid4().hex[:8]}")

    def __post_init__(self) -> None:
        self.keys = KeyRing.parse(KEYS)
        self.configured: dict[str, PagerDutyAccount] = {
            key: account.configured for key, account in self.simulated.items()
        }
        self.rest = PagerDutyClient(self.http)
        # Their queue has no worker, so that the histories keep what they are told.
        self.signals = WorkflowSignals(self.client, task_queue=f"{self.queue}-links")
        self.settings = settings_for("postgresql://unused", "127.0.0.1:1")
        self.tokens = PersonTokens(
            LinkRefresh(RefreshClient(self.http), self.pool, self.configured, self.keys),
            EndedLinks(self.signals, self.pool, self.settings),
            self.pool,
            self.keys,
        )
        self.subscription = SubscriptionActivities(
            SubscriptionClient(self.http),
            AppTokens(self.http, self.configured),
            self.configured,
            self.keys,
            self.settings,
            self.pool,
            self.pool,
        )

    # What happens

    async def link(self, user: str, *, account: str = "acme") -> int:
        """A person of our tenant authorizes as this user: the row of their link."""
        simulated = self.simulated[account]
        async with visitor_of(simulated) as visitor:
            given = await tokens_of(simulated, visitor, Flow(simulated.company.client_id, scope=SCOPE), user)
        now = simulated.simulator.clock.now()
        tokens = Tokens(
            given["access_token"],
            given["refresh_token"],
            tuple(given["scope"].split()),
            now,
            now + timedelta(seconds=given["expires_in"]),
        )
        async with transaction(self.pool) as connection:
            return await links.insert(
                connection,
                self.keys,
                tenant=self.tenant,
                aad_object_id=user,
                account=account,
                pagerduty_user=user,
                name=user,
                email=simulated.person(user).email,
                tokens=tokens,
            )

    async def passes(self, days: float, *, account: str = "acme") -> None:
        """PagerDuty's clock goes ahead."""
        await self.simulated[account].sandbox("POST", "/clock", {"advance": days * 86400})

    async def upkeep(self, account: str = "acme") -> dict[Stage, StageReport]:
        """Run it once, as its Schedule would: what each stage did."""
        end: End = await self.client.execute_workflow(
            UpkeepWorkflow.run,
            Start(account=account),
            id=f"upkeep/{account}-{uuid.uuid4().hex[:8]}",
            task_queue=self.queue,
        )
        await self.tokens.finish()
        return {one.stage: one for one in end.stages}

    # What can be seen

    async def works(self, link: int, *, account: str = "acme") -> bool:
        """Whether a click with this link reaches PagerDuty as its person."""
        user = await self.tokens.user(link, account=account)
        assert user is not None
        for _ in range(2):
            try:
                await self.rest.get_user(
                    self.configured[account], user.pagerduty_user, token=user.access_token
                )
            except CredentialRejected:
                user = await self.tokens.renewed(link, account=account, rejected=user.access_token)
                assert user is not None
            else:
                return True
        return False

    async def is_linked(self, user: str, *, account: str = "acme") -> bool:
        return (
            await links.link_of(self.pool, tenant=self.tenant, aad_object_id=user, account=account)
            is not None
        )

    async def told(self, user: str, *, account: str = "acme") -> list[OfferLink]:
        """What the person's ``AccountLink`` was told, oldest first."""
        handle = self.client.get_workflow_handle(str(AccountLinkId(self.tenant, user, account)))
        try:
            events = (await handle.fetch_history()).events
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return []
        told = []
        for event in events:
            if event.HasField("workflow_execution_signaled_event_attributes"):
                payloads = event.workflow_execution_signaled_event_attributes.input.payloads
                told += await self.client.data_converter.decode(payloads, [OfferLink])
        return told

    async def whys(self, user: str, *, account: str = "acme") -> list[str]:
        return [one.why for one in await self.told(user, account=account)]

    async def refreshes(self, account: str = "acme") -> int:
        """How often PagerDuty was asked to refresh anything."""
        calls: list[dict[str, Any]] = (await self.simulated[account].records())["tokens"]
        return sum(call["grant_type"] == "refresh_token" for call in calls)

    # Who does it

    @asynccontextmanager
    async def working(self, **options: Any) -> AsyncIterator[None]:
        """A worker with the real activities."""
        await accounts.write_configured(self.pool, self.configured.values(), [self.tenant])
        async with Worker(
            self.client,
            task_queue=self.queue,
            workflows=[UpkeepWorkflow],
            activities=registered(
                RefreshingActivities(self.rest, self.tokens, self.configured, self.keys, self.pool),
                UserActivities(
                    self.rest,
                    AppTokens(self.http, self.configured),
                    self.configured,
                    self.signals,
                    self.settings,
                    self.pool,
                ),
                PeopleActivities(GraphClient(self.http, _no_token, {}), self.pool),
                TellingActivities(self.signals, self.settings, self.pool),
                OldRowActivities(self.pool),
                ForgettingActivities(self.signals, self.pool),
                self.subscription,
            ),
            workflow_runner=workflow_runner(sandboxed=True),
            **options,
        ):
            yield


async def _no_token(tenant: str) -> str:
    raise AssertionError(f"nobody consented in {tenant}")
