"""A stream of incidents for a product that is restarted meanwhile, and what Teams shows of it."""

import asyncio
import re
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass

import httpx

from sandbox.company import Channel, Company, Connection, Person, build_company
from tests.support.simulators import PagerDuty, Teams
from tests.support.waiting import eventually

_CHANNELS = 16
"""So many that the stream stays within Teams' limits for each of them."""

_EVERY = 0.3
"""Seconds from one incident to the next."""

_THINKING = 1.0
"""Seconds that people take from one step to the next."""

_CLICKS_EVERY = 4
"""Each so many-th incident is acknowledged from its card, the others in PagerDuty."""

_REPEATED = [{"after": 0, "new_id": False}, {"after": 3, "new_id": True}]
"""A press as Teams delivers it to a bot that was too slow: the second time under a new id."""

_PATIENCE = 60
"""Seconds after which a step that has not come will not come."""

_PATIENCE_OF_PEOPLE = 8
"""Seconds after which people press again. Where everything is slow an answer may say "try again"."""

_FRESH = 0.4
"""Seconds for which the simulator's records are not read again."""


def company_of_many_channels() -> Company:
    """The sandbox's company, and services that have a channel each."""
    company = build_company()
    payments, platform = company.teams
    channels = tuple(Channel(id=f"19:rolling{n}@thread.tacv2", name=f"rolling-{n}") for n in range(_CHANNELS))
    services = tuple(
        company.services[0].model_copy(update={"id": _service(n), "name": f"Rolling {n}"})
        for n in range(_CHANNELS)
    )
    connections = tuple(
        Connection(service=service.id, channel=channel.id)
        for service, channel in zip(services, channels, strict=True)
    )
    return company.model_copy(
        update={
            "teams": (payments.model_copy(update={"channels": payments.channels + channels}), platform),
            "services": company.services + services,
            "connections": company.connections + connections,
        }
    )


def _service(number: int) -> str:
    return f"PROLL{number % _CHANNELS:02}"


@dataclass(frozen=True)
class Card:
    """One card message: what its versions said, in one line each, and the replies in its thread."""

    conversation: str
    message: str
    deleted: bool
    said: tuple[str, ...]
    replies: tuple[str, ...]

    @property
    def is_resolved(self) -> bool:
        """Whether it says so, and its thread too where it did not say so from the first."""
        return "Resolved" in self.said[-1] and (self.came_late or bool(self.replies))

    @property
    def came_late(self) -> bool:
        """Whether the incident was over when the card was posted, so that the card is the only news."""
        return "Resolved" in self.said[0]


class Cards:
    """All cards by the number in their incident's title."""

    def __init__(self, teams: Teams) -> None:
        self._teams = teams
        self._reading = asyncio.Lock()
        self._read_at = 0.0
        self._cards: dict[int, list[Card]] = {}

    async def of(self, number: int) -> list[Card]:
        """This incident's cards; one, if all is well."""
        async with self._reading:
            if time.monotonic() - self._read_at > _FRESH:
                await self._read()
        return self._cards.get(number, [])

    async def all_resolved(self, numbers: int) -> bool:
        """Whether every incident has a card, and all cards are resolved."""
        shown = [await self.of(number) for number in range(numbers)]
        return all(cards and all(card.is_resolved for card in cards) for cards in shown)

    async def _read(self) -> None:
        found: dict[int, list[Card]] = defaultdict(list)
        for conversation in (await self._teams.records())["conversations"]:
            replies: dict[str, list[str]] = defaultdict(list)
            for message in conversation["messages"]:
                if message["reply_to"] is not None:
                    replies[message["reply_to"]].append(message["versions"][-1]["activity"]["text"])
            for message in conversation["messages"]:
                said = tuple(version["activity"].get("summary", "") for version in message["versions"])
                if title := re.search(r"Rolling (\d+)", said[-1]):
                    card = Card(
                        conversation=conversation["id"],
                        message=message["id"],
                        deleted=message["deleted_at"] is not None,
                        said=said,
                        replies=tuple(replies[message["id"]]),
                    )
                    found[int(title[1])].append(card)
        self._cards, self._read_at = dict(found), time.monotonic()


class Stream:
    """Incidents that are triggered, acknowledged and resolved, one beginning after the other."""

    def __init__(self, pagerduty: PagerDuty, teams: Teams, cards: Cards, presser: Person) -> None:
        self._pagerduty = pagerduty
        self._teams = teams
        self.cards = cards
        self._presser = presser
        self.incidents: dict[int, str] = {}
        """Ids by number."""
        self.clicked: set[int] = set()

    async def flow(self, enough: asyncio.Event) -> None:
        """Begin one life after the other until it is enough, and see them all to their end."""
        async with asyncio.TaskGroup() as lives:
            number = 0
            while not enough.is_set():
                lives.create_task(self._live(number))
                number += 1
                await asyncio.sleep(_EVERY)

    async def _live(self, number: int) -> None:
        incident = await self._pagerduty.trigger(f"Rolling {number}", service=_service(number))
        self.incidents[number] = incident
        await asyncio.sleep(_THINKING)
        if number % _CLICKS_EVERY == 0:
            await self._click(number)
        else:
            await self._pagerduty.update(incident, status="acknowledged")
        await asyncio.sleep(_THINKING)
        await self._pagerduty.update(incident, status="resolved")

    async def _click(self, number: int) -> None:
        """Press as people do: once there is a card, and again where nothing came of it."""
        self.clicked.add(number)

        async def is_shown() -> bool:
            return bool(await self.cards.of(number))

        async def says_acknowledged() -> bool:
            return "Acknowledged" in (await self.cards.of(number))[0].said[-1]

        async def came_of_a_click() -> bool:
            card, *_ = await self.cards.of(number)
            # The button is gone where an earlier press has just done its work.
            with suppress(httpx.HTTPStatusError):
                await self._teams.click(
                    person=self._presser.email,
                    conversation=card.conversation,
                    message=card.message,
                    verb="acknowledge",
                    deliveries=_REPEATED,
                )
            with suppress(AssertionError):
                await eventually(says_acknowledged, within=_PATIENCE_OF_PEOPLE)
            return await says_acknowledged()

        await eventually(is_shown, within=_PATIENCE)
        await eventually(came_of_a_click, within=_PATIENCE)
