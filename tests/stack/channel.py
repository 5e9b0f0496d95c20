"""A channel as people see it, with the product as ``muster up`` runs it: they write in it, and press."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from sandbox.company import Service
from sandbox.up.supervision.launch import Launched
from tests.support.simulators import Teams
from tests.support.waiting import eventually

_WITHIN = 30
"""Seconds for what is shown after a connection: its subscription is made first."""


class Channel:
    """A channel in which nobody writes but its methods."""

    def __init__(self, http: httpx.AsyncClient, stack: Launched, conversation: str) -> None:
        self._http = http
        self._teams = Teams(http, stack.ready)
        self._console = stack.ready["pagerduty"]
        self._id = conversation
        self._said: set[str] = set()
        """Ids of what people have written."""

    # What people do

    async def address_on_the_console(self, service: Service) -> str:
        """What somebody copies from PagerDuty's list of services."""
        page = await self._http.get(f"{self._console}/app/services")
        found = re.search(rf'href="(/service-directory/{service.id})"', page.raise_for_status().text)
        assert found is not None
        address = f"{self._console}{found[1]}"
        assert service.name in (await self._http.get(address)).raise_for_status().text
        return address

    async def says(self, person: str, text: str) -> list[str]:
        """What this message is answered with: contents of the bot's new messages."""
        await eventually(self._takes_more)
        before = {message["id"] for message in await self._messages()}
        self._said.add(await self._teams.say(person=person, conversation=self._id, text=text))
        found: list[dict[str, Any]] = []

        async def answered() -> bool:
            found[:] = [one for one in await self._messages() if one["id"] not in before]
            return bool(found)

        await eventually(answered)
        return [str(message["versions"][-1]) for message in found]

    async def clicks(self, person: str) -> str:
        """What is answered to **Connect Service** on the card."""
        card = await self.card("connect_service")
        (answer,) = await self._teams.click(
            person=person, conversation=self._id, message=card["id"], verb="connect_service"
        )
        assert answer["status"] == 200, answer
        return str(answer)

    # What they see

    async def card(self, text: str) -> dict[str, Any]:
        """The one message that says this now."""
        (found,) = [one for one in await self._messages() if text in str(one["versions"][-1])]
        return found

    async def shows(self, *texts: str) -> None:
        """Wait for a message that says all this."""

        async def shown() -> bool:
            latest = [str(one["versions"][-1]) for one in await self._messages()]
            return any(all(text in one for text in texts) for one in latest)

        await eventually(shown, within=_WITHIN)

    async def shows_connected(self, service: Service, by: str, *, is_first: bool) -> None:
        """Wait until the card says who connected it; with the first service the channel is greeted."""
        await self.shows("Service connected", service.name, "Connected by ", by)
        if is_first:
            await self.shows("PagerDuty's incidents arrive in this channel", service.name, "Link Accounts")

    async def _takes_more(self) -> bool:
        """Whether Teams leaves room for what comes of this: it takes eight sends in two seconds."""
        since = datetime.now(UTC) - timedelta(seconds=2)
        calls = (await self._teams.records())["calls"]
        recent = [one for one in calls if one["conversation"] == self._id]
        return sum(datetime.fromisoformat(one["at"]) > since for one in recent) <= 2

    async def _messages(self) -> list[dict[str, Any]]:
        """The bot's."""
        conversations = (await self._teams.records())["conversations"]
        here = next(one for one in conversations if one["id"] == self._id)
        return [one for one in here["messages"] if one["id"] not in self._said]
