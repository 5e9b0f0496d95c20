"""One Muster for two Microsoft tenants and three PagerDuty accounts, one of them European.

All run in the test process and talk over HTTP: the API, a worker, a Teams for each tenant, a Microsoft for
both, a PagerDuty for each account. The second tenant is the first one with other ids and secrets: its people,
teams, channels, services and PagerDuty users are called alike. What PagerDuty has is of the same ids in all
accounts: whatever tells it apart has to be the account.
"""

import json
import re
import secrets
import uuid
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from temporalio.client import Client

from activities.signals import WorkflowSignals
from muster.public_addresses import MICROSOFT_RETURN_PATH, PAGERDUTY_RETURN_PATH
from muster.security.sealing import KeyRing
from muster.settings import Settings
from muster.store import accounts, conversations, people, teams
from muster.store.pool import Connection, Pool, transaction
from sandbox.certificates import authority_file, https_listener
from sandbox.company import Channel, Company, Person, Team, build_company
from sandbox.microsoft.app import MicrosoftSimulator
from sandbox.microsoft.app import Options as MicrosoftOptions
from sandbox.serving import Listener, serving
from sandbox.up.addresses import BOT_METADATA
from sandbox.up.servers.ports import LOOPBACK, free_port
from sandbox.up.servers.temporal import EmbeddedTemporal
from tests.api.edge import Edge, serving_edge
from tests.support.pagerduty_account import SimulatedAccount, running_account
from tests.support.plain_browser import PlainBrowser
from tests.support.settings import KEYS, config_file, settings_for
from tests.support.teams_service import TeamsService, teams_service
from tests.support.waiting import eventually
from worker import running_worker
from workflows.connect_channel.messages import Asked, ConnectAnswer
from workflows.connect_channel.messages import Start as StartConnect
from workflows.connect_channel.workflow_type import CONNECT, CONNECT_CHANNEL
from workflows.person import Person as Who

US, EU, OTHER = "acme", "acme-eu", "umbrella"
"""The accounts: two of the first tenant, one of the second."""
RING = KeyRing.parse(KEYS)

_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_HEX = re.compile(r"[0-9a-f]{32}")


def another_tenant(company: Company, name: str) -> Company:
    """A company of the same names, with ids of its own at Microsoft, and secrets of its own."""

    def other(found: re.Match[str]) -> str:
        made = uuid.uuid5(uuid.NAMESPACE_DNS, f"{found[0]}.{name}")
        return str(made) if "-" in found[0] else made.hex

    text = _HEX.sub(other, _UUID.sub(other, company.model_dump_json()))
    copied = Company.model_validate_json(text.replace("@acme.example", f"@{name}.example"))
    return of_account(
        copied.model_copy(update={"tenant_name": name.title(), "bot_app_secret": secrets.token_urlsafe(24)}),
        name,
    )


def _with_a_new_team(company: Company) -> Company:
    """The company with a team, Search, that nobody has heard of."""
    general = f"19:{uuid.uuid5(uuid.NAMESPACE_DNS, 'search').hex}@thread.tacv2"
    search = Team(
        id=general,
        aad_group_id=str(uuid.uuid5(uuid.NAMESPACE_DNS, "group-search")),
        name="Search",
        channels=(Channel(id=general, name="General"),),
        members=company.teams[0].members,
    )
    return company.model_copy(update={"teams": (*company.teams, search)})


def of_account(company: Company, account: str, region: str = "us") -> Company:
    """The company with another PagerDuty account, whose things have the same ids."""
    return company.model_copy(
        update={
            "account": account,
            "account_id": f"P{account.upper()}"[:10],
            "region": region,
            "client_id": f"muster-{account}",
            "client_secret": secrets.token_urlsafe(24),
            "api_token": "y_" + secrets.token_urlsafe(18),
        }
    )


@dataclass
class Tenant:
    """A tenant's Teams, and what its people do there."""

    company: Company
    side: TeamsService

    def person(self, name: str) -> Person:
        return next(one for one in self.company.people if one.name.startswith(name))

    def channel(self, team: str, name: str) -> str:
        found = next(one for one in self.company.teams if one.name == team)
        return next(one.id for one in found.channels if one.name == name)

    async def records(self) -> list[dict[str, Any]]:
        """Every conversation with its messages."""
        found: list[dict[str, Any]] = (await self.side.http.get("/_sandbox/records")).json()["conversations"]
        return found

    async def says(self, name: str, text: str) -> None:
        """Somebody writes to the bot in private."""
        person = self.person(name)
        body = {"person": person.email, "conversation": await self.chat(name), "text": text}
        (await self.side.http.post("/_sandbox/say", json=body, timeout=60)).raise_for_status()

    async def installs(self, name: str, team: str) -> None:
        """Somebody adds the app to a team."""
        body = {"person": self.person(name).email, "team": team}
        (await self.side.http.post("/_sandbox/install", json=body, timeout=60)).raise_for_status()

    async def chat(self, name: str) -> str:
        person = self.person(name).aad_object_id
        return next(
            str(one["id"])
            for one in await self.records()
            if one["kind"] == "personal" and one["members"] == [person]
        )

    async def private(self, name: str) -> list[str]:
        """What the messages that somebody alone sees say now, oldest first."""
        person = self.person(name).aad_object_id
        found = sorted(
            (
                message
                for one in await self.records()
                for message in one["messages"]
                if one["members"] == [person] or message["to"] == person
            ),
            key=lambda message: str(message["created_at"]),
        )
        return [json.dumps(message["versions"][-1]["activity"]) for message in found]

    async def cards(self, incident: str) -> list[tuple[str, dict[str, Any]]]:
        """Conversation and message of each card of an incident of this title."""
        return [
            (one["id"], message)
            for one in await self.records()
            for message in one["messages"]
            if one["kind"] == "channel" and not message["to"] and incident in json.dumps(message)
        ]

    async def clicks(
        self, name: str, conversation: str, message: str, verb: str, data: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Somebody presses a button: the bot's answer."""
        body = {
            "person": self.person(name).email,
            "conversation": conversation,
            "message": message,
            "verb": verb,
            "data": data,
        }
        answer = await self.side.http.post("/_sandbox/click", json=body, timeout=60)
        answer.raise_for_status()
        (only,) = answer.json()["answers"]
        found: dict[str, Any] = only
        return found


@dataclass
class Installation:
    """The one Muster, its tenants and its accounts."""

    edge: Edge
    pool: Pool
    settings: Settings
    signals: WorkflowSignals
    first: Tenant
    second: Tenant
    accounts: Mapping[str, SimulatedAccount]

    def tenant_of(self, account: str) -> Tenant:
        return self.second if account == OTHER else self.first

    async def link_of(self, name: str, account: str) -> int | None:
        """The row of somebody's link."""
        tenant = self.tenant_of(account)
        found: int | None = await self.pool.fetchval(
            "SELECT id FROM user_link WHERE tenant = $1 AND aad_object_id = $2 AND account = $3",
            *(tenant.company.tenant_id, tenant.person(name).aad_object_id, account),
        )
        return found

    async def links(self, name: str, account: str) -> None:
        """Somebody asks for a link to this account, and uses it in a browser."""
        tenant = self.tenant_of(account)
        person = tenant.person(name)
        before = await _addresses(tenant, name)
        offers: list[str] = []
        await tenant.says(name, f"linkUser {account}")

        async def offered() -> bool:
            offers[:] = [one for one in await _addresses(tenant, name) if one not in before]
            return bool(offers)

        await eventually(offered, within=60)
        browser = PlainBrowser()
        try:
            page = await browser.open(offers[-1])
            page = await browser.submit(page, "Continue to Microsoft")
            while page.has_button(person.name):
                page = await browser.submit(page, person.name)
            page = await browser.submit(page, "Allow")
            assert "You've successfully linked your user accounts." in page.text, page.text
        finally:
            await browser.close()

    async def connects(
        self, name: str, account: str, service: str, conversation: str, *, link: int | None = None
    ) -> ConnectAnswer:
        """Somebody presses **Connect Service**, by their link in this account or by another one."""
        tenant = self.tenant_of(account) if link is None else self._tenant_of_channel(conversation)
        person = tenant.person(name)
        own = link or await self.link_of(name, account)
        assert own is not None
        key = await self.pool.fetchval("SELECT key FROM conversation WHERE id = $1", conversation)
        asked = Asked(
            key=uuid.uuid4().hex,
            person=Who(aad_object_id=person.aad_object_id, teams_id=person.teams_id, name=person.name),
            link=own,
            received_at=datetime.now(UTC),
        )
        start = StartConnect(
            tenant=tenant.company.tenant_id,
            account=account,
            service=service,
            conversation=conversation,
            key=key,
            channel_name="",
        )
        return await self.signals.ask(CONNECT_CHANNEL, start, CONNECT, asked, update_id=asked.key, within=20)

    def _tenant_of_channel(self, conversation: str) -> Tenant:
        own = {channel.id for team in self.first.company.teams for channel in team.channels}
        return self.first if conversation in own else self.second

    async def is_subscribed(self, account: str) -> None:
        """Wait until PagerDuty has a subscription of ours, and its secret is stored."""
        simulated = self.accounts[account]
        stored = "SELECT EXISTS (SELECT FROM webhook_subscription WHERE account = $1 AND id = ANY($2))"

        async def one() -> bool:
            there = [one.id for one in simulated.simulator.subscriptions.all()]
            return bool(await self.pool.fetchval(stored, account, there))

        await eventually(one, within=20)


async def _addresses(tenant: Tenant, name: str) -> list[str]:
    """Where the buttons **Link Accounts** of somebody's messages lead."""
    found = [re.search(r'"url": "(http[^"]+/l/[^"]+)"', text) for text in await tenant.private(name)]
    return [one[1] for one in found if one is not None]


@asynccontextmanager
async def installed(
    pool: Pool, client: Client, database_url: str, temporal: EmbeddedTemporal, folder: Path
) -> AsyncIterator[Installation]:
    """All of it running. Payments and Platform belong to accounts; nobody is linked, nothing connected."""
    first = _with_a_new_team(build_company())
    second = another_tenant(first, OTHER)
    companies = {US: first, EU: of_account(first, EU, "eu"), OTHER: second}
    port = free_port()
    public_url = f"http://127.0.0.1:{port}"
    # The API ends last: the simulators keep connections to it.
    async with AsyncExitStack() as last, AsyncExitStack() as stack:
        ca = folder / "ca"
        sides = [
            await stack.enter_async_context(teams_service(company, ca, bot_url=f"{public_url}/api/messages"))
            for company in (first, second)
        ]
        authority = await stack.enter_async_context(
            _microsoft((first, second), ca, f"{public_url}{MICROSOFT_RETURN_PATH}")
        )
        simulated: dict[str, SimulatedAccount] = {}
        for key, company in companies.items():
            simulated[key] = await stack.enter_async_context(
                running_account(
                    listen=False,
                    company=company,
                    redirect_uris=(f"{public_url}{PAGERDUTY_RETURN_PATH}",),
                    keys=folder / "keys" / key,
                )
            )
            simulated[key].simulator.subscriptions.delete(company.webhook_subscription)
        settings = settings_for(
            database_url,
            temporal.address,
            config=config_file(folder, _configuration((first, second), simulated.values())),
            task_queue=f"q-{uuid.uuid4().hex[:8]}",
            public_url=public_url,
            bot_metadata_url=f"{sides[0].options.base_url}{BOT_METADATA}",
            microsoft_authority=authority,
            graph_url=authority,
            service_hosts=LOOPBACK,
            ca_file=authority_file(ca),
            edit_interval=0.05,
            grace=0.5,
        )
        await accounts.write_configured(pool, settings.accounts.values(), settings.teams)
        async with transaction(pool) as connection:
            for side in sides:
                await _teams(connection, side)
        edge = await last.enter_async_context(serving_edge(settings, pool, client, port=port))
        await stack.enter_async_context(running_worker(settings, client))
        yield Installation(
            edge,
            pool,
            settings,
            WorkflowSignals(client, task_queue=settings.task_queue),
            Tenant(first, sides[0]),
            Tenant(second, sides[1]),
            simulated,
        )


async def _teams(connection: Connection, side: TeamsService) -> None:
    """The rows of a tenant's teams, of which some Admin made each belong to an account."""
    company = side.company
    accounts_of = {"Payments": company.account, "Platform": EU if company.account == US else company.account}
    for team in company.teams:
        account = accounts_of.get(team.name)
        if account is None:
            continue
        await teams.upsert(
            connection,
            id=team.id,
            tenant=company.tenant_id,
            aad_group_id=team.aad_group_id,
            name=team.name,
            account=account,
        )
        for channel in team.channels:
            await conversations.upsert_channel(
                connection,
                id=channel.id,
                tenant=company.tenant_id,
                account=account,
                team=team.id,
                team_name=team.name,
                name=channel.name,
                service_url=side.service_url,
            )
    for person in company.colleagues:
        await people.upsert(
            connection,
            tenant=company.tenant_id,
            aad_object_id=person.aad_object_id,
            teams_id=person.teams_id,
            name=person.name,
            email=person.email,
        )


@asynccontextmanager
async def _microsoft(companies: Iterable[Company], folder: Path, redirect_uri: str) -> AsyncIterator[str]:
    """Microsoft with several tenants, each by a simulator of its own; the address that programs use."""
    options = MicrosoftOptions(
        port=free_port(), tls_port=free_port(), folder=folder, redirect_uris=(redirect_uri,), consented=True
    )
    apps: dict[str, ASGIApp] = {
        company.tenant_id: MicrosoftSimulator(company, options).asgi() for company in companies
    }

    async def by_tenant(scope: Scope, receive: Receive, send: Send) -> None:
        async def closing(message: Message) -> None:
            if message["type"] == "http.response.start":
                # msal never closes what it keeps, and TLS waits for its end.
                MutableHeaders(scope=message)["Connection"] = "close"
            await send(message)

        tenant = str(scope.get("path", "")).split("/")[1:2]
        await apps.get(tenant[0] if tenant else "", next(iter(apps.values())))(scope, receive, closing)

    listeners = [Listener(options.port), https_listener(options.tls_port, folder, "microsoft")]
    async with serving(by_tenant, listeners):
        yield options.authority_url


def _configuration(companies: Iterable[Company], simulated: Iterable[SimulatedAccount]) -> str:
    lines: list[str] = []
    for company in companies:
        lines += [
            "[[teams]]",
            f'tenant = "{company.tenant_id}"',
            f'app_id = "{company.bot_app_id}"',
            f'app_secret = "{company.bot_app_secret}"',
        ]
    for account in simulated:
        lines += [
            "[[pagerduty]]",
            f'subdomain = "{account.company.account}"',
            f'region = "{account.company.region}"',
            f'client_id = "{account.company.client_id}"',
            f'client_secret = "{account.company.client_secret}"',
            f'api_url = "{account.url}"',
            f'identity_url = "{account.identity_url}"',
            f'tenants = ["{account.company.tenant_id}"]',
        ]
    return "\n".join(lines)
