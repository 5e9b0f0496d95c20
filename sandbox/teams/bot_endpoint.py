"""Post activities to the bot, each with a token of the Bot Framework channel."""

import json
import time
from dataclasses import dataclass
from typing import Any

import httpx

from sandbox.teams.state import Json
from sandbox.teams.tokens import ChannelTokens


@dataclass(frozen=True, slots=True)
class BotAnswer:
    """The bot's answer; ``status`` is None if it did not answer in time."""

    status: int | None
    body: Any
    ms: int


class BotEndpoint:
    """The bot's messaging address."""

    def __init__(self, http: httpx.AsyncClient, url: str, tokens: ChannelTokens) -> None:
        self._http = http
        self._url = url
        self._tokens = tokens

    async def deliver(self, activity: Json, within: float) -> BotAnswer:
        """Post one activity; the answer has no status if none came within so many seconds."""
        started = time.monotonic()
        try:
            response = await self._http.post(
                self._url,
                json=activity,
                headers={"Authorization": f"Bearer {self._tokens.issue(activity['serviceUrl'])}"},
                timeout=within,
            )
        except httpx.TransportError:
            return BotAnswer(None, None, _ms_since(started))
        return BotAnswer(response.status_code, _body(response), _ms_since(started))


def _body(response: httpx.Response) -> Any:
    try:
        return response.json()
    except json.JSONDecodeError:
        return response.text or None


def _ms_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
