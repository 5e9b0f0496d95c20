"""One person's offers on the real server: their workflow as the edge and operators talk to it."""

import itertools
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from temporalio.client import Client, WithStartWorkflowOperation, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from tests.workflows.account_link.outside import FakeActivities
from tests.workflows.observed import Observed
from tests.workflows.working import working
from workflows.account_link.messages import (
    Deadlines,
    End,
    LinkAnswer,
    Linked,
    MetClick,
    OfferLink,
    Start,
)
from workflows.account_link.state import Why
from workflows.account_link.workflow import AccountLinkWorkflow
from workflows.account_link.workflow_type import ACCOUNT_LINK
from workflows.channel_incident.messages import CardKey
from workflows.ids import click_key
from workflows.person import Person
from workflows.search_attributes import typed
from workflows.verbs.click import Click, Clicker

OPS = "19:ops@thread.tacv2"
LONG = Deadlines()
"""Nothing expires while a test runs."""
BRIEF = Deadlines(link=0.5)
NO_CACHE = 0


class Run(Observed):
    """The offers of one person, whatever run of them is going on."""

    def __init__(
        self,
        client: Client,
        outside: FakeActivities,
        deadlines: Deadlines = LONG,
        *,
        person: str | None = None,
        queue: str | None = None,
    ) -> None:
        self.client = client
        self.outside = outside
        self.deadlines = deadlines
        self.queue = queue or f"q-{uuid.uuid4().hex[:8]}"
        self.person = Person(
            aad_object_id=person or f"cy-{uuid.uuid4().hex[:8]}", teams_id="29:cy", name="Cy Unlinked"
        )
        self.id = f"link/tenant/{self.person.aad_object_id}/acme"
        self.runs: list[str] = []
        self._numbers = itertools.count(1)

    @asynccontextmanager
    async def working(self, *, cached: int = 100) -> AsyncIterator[None]:
        """A worker with the fake activities; ``cached=NO_CACHE`` replays the run at every step."""
        async with working(
            self.client,
            self.queue,
            AccountLinkWorkflow,
            self.outside.activities(),
            cached=cached,
        ):
            yield

    # Messages, as the edge and other runs send them

    def request(self, why: Why = "asked", **more: Any) -> OfferLink:
        return OfferLink(key=f"click-{next(self._numbers)}", why=why, **more)

    def met(
        self,
        *,
        received_at: datetime | None = None,
        title: str = "#42 Checkout latency",
        incident_id: str = "Q1",
    ) -> OfferLink:
        """A click that met no link, as the incident's run tells it."""
        number = next(self._numbers)
        whose = Clicker(
            aad_object_id=self.person.aad_object_id, teams_id=self.person.teams_id, name=self.person.name
        )
        nonce = f"nonce-{number}"
        click = Click(
            key=click_key(
                person=whose.aad_object_id, message="17", verb="acknowledge", nonce=nonce, link=None
            ),
            verb="acknowledge",
            person=whose,
            message="17",
            nonce=nonce,
            received_at=received_at or datetime.now(UTC),
            correlation=f"f:{number}",
        )
        card = CardKey(account="acme", incident_id=incident_id, conversation=OPS)
        return OfferLink(
            key=click.key,
            why="clicked",
            conversation=OPS,
            met=MetClick(card=card, title=title, click=click),
            correlation=click.correlation,
        )

    async def signal(self, name: str, message: OfferLink | Linked) -> None:
        handle = await self.client.start_workflow(
            AccountLinkWorkflow.run,
            self._start(),
            start_signal=name,
            start_signal_args=[message],
            **self._options(message),
        )
        self._reached(handle.result_run_id)

    async def ask(self, name: str, message: OfferLink | Linked) -> LinkAnswer:
        """Asked and answered; where no run goes on, one starts."""
        start: WithStartWorkflowOperation[Any, End] = WithStartWorkflowOperation(
            AccountLinkWorkflow.run, self._start(), **self._options(message)
        )
        answer: LinkAnswer = await self.client.execute_update_with_start_workflow(
            name, message, start_workflow_operation=start, result_type=LinkAnswer
        )
        self._reached((await start.workflow_handle()).result_run_id)
        return answer

    async def asks(self, why: Why = "asked", **more: Any) -> LinkAnswer:
        return await self.ask("offer", self.request(why, **more))

    async def clicks(self, *clicks: OfferLink) -> None:
        """Clicks that met no link, in this order."""
        for click in clicks or (self.met(),):
            await self.signal("offer", click)

    async def links(self, *, at: datetime | None = None) -> LinkAnswer:
        """The person uses the open offer, and the API reports it."""
        (offer,) = self.outside.open_offers
        self.outside.spend(offer.id, at=at)
        return await self.ask("linked", Linked(offer=offer.id))

    def _reached(self, run_id: str | None) -> None:
        if run_id is not None and run_id not in self.runs:
            self.runs.append(run_id)

    def _start(self) -> Start:
        return Start(tenant="tenant", person=self.person, account="acme", deadlines=self.deadlines)

    def _options(self, message: Any) -> dict[str, Any]:
        opening = ACCOUNT_LINK.listing(self._start(), message)
        return {
            "id": self.id,
            "task_queue": self.queue,
            "id_conflict_policy": WorkflowIDConflictPolicy.USE_EXISTING,
            "id_reuse_policy": WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            "static_summary": opening.title,
            "search_attributes": typed(opening.attributes),
        }

    # What can be seen from outside

    @property
    def handle(self) -> WorkflowHandle[Any, End]:
        return self.client.get_workflow_handle_for(AccountLinkWorkflow.run, self.id)

    async def ends(self) -> str:
        """The step of the run's end."""
        return (await self.handle.result()).step

    async def shows(self, name: str, showing: str) -> None:
        """Wait until a message shows this."""
        await self.outside.until(lambda: self.outside.showing(name) == showing)


@asynccontextmanager
async def running(
    client: Client,
    outside: FakeActivities | None = None,
    *,
    deadlines: Deadlines = LONG,
    cached: int = 100,
) -> AsyncIterator[Run]:
    """A person of whom nothing has been heard, and a worker."""
    run = Run(client, outside or FakeActivities(), deadlines)
    async with run.working(cached=cached):
        yield run
        await run.is_idle()  # the SDK may hang where its worker stops while a task is on its way
