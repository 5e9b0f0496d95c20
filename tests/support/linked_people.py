"""People who linked their accounts: authorizations at the simulator, their rows, what keeps them alive."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError

from activities.signals import WorkflowSignals
from muster.clients.pagerduty.refresh import RefreshClient
from muster.clients.pagerduty.token_answers import issued
from muster.config_file import PagerDutyAccount
from muster.linked_people.ended_links import EndedLinks
from muster.linked_people.link_refresh import LinkRefresh
from muster.linked_people.person_token import PersonTokens
from muster.security.sealing import KeyRing
from muster.store import links
from muster.store.pool import Pool, open_pool, transaction
from tests.support.identity_visitor import Flow, visitor_of
from tests.support.pagerduty_account import ADA_USER, COMPANY
from tests.support.pagerduty_account import SimulatedAccount as PagerDuty
from tests.support.settings import KEYS, database_at, settings_for
from workflows.account_link.messages import OfferLink, Start
from workflows.ids import AccountLinkId

RING = KeyRing.parse(KEYS)
SCOPES = "incidents.read incidents.write users.read"


@asynccontextmanager
async def running_tokens(
    database_url: str,
    pool: Pool,
    http: httpx.AsyncClient,
    accounts: Mapping[str, PagerDutyAccount],
    signals: WorkflowSignals,
) -> AsyncIterator[PersonTokens]:
    """What a worker has for people's tokens, with a pool of its own for refreshes; it stops like one."""
    refresh_pool = await open_pool(database_at(database_url), size=4)
    tokens = PersonTokens(
        LinkRefresh(RefreshClient(http), refresh_pool, accounts, RING),
        EndedLinks(signals, pool, settings_for(database_url, "127.0.0.1:1", link_life=90)),
        pool,
        RING,
    )
    try:
        yield tokens
    finally:
        tokens.stop(within=timedelta(seconds=20))
        await tokens.finish()
        await refresh_pool.close()


@dataclass
class LinkedPerson:
    """A person of the company who authorized the app, with the row of their link."""

    side: PagerDuty
    pool: Pool
    user: str
    link: int

    @property
    def whose(self) -> dict[str, str]:
        return whose(self.side, self.user)

    async def age(self, lived: float) -> None:
        """Let this part of the access token's life be over, by our clock."""
        await self.pool.execute(
            "UPDATE user_link SET refreshed_at = now() - $2::float8 * interval '1 day',"
            " expires_at = now() + (1 - $2::float8) * interval '1 day' WHERE id = $1",
            *(self.link, lived),
        )

    async def row(self) -> Mapping[str, Any] | None:
        """The link's row with its tokens opened."""
        row = await self.pool.fetchrow("SELECT * FROM user_link WHERE id = $1", self.link)
        if row is None:
            return None
        tenant, aad_object_id, account = row["tenant"], row["aad_object_id"], row["account"]
        access = links.token_place(tenant, aad_object_id, account, "access_token")
        refresh = links.token_place(tenant, aad_object_id, account, "refresh_token")
        return dict(row) | {
            "access_token": RING.open(row["access_token"], access),
            "refresh_token": RING.open(row["refresh_token"], refresh),
        }

    async def access_token(self) -> str:
        row = await self.row()
        assert row is not None, "the link is gone"
        return str(row["access_token"])

    async def unlink(self) -> None:
        async with transaction(self.pool) as connection:
            await links.unlink(connection, **self.whose)

    async def calls(self) -> list[dict[str, Any]]:
        """Every refresh that reached PagerDuty for this person, by its own records."""
        told = (await self.side.records())["tokens"]
        return [one for one in told if one["grant_type"] == "refresh_token" and one["user"] == self.user]

    async def refreshes(self) -> int:
        """How many of them gave tokens."""
        return sum(one["issued"] for one in await self.calls())

    async def is_asked(self) -> bool:
        """Whether a refresh has reached PagerDuty."""
        return bool(await self.calls())


async def link(side: PagerDuty, pool: Pool, user: str = ADA_USER, *, scope: str = SCOPES) -> LinkedPerson:
    """Let a person allow the app at PagerDuty, and write the link that comes of it."""
    flow = Flow(COMPANY.client_id, scope=scope)
    async with visitor_of(side) as visitor:
        code = await visitor.allow(flow, user)
    grant = {
        "grant_type": "authorization_code",
        "client_id": COMPANY.client_id,
        "client_secret": COMPANY.client_secret,
        "redirect_uri": flow.redirect_uri,
        "code": code,
        "code_verifier": flow.verifier,
    }
    answer = await side.http.post("/oauth/token", data=grant)
    person = side.person(user)
    async with transaction(pool) as connection:
        await links.unlink(connection, **whose(side, user))
        row = await links.insert(
            connection,
            RING,
            **whose(side, user),
            pagerduty_user=user,
            name=person.name,
            email=person.email,
            tokens=issued(answer).tokens,
        )
    return LinkedPerson(side, pool, user, row)


def whose(side: PagerDuty, user: str) -> dict[str, str]:
    return {
        "tenant": COMPANY.tenant_id,
        "aad_object_id": side.person(user).aad_object_id,
        "account": COMPANY.account,
    }


@asynccontextmanager
async def tellings_of(client: Client, person: LinkedPerson) -> AsyncIterator["Tellings"]:
    """What the person's run is asked to offer from now on; tests of the same person share one server."""
    told = Tellings(client, person)
    await told.end()
    yield told
    await told.end()


@dataclass
class Tellings:
    """What the run of a person's ``AccountLink`` was asked to offer; no worker takes it."""

    client: Client
    person: LinkedPerson
    before: str | None = None
    """The run that an earlier test has left: the next test's database numbers its links from one again."""

    @property
    def id(self) -> str:
        return str(AccountLinkId(*self.person.whose.values()))

    async def offers(self) -> list[OfferLink]:
        handle = self.client.get_workflow_handle(self.id)
        try:
            run_id = (await handle.describe()).run_id
        except RPCError:
            return []
        if run_id == self.before:
            return []
        history = await handle.fetch_history()
        signalled = [
            event.workflow_execution_signaled_event_attributes
            for event in history.events
            if event.HasField("workflow_execution_signaled_event_attributes")
        ]
        assert {signal.signal_name for signal in signalled} <= {"offer"}
        decode = pydantic_data_converter.payload_converter.from_payloads
        return [decode(list(signal.input.payloads), [OfferLink])[0] for signal in signalled]

    async def start(self) -> Start:
        """With what the run was started."""
        history = await self.client.get_workflow_handle(self.id).fetch_history()
        payloads = history.events[0].workflow_execution_started_event_attributes.input.payloads
        started: Start = pydantic_data_converter.payload_converter.from_payloads(list(payloads), [Start])[0]
        return started

    async def end(self) -> None:
        """Leave no run open, and look at none that was until now."""
        handle = self.client.get_workflow_handle(self.id)
        with suppress(RPCError):
            self.before = (await handle.describe()).run_id
            await handle.terminate()
