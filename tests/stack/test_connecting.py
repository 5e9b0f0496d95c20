"""Connecting a service, with the product as ``muster up`` runs it: console page, command, click, incident."""

import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from sandbox.up.supervision.launch import Launched
from tests.support.product import running
from tests.support.simulators import PagerDuty, Teams
from tests.support.waiting import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(300)]

SERVICE, NAME = "PSVC003", "Edge network"
TEAM, CHANNEL = "Payments", "releases"
ADA, BO, DI = "ada@acme.example", "bo@acme.example", "di@acme.example"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    with running(tmp_path_factory.mktemp("connecting")) as stack:
        yield stack


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


class Channel:
    """A channel that nothing is connected to yet, as people see it."""

    def __init__(self, http: httpx.AsyncClient, stack: Launched) -> None:
        self.teams = Teams(http, stack.ready)
        self.pagerduty = PagerDuty(http, stack.ready)
        self._http = http
        self._said: set[str] = set()
        """Ids of what people have written."""
        self._console = stack.ready["pagerduty"]

    async def address_on_the_console(self) -> str:
        """What somebody copies from the list of services."""
        page = await self._http.get(f"{self._console}/app/services")
        found = re.search(rf'href="(/service-directory/{SERVICE})"', page.raise_for_status().text)
        assert found is not None
        address = f"{self._console}{found[1]}"
        assert NAME in (await self._http.get(address)).raise_for_status().text
        return address

    async def conversation(self) -> dict[str, Any]:
        conversations: list[dict[str, Any]] = (await self.teams.records())["conversations"]
        return next(one for one in conversations if (one["team"], one["name"]) == (TEAM, CHANNEL))

    async def says(self, person: str, text: str) -> list[str]:
        """What this message is answered with: contents of the bot's new messages."""
        await eventually(self._takes_more)
        before = {message["id"] for message in await self._messages()}
        here = (await self.conversation())["id"]
        self._said.add(await self.teams.say(person=person, conversation=here, text=text))
        found: list[dict[str, Any]] = []

        async def answered() -> bool:
            found[:] = [one for one in await self._messages() if one["id"] not in before]
            return bool(found)

        await eventually(answered)
        return [str(message["versions"][-1]) for message in found]

    async def clicks(self, person: str) -> str:
        """What is answered to **Connect Service** on the card."""
        card = await self.card("connect_service")
        (answer,) = await self.teams.click(
            person=person,
            conversation=(await self.conversation())["id"],
            message=card["id"],
            verb="connect_service",
        )
        assert answer["status"] == 200, answer
        return str(answer)

    async def card(self, text: str) -> dict[str, Any]:
        (found,) = [one for one in await self._messages() if text in str(one["versions"][-1])]
        return found

    async def shows(self, *texts: str) -> None:
        """Wait for a message that says all this."""

        async def shown() -> bool:
            latest = [str(one["versions"][-1]) for one in await self._messages()]
            return any(all(text in one for text in texts) for one in latest)

        await eventually(shown)

    async def _takes_more(self) -> bool:
        """Whether Teams leaves room for what comes of this: it takes eight sends in two seconds."""
        here, since = (await self.conversation())["id"], datetime.now(UTC) - timedelta(seconds=2)
        calls = (await self.teams.records())["calls"]
        recent = [one for one in calls if one["conversation"] == here]
        return sum(datetime.fromisoformat(one["at"]) > since for one in recent) <= 2

    async def _messages(self) -> list[dict[str, Any]]:
        """The bot's."""
        messages: list[dict[str, Any]] = (await self.conversation())["messages"]
        return [one for one in messages if one["id"] not in self._said]


async def test_a_copied_address_becomes_a_connection_and_the_next_incident_arrives(
    http: httpx.AsyncClient, stack: Launched
) -> None:
    channel = Channel(http, stack)
    address = await channel.address_on_the_console()

    (told,) = await channel.says(BO, f"connect {address}")
    assert "does not let you connect Edge network" in told
    assert "Ada Ops, Di Pager" in told, "who can"
    (card,) = await channel.says(ADA, f'connect <a href="{address}">{address}</a>')
    assert "Connect Service" in card
    assert "Platform" in card
    offered = await channel.card("connect_service")

    assert "does not let you connect Edge network" in await channel.clicks(BO)
    assert "Edge network is connected to this channel now" in await channel.clicks(DI)
    await channel.shows("Service connected", NAME, "Connected by ", "Di Pager")
    assert "Service connected" in str(await channel.card("Service connected"))
    assert (await channel.card("Service connected"))["id"] == offered["id"], "the card itself says so"
    await channel.shows("PagerDuty's incidents arrive in this channel", "Link Accounts")

    incident = await channel.pagerduty.trigger("Certificates expire", service=SERVICE)
    await channel.shows(incident, "Certificates expire")
    (told,) = await channel.says(BO, "list")
    assert "**Edge network**, connected by Di Pager since" in told

    (told,) = await channel.says(BO, "disconnect edge network")
    assert "does not let you disconnect Edge network" in told
    (told,) = await channel.says(ADA, "disconnect edge network")
    assert "Edge network is disconnected from this channel" in told
    await channel.shows("Service disconnected", NAME, "Disconnected by ", "Ada Ops")
    await channel.pagerduty.update(incident, status="resolved")
    await channel.shows(incident, "Resolved")
