"""The PagerDuty simulator inside the test process, and a receiver of its webhooks."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from muster.config_file import PagerDutyAccount
from sandbox.company import Company, Person, build_company
from sandbox.pagerduty.app import build_app
from sandbox.pagerduty.simulator import Options, Simulator
from sandbox.serving import Listener, serving
from sandbox.up.servers.ports import free_port
from tests.support.connections import KEPT_SHORTLY, async_client
from tests.support.waiting import Changes

REPOSITORY = Path(__file__).parents[2]

ADA_USER, BO_USER, CY_USER, DI_USER, EVE_USER = (f"PUSER0{number}" for number in range(1, 6))
COMPANY = build_company()
REDIRECT_URI = "http://127.0.0.1:8080/oauth/pagerduty/callback"


@dataclass
class Received:
    """A webhook as it arrived."""

    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(self.body)["event"]
        return event

    @property
    def kind(self) -> str:
        return str(self.event["event_type"])


@dataclass
class Receiver:
    """An endpoint that keeps webhooks; ``answers`` are statuses or seconds to wait, and 202 after them."""

    answers: list[int | float] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    port: int = field(default_factory=free_port)
    arrivals: Changes = field(default_factory=Changes)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def kinds(self) -> list[str]:
        return [one.kind for one in self.received]

    async def expect(self, *kinds: str) -> list[Received]:
        """Wait for these events, in this order and no others, and forget them."""
        await self.arrivals.until(lambda: len(self.received) >= len(kinds), within=10)
        assert self.kinds == list(kinds)
        received, self.received = self.received, []
        return received

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        async def hook(request: Request) -> Response:
            self.received.append(Received(dict(request.headers), await request.body()))
            self.arrivals.add()
            answer = self.answers.pop(0) if self.answers else 202
            if isinstance(answer, float):
                await asyncio.sleep(answer)
                answer = 202
            return Response("seen", status_code=answer)

        app = Starlette(routes=[Route("/hook", hook, methods=["POST"])])
        async with serving(app, [Listener(self.port)]):
            yield


@dataclass
class SimulatedAccount:
    """A running account, with clients for it."""

    company: Company
    simulator: Simulator
    receiver: Receiver
    url: str
    http: httpx.AsyncClient

    @property
    def identity_url(self) -> str:
        """The identity host: the same server by its other name."""
        return self.url.replace("127.0.0.1", "localhost")

    @property
    def configured(self) -> PagerDutyAccount:
        """The account as the product's settings have it."""
        return PagerDutyAccount(
            subdomain=self.company.account,
            client_id=self.company.client_id,
            client_secret=self.company.client_secret,
            api_url=self.url,
            identity_url=self.identity_url,
        )

    def person(self, user: str) -> Person:
        person = self.company.person(user)
        assert person is not None
        return person

    async def call(
        self, method: str, path: str, body: Any = None, *, user: str | None = None, **options: Any
    ) -> httpx.Response:
        """A REST call with the account's key, or as a person with their own token."""
        headers = {
            "Authorization": f"Token token={self.company.api_token}",
            "From": self.person(ADA_USER).email,
        }
        if user is not None:
            headers = {"Authorization": f"Bearer {self.person(user).access_token}"}
        return await self.http.request(method, path, json=body, headers=headers, **options)

    async def trigger(self, **fields: Any) -> dict[str, Any]:
        wanted = {
            "type": "incident",
            "title": "Checkout is slow",
            "service": {"id": "PSVC001", "type": "service_reference"},
        } | fields
        response = await self.call("POST", "/incidents", {"incident": wanted})
        assert response.status_code == 201, response.text
        incident: dict[str, Any] = response.json()["incident"]
        return incident

    async def monitored(self, **fields: Any) -> dict[str, Any]:
        """Trigger as monitoring does: no user is the agent, and the incident has alerts."""
        wanted = {"title": "Checkout is slow", "service": "PSVC001"} | fields
        incident: dict[str, Any] = (await self.sandbox("POST", "/incidents", wanted))["incident"]
        return incident

    async def merge(self, source: str, target: str, *, user: str = BO_USER) -> httpx.Response:
        sources = [{"id": source, "type": "incident_reference"}]
        return await self.call("PUT", f"/incidents/{target}/merge", {"source_incidents": sources}, user=user)

    async def put(self, incident: str, *, user: str = BO_USER, **changes: Any) -> httpx.Response:
        body = {"incident": {"type": "incident_reference", **changes}}
        return await self.call("PUT", f"/incidents/{incident}", body, user=user)

    async def add_note(self, incident: str, text: str, *, user: str = BO_USER) -> None:
        answer = await self.call(
            "POST", f"/incidents/{incident}/notes", {"note": {"content": text}}, user=user
        )
        answer.raise_for_status()

    async def get(self, incident: str, *include: str) -> dict[str, Any]:
        response = await self.call("GET", f"/incidents/{incident}", params={"include[]": include})
        found: dict[str, Any] = response.json()["incident"]
        return found

    async def sandbox(self, method: str, path: str, body: Any = None) -> Any:
        response = await self.http.request(method, f"/_sandbox{path}", json=body, timeout=20)
        response.raise_for_status()
        return response.json() if response.content else None

    async def fault(self, on: str, do: str, **more: Any) -> None:
        await self.sandbox("POST", "/faults", {"on": on, "do": do, **more})

    async def records(self) -> dict[str, Any]:
        records: dict[str, Any] = await self.sandbox("GET", "/records")
        return records

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a change of the account after which the condition holds."""
        async with asyncio.timeout(10):
            async for _ in self.simulator.server_sent_events.stream():
                if condition():
                    return

    async def reset(self) -> None:
        self.receiver.answers.clear()
        await self.sandbox("POST", "/reset")
        self.receiver.received.clear()

    def webhook_states(self) -> list[str]:
        return [one.state for one in self.simulator.store.state.webhooks.values()]


@asynccontextmanager
async def running_account(
    *,
    state: Path | None = None,
    listen: bool = True,
    receiver: Receiver | None = None,
    per_minute: int = 960,
    company: Company = COMPANY,
    redirect_uris: Sequence[str] = (REDIRECT_URI,),
    keys: Path | None = None,
    muster_url: str | None = None,
) -> AsyncIterator[SimulatedAccount]:
    """A new account on a new port; with ``listen=False`` its webhooks have no receiver.

    Its app is registered with ``redirect_uris``; its ID tokens are signed by the key in the folder ``keys``.
    Without ``muster_url`` it has no workflows.
    """
    receiver = receiver or Receiver()
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    options = Options(
        public_url=url,
        identity_url=f"http://localhost:{port}",
        redirect_uris=tuple(redirect_uris),
        keys=keys,
        webhook_url=receiver.url,
        muster_url=muster_url,
        state=state,
        ports={"pagerduty": port, "receiver": receiver.port},
        requests_per_minute=per_minute,
    )
    app = build_app(company, options)
    listeners: Sequence[Listener] = [Listener(port)]
    async with (
        serving(app, listeners, on_stop=app.state.simulator.server_sent_events.close),
        async_client(base_url=url, limits=KEPT_SHORTLY) as http,
    ):
        account = SimulatedAccount(company, app.state.simulator, receiver, url, http)
        if listen:
            async with receiver.listening():
                yield account
        else:
            yield account
