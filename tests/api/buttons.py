"""Clicking buttons as Teams does: the bot route over a real workflow, a real database, a real connector."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.bot.adapter import TeamsAdapter
from api.bot.composition import muster_bot
from api.bot.places import Places
from api.bot.route import bot_router
from api.bot.sightings import Sightings
from api.bot.token import BotTokenVerifier
from api.gateway import Gateway
from muster.clients.expiring import Expiring, ExpiringCache
from muster.clients.http import open_pool
from muster.clients.teams.connector import ConnectorClient
from muster.clients.teams.jwks import BotKeys
from muster.config_file import TeamsRegistration
from muster.settings import Settings
from muster.store import cards
from muster.store.pool import Pool
from sandbox.serving import Listener, serving
from sandbox.up.servers.ports import free_port
from tests.api.conftest import APP_ID, BotFramework
from tests.support.company import ACCOUNT, OPS, TENANT
from tests.support.person_readers import readers_in_an_api
from tests.support.settings import settings_for
from tests.workflows.channel_incident.running import QUICK, Run
from workflows.channel_incident.activities import ShowCard

REGISTRATIONS = {TENANT: TeamsRegistration(tenant=TENANT, app_id=APP_ID, app_secret="not used here")}
NOBODYS_MESSAGE = "1700000099999"


@dataclass
class Connector:
    """The Bot Connector on a port: keeps what it is asked and answers every call with ``status``.

    It answers while ``answering`` is set.
    """

    port: int = field(default_factory=free_port)
    status: int = 200
    calls: list[tuple[str, str]] = field(default_factory=list)
    answering: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.answering.set()

    @property
    def service_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/teams/"

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        async def answer(request: Request) -> Response:
            assert request.headers["authorization"] == f"Bearer token-of-{TENANT}"
            self.calls.append((request.method, request.url.path))
            await self.answering.wait()
            return JSONResponse({"id": "1"}, status_code=self.status)

        methods = ["POST", "PUT", "DELETE"]
        app = Starlette(routes=[Route("/teams/v3/{path:path}", answer, methods=methods)])
        async with serving(app, [Listener(self.port)]):
            yield


@dataclass(frozen=True)
class Buttons:
    """What people press, and what they get."""

    http: httpx.AsyncClient
    pool: Pool
    framework: BotFramework
    connector: Connector

    async def store(self, run: Run) -> None:
        """Keep the card that the run showed last as ``teams.show_card`` would have."""
        last = run.outside.shown[-1]
        assert run.outside.activity_id
        await self.register(run.life.incident_id)
        post = last.model_copy(update={"activity_id": None})
        await cards.intend(self.pool, post, datetime.now(UTC))
        assert (await cards.record_shown(self.pool, post, run.outside.activity_id)).recorded

    async def register(self, incident_id: str, conversation: str = OPS) -> None:
        await self.pool.execute(
            "INSERT INTO incident_card (account, incident_id, conversation) VALUES ($1, $2, $3)",
            *(ACCOUNT, incident_id, conversation),
        )

    async def click(self, activity: dict[str, Any]) -> dict[str, Any]:
        """The answer to an invoke, which is complete whatever it says."""
        token = self.framework.token(serviceurl=self.connector.service_url)
        answer = await self.http.post("/api/messages", json=activity, headers={"Authorization": token})
        assert answer.status_code == 200
        body: dict[str, Any] = answer.json()
        assert set(body) == {"statusCode", "type", "value"}
        assert body["value"]
        return body

    def on(self, shown: ShowCard, message: str | None, who: str, verb: str = "acknowledge") -> dict[str, Any]:
        """A click on a button of the card ``shown`` on a message; the button's data are the card's own."""
        data = {
            "a": shown.card.account,
            "i": shown.card.incident_id,
            "m": shown.identity.marker,
            "n": shown.identity.nonce,
        }
        return {
            "type": "invoke",
            "name": "adaptiveCard/action",
            "id": "f:1",
            "channelId": "msteams",
            "serviceUrl": self.connector.service_url,
            "from": {"id": f"29:{who}", "name": who, "aadObjectId": who},
            "recipient": {"id": f"28:{APP_ID}", "name": "Muster"},
            "conversation": {"id": f"{OPS};messageid={message}", "conversationType": "channel"},
            "channelData": {"tenant": {"id": TENANT}},
            "replyToId": message,
            "value": {
                "action": {"type": "Action.Execute", "verb": verb, "data": data},
                "trigger": "manual",
            },
        }


@asynccontextmanager
async def serving_buttons(
    pool: Pool,
    gateway: Gateway,
    framework: BotFramework,
    framework_pool: httpx.AsyncClient,
    connector: Connector,
    places: Places | None = None,
    settings: Settings | None = None,
) -> AsyncIterator[Buttons]:
    """The bot's route with everything behind it that is real."""

    async def token(tenant: str) -> Expiring[str]:
        return Expiring(f"token-of-{tenant}", 3600)

    settings = settings or settings_for("postgresql://nobody@127.0.0.1:1/not-used", "127.0.0.1:1")
    async with (
        open_pool() as http,
        readers_in_an_api(settings, pool, http, gateway) as readers,
    ):
        client = ConnectorClient(
            http, ExpiringCache(token), registrations=REGISTRATIONS, service_hosts=("127.0.0.1",)
        )
        sightings = Sightings(pool)
        app = FastAPI()
        app.include_router(
            bot_router(
                verifier=BotTokenVerifier(BotKeys(framework_pool, framework.metadata_url), [APP_ID]),
                adapter=TeamsAdapter(client),
                bot=muster_bot(settings, QUICK, pool, gateway, client, sightings, readers),
                registrations=REGISTRATIONS,
                service_hosts=("127.0.0.1",),
                places=places or Places(64, 40),
            )
        )
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://muster.example"
        ) as caller:
            yield Buttons(caller, pool, framework, connector)
        await sightings.finish()


def words(answer: dict[str, Any]) -> str:
    """Everything that an answer says."""
    return json.dumps(answer["value"], ensure_ascii=False)


def is_card(answer: dict[str, Any]) -> bool:
    """Whether the answer replaces the card."""
    return bool(answer["type"] == "application/vnd.microsoft.card.adaptive") and answer["statusCode"] == 200


def is_sentence(answer: dict[str, Any]) -> bool:
    """Whether the answer is a text beside the card, which stays as it is."""
    return (
        bool(answer["type"] == "application/vnd.microsoft.activity.message") and answer["statusCode"] == 200
    )
