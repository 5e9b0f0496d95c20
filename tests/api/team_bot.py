"""Teams talks to the bot about teams: the route over a real database, what set-ups hear, what is sent."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from fastapi import FastAPI

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
from muster.settings import Settings
from muster.store.pool import Pool
from tests.api.conftest import APP_ID, SERVICE_URL, BotFramework
from tests.api.rights import PagerDuty
from tests.support.company import ADA_AAD, TENANT
from tests.support.person_readers import readers_in_an_api
from tests.support.settings import settings_for
from tests.workflows.channel_incident.running import QUICK
from workflows.account_link.messages import LinkAnswer, OfferLink
from workflows.account_link.messages import Start as LinkStart
from workflows.account_link.workflow_type import ACCOUNT_LINK
from workflows.connect_channel import messages as connect_channel
from workflows.connect_channel.messages import ConnectAnswer
from workflows.connect_channel.messages import Start as ConnectStart
from workflows.connect_channel.workflow_type import CONNECT_CHANNEL
from workflows.incident_room.messages import AskedByClick, RoomAnswer
from workflows.incident_room.messages import Start as RoomStart
from workflows.incident_room.workflow_type import INCIDENT_ROOM
from workflows.team_setup.messages import Pressed, SetupAnswer, Start

TEAM, CHANNEL = "19:new-team@thread.tacv2", "19:chosen@thread.tacv2"
GROUP = "9a0c1f5e-0000-4000-8000-0000000000cc"
OTHER_TENANT = "44444444-4444-4444-4444-444444444444"
CHAT = "a:chat-of-ada"
MENTION = {"type": "mention", "mentioned": {"id": f"28:{APP_ID}"}, "text": "<at>Muster</at>"}
CONFIGURATION = f"""
[[teams]]
tenant = "{TENANT}"
app_id = "{APP_ID}"
app_secret = "not used here"
[[pagerduty]]
subdomain = "acme"
client_id = "client"
client_secret = "not used here"
[[pagerduty]]
subdomain = "umbrella"
region = "eu"
client_id = "client"
client_secret = "not used here"
"""


def bot_settings(database_url: str, folder: Path, configuration: str = CONFIGURATION) -> Settings:
    """Settings of an API for the tenant, with two accounts."""
    file = folder / "muster.toml"
    file.write_text(configuration)
    return settings_for(database_url, "127.0.0.1:1", config=file, link_life=1800)


@dataclass
class Asked:
    """One update that was asked of a set-up."""

    start: Start
    update: str
    update_id: str
    pressed: Pressed


@dataclass
class AskedForLink:
    """One update that was asked of the offer of a link."""

    start: LinkStart
    update: str
    update_id: str
    offer: OfferLink


@dataclass
class AskedToConnect:
    """One update that was asked of a service and a channel."""

    start: ConnectStart
    update: str
    update_id: str
    asked: connect_channel.Asked


@dataclass
class AskedOfRoom:
    """One update that was asked of an incident's room."""

    start: RoomStart
    update: str
    update_id: str
    asked: AskedByClick


class RecordingGateway(Gateway):
    """Keeps what would go to Temporal; answers by its replies, or raises ``failure``."""

    def __init__(self) -> None:
        self.signals: list[tuple[Any, str, Any]] = []
        self.signals_to_running: list[tuple[str, str]] = []
        self.asked: list[Asked] = []
        self.asked_for_links: list[AskedForLink] = []
        self.asked_to_connect: list[AskedToConnect] = []
        self.asked_of_rooms: list[AskedOfRoom] = []
        self.reply: SetupAnswer | None = SetupAnswer(reply="sent_privately")
        self.link_reply: LinkAnswer | None = LinkAnswer(reply="sent")
        self.connect_reply: ConnectAnswer | None = ConnectAnswer(reply="connected", service_name="Checkout")
        self.room_reply: RoomAnswer | None = None
        self.failure: Exception | None = None

    async def signal(self, row: Any, start: Any, signal: Any, message: Any, *, within: float = 3) -> None:
        if self.failure is not None:
            raise self.failure
        assert row.signals[signal.name] is signal
        self.signals.append((start, signal.name, message))

    async def signal_running(self, workflow_id: str, signal: Any, message: Any = None) -> bool:
        if self.failure is not None:
            raise self.failure
        self.signals_to_running.append((workflow_id, signal.name))
        return True

    async def ask(
        self, row: Any, start: Any, update: Any, message: Any, *, update_id: str, answer_by: float
    ) -> Any:
        if self.failure is not None:
            raise self.failure
        assert row.updates[update.name] is update
        if row is ACCOUNT_LINK:
            self.asked_for_links.append(AskedForLink(start, update.name, update_id, message))
            return self.link_reply
        if row is CONNECT_CHANNEL:
            self.asked_to_connect.append(AskedToConnect(start, update.name, update_id, message))
            return self.connect_reply
        if row is INCIDENT_ROOM:
            self.asked_of_rooms.append(AskedOfRoom(start, update.name, update_id, message))
            return self.room_reply
        self.asked.append(Asked(start, update.name, update_id, message))
        return self.reply


class Told(NamedTuple):
    """A text that the bot said."""

    text: str
    place: str
    """Conversation, or thread of one."""
    to: str | None
    """Teams id of whoever alone sees it, where others are; ``None``: everybody in that place reads it."""


def is_targeted(request: httpx.Request) -> bool:
    """Whether it is about a message that one member of a channel or group chat sees."""
    return bool(request.url.params.get("isTargetedActivity") == "true")


@dataclass
class Connector:
    """The Bot Connector: keeps what it is sent; ``names`` are the teams and people that it knows.

    It answers while ``answering`` is set. ``targeted_status`` is that of targeted messages; a private chat
    that it opens is ``CHAT``.
    """

    status: int = 200
    targeted_status: int = 200
    names: dict[str, str] = field(default_factory=dict)
    channels: list[dict[str, Any]] = field(default_factory=list)
    """Those of every team, which it lists with ``channels_status``."""
    channels_status: int = 200
    chats: set[str] = field(default_factory=set)
    """Those that the bot is in, which tell their members with ``roster_status``."""
    roster_status: int = 200
    requests: list[httpx.Request] = field(default_factory=list)
    answering: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.answering.set()

    async def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        await self.answering.wait()
        if is_targeted(request) and self.targeted_status != 200:
            return httpx.Response(self.targeted_status, json={})
        if request.method != "GET":
            is_opened = request.url.path.endswith("/conversations")
            return httpx.Response(self.status, json={"id": CHAT if is_opened else "1"})
        asked_for = request.url.path.rpartition("/")[2]
        if asked_for == "pagedmembers":
            return self._roster(request.url.path.split("/")[-2])
        if asked_for == "conversations":
            return httpx.Response(self.channels_status, json={"conversations": self.channels})
        if asked_for not in self.names:
            return httpx.Response(404, json={"error": {"code": "NotFound", "message": "…"}})
        return httpx.Response(200, json={"id": asked_for, "name": self.names[asked_for]})

    def _roster(self, conversation: str) -> httpx.Response:
        if self.roster_status != 200 or conversation in self.chats:
            return httpx.Response(self.roster_status, json={"members": []})
        return httpx.Response(403, json={"error": {"code": "BotNotInConversationRoster", "message": "…"}})

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages, in order."""
        return [json.loads(request.content) for request in self.requests if request.method == "POST"]

    @property
    def texts(self) -> list[str]:
        """Their texts."""
        return [message["text"] for message in self.messages if "text" in message]

    @property
    def told(self) -> "list[Told]":
        """The texts and where each was said, in order; what Teams refused was not said."""
        return [
            Told(
                text=str(body["text"]),
                place=request.url.path.split("/")[-2],
                to=body["recipient"]["id"] if is_targeted(request) else None,
            )
            for request in self.requests
            if request.method == "POST" and "text" in (body := json.loads(request.content))
            if not is_targeted(request) or self.targeted_status == 200
        ]

    @property
    def threads(self) -> list[str]:
        """The conversations that they were sent to."""
        return [request.url.path.split("/")[-2] for request in self.requests if request.method == "POST"]


@dataclass(frozen=True)
class Bot:
    """The bot as Teams reaches it."""

    http: httpx.AsyncClient
    pool: Pool
    framework: BotFramework
    connector: Connector
    sightings: Sightings

    async def post(self, activity: dict[str, Any]) -> httpx.Response:
        token = self.framework.token(serviceurl=activity["serviceUrl"])
        return await self.http.post("/api/messages", json=activity, headers={"Authorization": token})

    async def hears(self, activity: dict[str, Any]) -> None:
        """Something that is answered with nothing but that it was taken."""
        answer = await self.post(activity)
        assert (answer.status_code, answer.content) == (200, b"")

    async def tells(self, activity: dict[str, Any]) -> list[Told]:
        """All that answers this message."""
        before = len(self.connector.told)
        await self.hears(activity)
        return self.connector.told[before:]

    async def says(self, activity: dict[str, Any]) -> str:
        """The message that answers this one, whoever reads it."""
        (told,) = await self.tells(activity)
        return told.text

    async def says_to_all(self, activity: dict[str, Any]) -> str:
        """The message by which this one is answered for everybody in the conversation."""
        (told,) = [told for told in await self.tells(activity) if told.to is None and told.place != CHAT]
        return told.text

    async def says_alone(self, activity: dict[str, Any]) -> str:
        """The targeted message by which whoever wrote this one is answered beside it."""
        (told,) = [told for told in await self.tells(activity) if told.to is not None]
        assert told.to == activity["from"]["id"]
        assert told.place == activity["conversation"]["id"].partition(";")[0]
        return told.text

    async def shows(self, activity: dict[str, Any]) -> dict[str, Any]:
        """The card that answers this message."""
        before = len(self.connector.messages)
        await self.hears(activity)
        (message,) = self.connector.messages[before:]
        (attachment,) = message["attachments"]
        assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
        content: dict[str, Any] = attachment["content"]
        return content

    async def clicks(self, activity: dict[str, Any]) -> str:
        """What whoever pressed a button is told."""
        answer = await self.post(activity)
        body = answer.json()
        assert (answer.status_code, set(body)) == (200, {"statusCode", "type", "value"})
        value = body["value"]
        return str(value["message"] if isinstance(value, dict) else value)


@asynccontextmanager
async def serving_bot(
    settings: Settings,
    pool: Pool,
    gateway: Gateway,
    framework: BotFramework,
    framework_pool: httpx.AsyncClient,
    connector: Connector,
    pagerduty: PagerDuty | None = None,
) -> AsyncIterator[Bot]:
    """The bot's route, as the API builds it."""

    async def token(tenant: str) -> Expiring[str]:
        return Expiring(f"token-of-{tenant}", 3600)

    hosts = ("smba.trafficmanager.net",)
    async with (
        open_pool(transport=httpx.MockTransport(connector.answer)) as http,
        open_pool(transport=httpx.MockTransport((pagerduty or PagerDuty()).answer)) as to_pagerduty,
        readers_in_an_api(settings, pool, to_pagerduty, gateway) as readers,
    ):
        client = ConnectorClient(
            http, ExpiringCache(token), registrations=settings.teams, service_hosts=hosts
        )
        sightings = Sightings(pool)
        app = FastAPI()
        app.include_router(
            bot_router(
                verifier=BotTokenVerifier(BotKeys(framework_pool, framework.metadata_url), [APP_ID]),
                adapter=TeamsAdapter(client),
                bot=muster_bot(settings, QUICK, pool, gateway, client, sightings, readers),
                registrations=settings.teams,
                service_hosts=hosts,
                places=Places(64, 40),
            )
        )
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://muster.example"
        ) as caller:
            yield Bot(caller, pool, framework, connector, sightings)
        await sightings.finish()


def activity(type_: str, **changes: Any) -> dict[str, Any]:
    """An activity of the new team, by Ada; a change to ``None`` leaves the field out."""
    whole = {
        "type": type_,
        "id": f"f:{uuid.uuid4().hex[:8]}",
        "timestamp": "2026-11-28T10:00:00.123Z",
        "channelId": "msteams",
        "serviceUrl": SERVICE_URL,
        "from": {"id": "29:ada", "name": "Ada Ops", "aadObjectId": ADA_AAD},
        "recipient": {"id": f"28:{APP_ID}", "name": "Muster"},
        "conversation": {"id": TEAM, "conversationType": "channel", "isGroup": True, "tenantId": TENANT},
        "channelData": {
            "tenant": {"id": TENANT},
            "team": {"id": TEAM, "aadGroupId": GROUP, "name": "Payments"},
        },
    } | changes
    return {name: value for name, value in whole.items() if value is not None}


def with_channel_data(whole: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The same with other channel data; a change to ``None`` leaves the field out."""
    data = whole["channelData"] | changes
    return whole | {"channelData": {name: value for name, value in data.items() if value is not None}}


def installation(action: str = "add", **changes: Any) -> dict[str, Any]:
    """``installationUpdate``, whose conversation is the chosen channel."""
    conversation = {"id": CHANNEL, "conversationType": "channel", "isGroup": True, "tenantId": TENANT}
    whole = activity("installationUpdate", action=action, conversation=conversation)
    return with_channel_data(whole, settings={"selectedChannel": {"id": CHANNEL}}) | changes


def roster(
    removed: bool = False, members: Iterable[str] = (f"28:{APP_ID}",), **changes: Any
) -> dict[str, Any]:
    """``conversationUpdate`` of members that came or went, by default the bot."""
    which, event = ("membersRemoved", "teamMemberRemoved") if removed else ("membersAdded", "teamMemberAdded")
    whole = activity("conversationUpdate", **{which: [{"id": member} for member in members]})
    return with_channel_data(whole, eventType=event) | changes


def event(event_type: str, **channel_data: Any) -> dict[str, Any]:
    """Any other event of the team."""
    return with_channel_data(activity("conversationUpdate"), eventType=event_type, **channel_data)


def said(text: str, *, private: bool = False, **changes: Any) -> dict[str, Any]:
    """A message of Ada's to the bot, in a channel of the team or in their chat."""
    if private:
        place = {"id": CHAT, "conversationType": "personal", "tenantId": TENANT}
        data: dict[str, Any] = {"tenant": {"id": TENANT}}
    else:
        place = {
            "id": f"{CHANNEL};messageid=1700000000001",
            "conversationType": "channel",
            "tenantId": TENANT,
        }
        data = {"tenant": {"id": TENANT}, "team": {"id": TEAM}, "channel": {"id": CHANNEL}}
    return activity("message", text=text, conversation=place, channelData=data) | changes


def button(verb: str, message: str, **data: Any) -> dict[str, Any]:
    """A click on a button of a set-up's card in Ada's chat; ``data`` are the button's own."""
    place = {"id": CHAT, "conversationType": "personal", "tenantId": TENANT}
    value = {"action": {"type": "Action.Execute", "verb": verb, "data": data}, "trigger": "manual"}
    return activity(
        "invoke",
        name="adaptiveCard/action",
        replyToId=message,
        conversation=place,
        channelData={"tenant": {"id": TENANT}},
        value=value,
    )
