"""Personal links in front of a running API: browsers that sign in at Microsoft, and a run that listens."""

import random
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from temporalio import workflow
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from muster.clients.pagerduty.oauth import PERSON_SCOPES
from muster.config_file import PagerDutyAccount
from muster.seed import seed
from muster.store import link_offers, links, people
from muster.store.link_offers import Offer
from muster.store.pool import Pool
from sandbox.company import Person
from tests.api.edge import Edge, edge_settings, serving_edge
from tests.api.links import TO_MICROSOFT, Browser, account_at, link_configuration, path_of
from tests.sandbox.microsoft_process import MicrosoftProcess, Visitor
from tests.support.company import ACCOUNT, TENANT, company
from tests.support.pagerduty_identity import PagerDutyIdentity
from tests.support.settings import settings_for
from workflows.account_link.messages import LinkAnswer, Linked, Start
from workflows.ids import AccountLinkId

PUBLIC = "http://127.0.0.1:8080"
GRANTED = " ".join(PERSON_SCOPES)
USER = {"id": "PUSER03", "name": "Cy <&> Net", "email": "cy@pagerduty.example", "role": "limited_user"}


@workflow.defn(name="AccountLink")
class Listening:
    """Stands where the run of a person's link stands, and writes down what it is told."""

    def __init__(self) -> None:
        self._told: list[str] = []

    @workflow.run
    async def run(self, start: Start) -> None:
        await workflow.wait_condition(lambda: False)

    @workflow.update
    async def linked(self, told: Linked) -> LinkAnswer:
        self._told.append(f"linked {told.offer}")
        return LinkAnswer(reply="done")

    @workflow.signal(name="linked")
    async def linked_later(self, told: Linked) -> None:
        self._told.append(f"linked {told.offer} (signal)")

    @workflow.query
    def told(self) -> list[str]:
        return self._told


class PersonalBrowser(Browser):
    """A browser in which somebody may be signed in at Microsoft."""

    def __init__(self, edge: Edge, microsoft: MicrosoftProcess) -> None:
        super().__init__(edge)
        self._microsoft = Visitor(microsoft)

    def sign_in(self, location: str, person: Person, *, accepts: bool = True) -> str:
        """Sign in where our button leads, and say with which query Microsoft sends back."""
        page = self._microsoft.get(urlsplit(location).path, dict(parse_qsl(urlsplit(location).query)))
        if 'name="person"' in page.text:
            page = self._microsoft.choose(page, person)
        if not page.is_redirect:
            page = self._microsoft.decide(page, "accept" if accepts else "cancel")
        address, _, query = str(page.headers["location"]).partition("?")
        assert address == PUBLIC + TO_MICROSOFT
        return query

    async def to_pagerduty(self, offer: Offer, person: Person) -> str:
        """Begin, sign in as this person, and say where that leads."""
        query = self.sign_in(await self.begin(path_of(offer)), person)
        answer = await self.http.get(f"{TO_MICROSOFT}?{query}")
        assert answer.status_code == 303
        assert not answer.content, "a return renders nothing"
        return str(answer.headers["location"])

    async def signed_in(self, offer: Offer, person: Person) -> httpx.Response:
        """Begin, sign in as this person, and open the page that this leads to."""
        return await self.come_back(self.sign_in(await self.begin(path_of(offer)), person), TO_MICROSOFT)


@dataclass
class PersonalLinks:
    """A person who can link their accounts, the API in front of them, and the others."""

    edge: Edge
    pool: Pool
    client: Client
    identity: PagerDutyIdentity
    microsoft: MicrosoftProcess
    browsers: list[PersonalBrowser] = field(default_factory=list)

    @property
    def cy(self) -> Person:
        """Whom the links are for."""
        return self.microsoft.company.people[2]

    @property
    def bo(self) -> Person:
        """Somebody else of the tenant."""
        return self.microsoft.company.people[1]

    def browser(self) -> PersonalBrowser:
        """Somebody else's browser, each time."""
        self.browsers.append(PersonalBrowser(self.edge, self.microsoft))
        return self.browsers[-1]

    async def close(self) -> None:
        """Close all browsers."""
        for browser in self.browsers:
            await browser.http.aclose()

    async def offer(
        self, *, person: Person | None = None, life: float = 3600, request: str | None = None
    ) -> Offer:
        return await link_offers.make_personal(
            self.pool,
            tenant=TENANT,
            person=(person or self.cy).aad_object_id,
            account=ACCOUNT,
            request=request or uuid.uuid4().hex,
            life=timedelta(seconds=life),
        )

    async def linked(self, browser: PersonalBrowser, offer: Offer, person: Person) -> httpx.Response:
        """The page at the end of the whole way."""
        return await browser.come_back(self.identity.allow(await browser.to_pagerduty(offer, person)))

    async def state(self, offer: Offer) -> str:
        found = await link_offers.find(self.pool, offer.id)
        assert found is not None
        return found.state

    async def link(self, person: Person | None = None) -> links.Link | None:
        """The link of a person to the account."""
        found = await links.of_person(
            self.pool, tenant=TENANT, aad_object_id=(person or self.cy).aad_object_id
        )
        return next((link for link in found if link.account == ACCOUNT), None)

    async def untouched(self, offer: Offer) -> bool:
        """Whether the offer is open, nobody is linked by it, and nobody was told anything."""
        return (await self.state(offer), await self.link(), await self.told()) == ("open", None, [])

    async def told(self) -> list[str]:
        """What the run of Cy's link was told, in order."""
        handle = self.client.get_workflow_handle(_run_of(self.cy))
        try:
            if (await handle.describe()).status is not WorkflowExecutionStatus.RUNNING:
                return []
        except RPCError:
            return []
        return list(await handle.query(Listening.told, rpc_timeout=timedelta(seconds=10)))


Serve = Callable[..., AbstractAsyncContextManager[PersonalLinks]]


def _run_of(person: Person) -> str:
    return str(AccountLinkId(TENANT, person.aad_object_id, ACCOUNT))


@asynccontextmanager
async def serving_personal_links(
    database_url: str,
    pool: Pool,
    temporal_address: str,
    client: Client,
    folder: Path,
    identity: PagerDutyIdentity,
    microsoft: MicrosoftProcess,
) -> AsyncIterator[Serve]:
    """``serve(…)``: an API with people who can link; their runs listen unless ``hears`` is false."""
    await seed(settings_for(database_url, temporal_address), company())
    for person in microsoft.company.people[:3]:
        await people.upsert(
            pool,
            tenant=TENANT,
            aad_object_id=person.aad_object_id,
            teams_id=person.teams_id,
            name=person.name,
            email=person.email,
        )
    # All tests share one Temporal, which keeps the answer to an update of a closed run by its id.
    await pool.execute(
        "SELECT setval(pg_get_serial_sequence('link_offer', 'id'), $1)", random.randrange(2**40)
    )
    identity.scope, identity.user = GRANTED, dict(USER)
    queue = f"links-{uuid.uuid4().hex[:8]}"

    @asynccontextmanager
    async def serve(
        *,
        postgres: str = database_url,
        temporal_at: str = temporal_address,
        hears: bool = True,
        port: int | None = None,
        account: PagerDutyAccount | None = None,
        **more: Any,
    ) -> AsyncIterator[PersonalLinks]:
        given = {
            "microsoft_authority": microsoft.authority,
            "ca_file": str(microsoft.ca),
            "public_url": PUBLIC if port is None else f"http://127.0.0.1:{port}",
            **more,
        }
        settings = edge_settings(postgres, temporal_at, folder, **given)
        assert settings.config is not None
        secret = microsoft.company.bot_app_secret
        settings.config.write_text(link_configuration(account or account_at(identity), app_secret=secret))
        settings = settings.model_copy(update={"task_queue": queue})
        async with AsyncExitStack() as stack:
            if hears:
                await stack.enter_async_context(
                    Worker(
                        client,
                        task_queue=queue,
                        workflows=[Listening],
                        workflow_runner=UnsandboxedWorkflowRunner(),
                    )
                )
            edge = await stack.enter_async_context(serving_edge(settings, pool, client, port=port))
            running = PersonalLinks(edge, pool, client, identity, microsoft)
            stack.push_async_callback(running.close)
            yield running

    yield serve
    for person in microsoft.company.people[:3]:
        with suppress(RPCError):  # not every test starts it
            await client.get_workflow_handle(_run_of(person)).terminate()
