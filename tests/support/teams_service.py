"""The Teams simulator inside the test process, on a real port."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from muster.clients.expiring import Expiring, ExpiringCache
from muster.clients.teams.connector import ConnectorClient
from muster.config_file import TeamsRegistration
from sandbox.app_tokens import ConnectorTokens
from sandbox.company import Company
from sandbox.serving import Listener, serving
from sandbox.signing_key import SigningKey
from sandbox.teams.app import SERVICE_PATH, Options, TeamsSimulator
from sandbox.up.servers.ports import LOOPBACK, free_port
from tests.sandbox.chats import Chats
from tests.support.connections import KEPT_SHORTLY, async_client
from tests.support.waiting import Changes


@dataclass(frozen=True)
class Asked:
    """One call of the connector, as it arrived."""

    method: str
    path: str
    headers: Headers


@dataclass
class TeamsService:
    """What a test does to Teams and reads from it."""

    company: Company
    options: Options
    http: httpx.AsyncClient
    asked: list[Asked] = field(default_factory=list)
    _under_way: int = 0
    _held: dict[int, asyncio.Event] = field(default_factory=dict)
    _arrivals: Changes = field(default_factory=Changes)

    @property
    def service_url(self) -> str:
        return f"{self.options.base_url}{SERVICE_PATH}/"

    @property
    def channel(self) -> str:
        """Payments › ops."""
        return self.company.teams[0].channels[1].id

    @property
    def chats(self) -> Chats:
        """What people do in chats, and with the app's search."""
        return Chats(self.http)

    async def bot_token(self) -> str:
        """What Microsoft's authority issues to the bot for the connector, with the same key."""
        return ConnectorTokens(SigningKey.kept_in(self.options.folder), self.company).issue()

    def tokens(self) -> ExpiringCache[str, str]:
        """The bot's tokens, as the product keeps them."""

        async def token(_tenant: str) -> Expiring[str]:
            return Expiring(await self.bot_token(), 3600)

        return ExpiringCache(token)

    def connector(self, http: httpx.AsyncClient, tokens: ExpiringCache[str, str]) -> ConnectorClient:
        """The product's client of this service, over this pool and with these tokens."""
        tenant = self.company.tenant_id
        registration = TeamsRegistration(
            tenant=tenant, app_id=self.company.bot_app_id, app_secret=self.company.bot_app_secret
        )
        return ConnectorClient(http, tokens, registrations={tenant: registration}, service_hosts=(LOOPBACK,))

    async def fault(self, on: str, do: str, **more: Any) -> None:
        """Let the next call of this kind go wrong."""
        answer = await self.http.post("/_sandbox/faults", json={"on": on, "do": do, **more})
        answer.raise_for_status()

    async def refuse_targeted(self, status: int | None, code: str = "NotAllowed") -> None:
        """Answer every call about a targeted message so; ``None``: as Teams does."""
        refused = (
            None if status is None else {"status": status, "code": code, "message": "Not in this tenant."}
        )
        answer = await self.http.post("/_sandbox/targeted", json={"refused": refused})
        answer.raise_for_status()

    async def reset(self) -> None:
        """Start anew, once the calls of an earlier test have ended: also those whose caller has gone."""
        await self.until(lambda: self._under_way == 0)
        (await self.http.post("/_sandbox/reset", json={})).raise_for_status()
        self.asked.clear()
        self._held.clear()

    def holds(self, number: int) -> asyncio.Event:
        """The call of this number, from 1, is written down and waits for the event."""
        return self._held.setdefault(number, asyncio.Event())

    async def messages(self, conversation: str | None = None) -> list[dict[str, Any]]:
        """A conversation's messages with all their versions, by default those of the channel."""
        records = (await self.http.get("/_sandbox/records")).json()
        wanted = conversation or self.channel
        return [m for c in records["conversations"] if c["id"] == wanted for m in c["messages"]]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a call after which the condition holds."""
        await self._arrivals.until(condition)

    def calls(self, method: str, ending: str) -> list[Asked]:
        """The connector's calls of a method on paths that end so."""
        return [one for one in self.asked if one.method == method and one.path.endswith(ending)]

    def listening_to(self, app: ASGIApp) -> ASGIApp:
        """The simulator, with the connector's calls written down before they are answered.

        A call is written down when it has come whole: from then on it has the fault that is meant for it.
        """

        async def heard(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or not scope["path"].startswith(f"{SERVICE_PATH}/v3/"):
                return await app(scope, receive, send)
            path = scope["path"].removeprefix(SERVICE_PATH)
            whole = False

            def write_down() -> None:
                nonlocal whole
                if not whole:
                    whole = True
                    self.asked.append(Asked(scope["method"], path, Headers(scope=scope)))
                    self._arrivals.add()

            async def receiving() -> Message:
                message = await receive()
                if not message.get("more_body"):
                    write_down()
                return message

            async def sending(message: Message) -> None:
                write_down()
                await send(message)

            self._under_way += 1
            try:
                if (event := self._held.get(len(self.asked) + 1)) is not None:
                    write_down()
                    await event.wait()
                await app(scope, receiving, sending)
            finally:
                self._under_way -= 1
                self._arrivals.add()

        return heard


@asynccontextmanager
async def teams_service(
    company: Company, folder: Path, *, bot_url: str = "http://127.0.0.1:1/api/messages"
) -> AsyncIterator[TeamsService]:
    """A running simulator; by default nobody listens where its bot should be."""
    options = Options(port=free_port(), folder=folder, bot_url=bot_url)
    simulator = TeamsSimulator(company, options)
    async with async_client(base_url=options.base_url, limits=KEPT_SHORTLY) as http:
        service = TeamsService(company, options, http)
        app = service.listening_to(simulator.asgi())
        async with serving(app, [Listener(options.port)], on_stop=simulator.end_streams):
            yield service
