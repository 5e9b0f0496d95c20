"""A proxy between Microsoft's Agents Playground and the bot, since the Playground uses no tokens.

The proxy adds a token to the Playground's activities, and checks the token of the bot's connector calls.
So the bot needs no mode without authentication.
"""

import json
from typing import Any

import httpx
from fastapi import APIRouter, HTTPException, Request, Response

from sandbox.company import Person, Team
from sandbox.teams.deliveries import ANSWER
from sandbox.teams.errors import ConnectorError
from sandbox.teams.roster import Roster
from sandbox.teams.state import Json
from sandbox.teams.tokens import BotTokens, ChannelTokens

PREFIX = "/playground"
SERVICE_PATH = f"{PREFIX}/teams"
CONFIG_FILE = ".m365agentsplayground.yml"
"""The configuration's name in the Playground's working folder."""
_CONFIG_VERSION = "0.1.1"


def playground_router(
    http: httpx.AsyncClient, bot_url: str, channel_tokens: ChannelTokens, bot_tokens: BotTokens, port: int
) -> APIRouter:
    """The routes for both directions; the Playground listens on ``port``."""
    router = APIRouter(prefix=PREFIX)

    @router.post("/api/messages")
    async def to_bot(request: Request) -> Response:
        body = await request.body()
        token = channel_tokens.issue(_service_url(body))
        return await _forwarded(http, request, bot_url, body, {"Authorization": f"Bearer {token}"})

    @router.api_route("/teams/{_:path}", methods=["GET", "POST", "PUT", "DELETE"])
    async def to_playground(request: Request) -> Response:
        bot_tokens.check(request.headers.get("Authorization"))
        # The raw path, since the ids in it may have quoted characters.
        path = request.scope["raw_path"].decode().removeprefix(SERVICE_PATH)
        address = f"http://localhost:{port}/_connector{path}"
        return await _forwarded(http, request, address, await request.body(), {})

    return router


def playground_config(roster: Roster, person: Person, team: Team) -> str:
    """The Playground's configuration with the company's ids; JSON is valid YAML.

    It shows one team with two channels: General, whose id is the team's, and the next one. It refuses a
    configuration with fewer than five people besides the current one.
    """
    company = roster.company
    config = {
        "version": _CONFIG_VERSION,
        "tenantId": company.tenant_id,
        "bot": roster.bot_account,
        "currentUser": _user(person),
        "users": [_user(other) for other in company.colleagues if other != person],
        "personalChat": {"id": roster.personal_chat_id(person)},
        "groupChat": {"id": "19:playground@thread.v2", "name": "Group chat"},
        "team": {
            "id": team.id,
            "name": team.name,
            "aadGroupId": team.aad_group_id,
            "channels": [{"id": channel.id, "name": channel.name} for channel in team.channels[1:2]],
        },
    }
    return json.dumps(config, indent=2)


def _user(person: Person) -> Json:
    given_name, _, surname = person.name.partition(" ")
    return {
        "id": person.teams_id,
        "name": person.name,
        "userPrincipleName": person.email,
        "aadObjectId": person.aad_object_id,
        "givenName": given_name,
        "surname": surname,
        "email": person.email,
    }


def _service_url(body: bytes) -> str:
    try:
        activity: Any = json.loads(body)
        return str(activity["serviceUrl"])
    except (ValueError, KeyError, TypeError):
        raise HTTPException(400, "the Playground sent no activity with a service URL") from None


async def _forwarded(
    http: httpx.AsyncClient, request: Request, address: str, body: bytes, headers: dict[str, str]
) -> Response:
    try:
        answer = await http.request(
            request.method,
            address,
            params=request.query_params,
            content=body,
            headers={"Content-Type": "application/json"} | headers,
            timeout=ANSWER,
        )
    except httpx.TransportError:
        raise ConnectorError(502, "BadGateway", "Nobody answers on the other side.") from None
    return Response(answer.content, answer.status_code, media_type=answer.headers.get("Content-Type"))
