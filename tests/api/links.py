"""Links in front of a running API: browsers, Entra's metadata, and a workflow that keeps what it is told."""

import html
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from temporalio import workflow
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from muster.config_file import PagerDutyAccount
from muster.security.sealing import KeyRing
from muster.security.signed_links import SignedLinks
from muster.store import link_offers, teams
from muster.store.link_offers import Kind, Offer
from muster.store.pool import Pool
from sandbox.serving import Listener, serving
from sandbox.up.servers.ports import free_port
from tests.api.edge import Edge
from tests.support.company import ACCOUNT, ADA_AAD, SERVICE_URL, TENANT
from tests.support.connections import async_client
from tests.support.pagerduty_identity import CLIENT, CLIENT_SECRET, PagerDutyIdentity
from tests.support.settings import KEYS
from workflows.ids import TeamSetupId
from workflows.team_setup.messages import Authorized, ConsentReturned, SetupAnswer, Start

TEAM = "19:orders@thread.tacv2"
APP_ID = "0a5cf8a4-0000-4000-8000-0000000000aa"
RING = KeyRing.parse(KEYS)
TO_PAGERDUTY, TO_MICROSOFT = "/oauth/pagerduty/callback", "/oauth/microsoft/callback"


@dataclass
class Entra:
    """The metadata of a tenant, whose pages are at another host."""

    port: int = field(default_factory=free_port)
    is_down: bool = False
    asked: list[str] = field(default_factory=list)
    page: str = "http://localhost:1"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["Entra"]:
        path = "/{tenant}/v2.0/.well-known/openid-configuration"
        async with serving(Starlette(routes=[Route(path, self._metadata)]), [Listener(self.port)]):
            yield self

    async def _metadata(self, request: Request) -> Response:
        tenant = request.path_params["tenant"]
        self.asked.append(tenant)
        told = {"authorization_endpoint": f"{self.page}/{tenant}/oauth2/v2.0/authorize"}
        return JSONResponse(told, 503 if self.is_down else 200)


@workflow.defn(name="TeamSetup")
class Listening:
    """Stands where the set-up stands, and writes down what it is told of links."""

    def __init__(self) -> None:
        self._told: list[str] = []

    @workflow.run
    async def run(self, start: Start) -> None:
        await workflow.wait_condition(lambda: False)

    @workflow.update
    async def authorized(self, told: Authorized) -> SetupAnswer:
        self._told.append(f"authorized {told.offer}")
        return SetupAnswer(reply="done")

    @workflow.signal(name="authorized")
    async def authorized_later(self, told: Authorized) -> None:
        self._told.append(f"authorized {told.offer} (signal)")

    @workflow.update
    async def consent_returned(self, told: ConsentReturned) -> SetupAnswer:
        self._told.append(_returned(told))
        return SetupAnswer(reply="done")

    @workflow.signal(name="consent_returned")
    async def consent_returned_later(self, told: ConsentReturned) -> None:
        self._told.append(f"{_returned(told)} (signal)")

    @workflow.query
    def told(self) -> list[str]:
        return self._told


def _returned(told: ConsentReturned) -> str:
    return f"consent_returned {told.offer} {'refused' if told.refused else 'granted'}"


def listening_worker(client: Client, queue: str) -> Worker:
    """A worker that runs ``Listening``."""
    return Worker(
        client, task_queue=queue, workflows=[Listening], workflow_runner=UnsandboxedWorkflowRunner()
    )


async def told(client: Client, key: str) -> list[str]:
    """What the set-up of the team with this key was told, in order."""
    handle = client.get_workflow_handle(str(TeamSetupId(key)))
    try:
        return list(await handle.query(Listening.told, rpc_timeout=timedelta(seconds=10)))
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return []


def link_configuration(account: PagerDutyAccount, *, app_secret: str = "not used here") -> str:
    """A muster.toml with this account and the tenant of the team."""
    return f"""
[[teams]]
tenant = "{TENANT}"
app_id = "{APP_ID}"
app_secret = "{app_secret}"
[[pagerduty]]
subdomain = "{account.subdomain}"
client_id = "{account.client_id}"
client_secret = "{account.client_secret.get_secret_value()}"
api_url = "{account.api_url}"
identity_url = "{account.identity_url}"
"""


def account_at(identity: PagerDutyIdentity) -> PagerDutyAccount:
    """The account at this host."""
    return PagerDutyAccount.model_validate(
        {
            "subdomain": ACCOUNT,
            "client_id": CLIENT,
            "client_secret": CLIENT_SECRET,
            "api_url": identity.url,
            "identity_url": identity.url,
        }
    )


class Browser:
    """One person's browser, with cookies of its own. It follows no redirect by itself."""

    def __init__(self, edge: Edge) -> None:
        self.http = async_client(base_url=edge.http.base_url, timeout=15)

    async def open(self, path: str) -> httpx.Response:
        return await self.http.get(path)

    async def send_form(self, path: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """The button of our page."""
        return await self.http.post(
            path, headers={"Sec-Fetch-Site": "same-origin"} if headers is None else headers
        )

    async def begin(self, path: str) -> str:
        """Press, and say where it leads."""
        answer = await self.send_form(path)
        assert answer.status_code == 303, text_of(answer)
        return str(answer.headers["location"])

    async def come_back(self, query: str, path: str = TO_PAGERDUTY) -> httpx.Response:
        """Return with this query, and on to where it leads."""
        answer = await self.http.get(f"{path}?{query}")
        assert answer.status_code == 303, text_of(answer)
        assert not answer.content, "a return renders nothing"
        return await self.open(answer.headers["location"])


def text_of(answer: httpx.Response) -> str:
    """What the page says."""
    return html.unescape(answer.text)


def state_in(location: str) -> str:
    """The state of an address that a button leads to."""
    return parse_qs(urlsplit(location).query)["state"][0]


@dataclass
class Links:
    """A team whose set-up has links, the API in front of them, and the others."""

    edge: Edge
    pool: Pool
    client: Client
    identity: PagerDutyIdentity
    entra: Entra
    key: str
    browsers: list[Browser] = field(default_factory=list)

    def browser(self) -> Browser:
        """Somebody else's browser, each time."""
        self.browsers.append(Browser(self.edge))
        return self.browsers[-1]

    async def close(self) -> None:
        """Close all browsers."""
        for browser in self.browsers:
            await browser.http.aclose()

    async def offer(self, kind: Kind = "authorize", *, life: float = 3600, request: str = "first") -> Offer:
        return await link_offers.make(
            self.pool,
            RING,
            kind=kind,
            tenant=TENANT,
            team=TEAM,
            account=ACCOUNT if kind == "authorize" else None,
            request=request,
            life=timedelta(seconds=life),
        )

    async def told(self) -> list[str]:
        return await told(self.client, self.key)

    async def state(self, offer: Offer) -> str:
        found = await link_offers.find(self.pool, offer.id)
        assert found is not None
        return found.state

    async def account(self) -> str | None:
        """The account that the team belongs to."""
        team = await teams.find(self.pool, TEAM)
        assert team is not None
        return team.account


def path_of(offer: Offer) -> str:
    return "/l/" + SignedLinks(RING).token(offer.id)


async def known_team(pool: Pool) -> str:
    """The key of a team that belongs to no account yet, installed by Ada."""
    team = await teams.first_seen(
        pool, id=TEAM, tenant=TENANT, name="Orders <&> co", aad_group_id=None, service_url=SERVICE_URL
    )
    await teams.note_installer(pool, TEAM, installer=ADA_AAD, chosen_channel=None)
    # The databases of all tests share one Temporal, where the key names the run.
    key = f"orders-{uuid.uuid4().hex[:8]}"
    await pool.execute("UPDATE team SET key = $1 WHERE id = $2", key, team.id)
    return key
