"""The server in the place of Teams' connector and PagerDuty's REST API: no limits, delays on demand.

The simulators keep Teams' rate limits, which a benchmark would meet at once. This server keeps what it was
sent, and when, and lets a benchmark wait for it. The title of an incident is its id, so that a card names it.
"""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bench.incidents import Incident
from bench.sink_graph import GraphSink

_LONGEST_WAIT = 60
"""Seconds after which a benchmark gives up; nothing that is measured takes so long."""


@dataclass
class Card:
    """One message: when it was sent and edited (seconds, monotonic), what it says, its replies."""

    incident: str
    conversation: str = ""
    id: str = ""
    buttons: dict[str, Any] = field(default_factory=dict)
    """The latest version's actions by verb."""
    moments: list[float] = field(default_factory=list)
    says: str = ""
    replies: int = 0
    sending: bool = False


def actions_in(card: Any) -> dict[str, Any]:
    """Every Action.Execute of a card, or of all attachments, by verb."""
    found: dict[str, Any] = {}

    def search(node: Any) -> None:
        if isinstance(node, list):
            for item in node:
                search(item)
        elif isinstance(node, dict):
            if node.get("type") == "Action.Execute":
                found[node["verb"]] = node
            for item in node.values():
                search(item)

    search(card)
    return found


class Sink:
    """Both providers in one server on ``port``; counts the calls to each."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.pagerduty_delay = 0.0
        self.slow_edits = 0.0
        """Seconds that an edit takes before it is done."""
        self.teams_calls = 0
        self.pagerduty_calls = 0
        self.refreshes = 0
        """How often a person's token was refreshed."""
        self.writes: Counter[str] = Counter()
        """How often each incident's status was to be changed."""
        self.incidents: dict[str, Incident] = {}
        self.bridges: dict[str, float] = {}
        """When the bridge of each incident was written."""
        self.graph = GraphSink()
        self._ids = itertools.count(1_700_000_000_000)
        self._cards: dict[str, Card] = {}
        self._by_incident: dict[str, list[Card]] = {}
        self._arrivals: dict[str, asyncio.Event] = {}

    @property
    def url(self) -> str:
        """Base address."""
        return f"http://127.0.0.1:{self.port}"

    def cards(self, incident: str) -> list[Card]:
        """The incident's cards, one per conversation."""
        return self._by_incident.get(incident, [])

    async def until(
        self, incident: str, says: str, *, cards: int = 1, replies: int = 0, sendings: int = 0
    ) -> float:
        """Wait until all of an incident's cards say something, after so many sendings in all.

        Returns the moment at which the last of them came to say it; raises TimeoutError.
        """
        await self._wait(incident, lambda: self._all_say(incident, says, cards, replies, sendings))
        return max(card.moments[-1] for card in self.cards(incident))

    def _all_say(self, incident: str, says: str, cards: int, replies: int, sendings: int) -> bool:
        found = self.cards(incident)
        return (
            len(found) >= cards
            and sum(len(card.moments) for card in found) >= sendings
            and all(says in card.says and card.replies >= replies for card in found)
        )

    def _arrived(self, card: Card, says: str | None) -> None:
        if says is not None:
            card.moments.append(time.monotonic())
            card.says = says
        self._happened(card.incident)

    def _happened(self, incident: str) -> None:
        if (arrival := self._arrivals.get(incident)) is not None:
            arrival.set()

    async def until_sending(self, incident: str) -> None:
        """Wait until an edit of the incident's card has arrived, even if it is not done yet."""
        await self._wait(incident, lambda: any(card.sending for card in self.cards(incident)))

    async def until_bridged(self, incident: str) -> float:
        """Wait until the incident's bridge was written; the moment at which that was."""
        await self._wait(incident, lambda: incident in self.bridges)
        return self.bridges[incident]

    async def _wait(self, incident: str, true: Callable[[], bool]) -> None:
        arrival = self._arrivals.setdefault(incident, asyncio.Event())
        async with asyncio.timeout(_LONGEST_WAIT):
            while not true():
                arrival.clear()
                await arrival.wait()

    def _new_card(self, key: str, incident: str, conversation: str = "") -> Card:
        card = self._cards[key] = Card(incident, conversation, key)
        self._by_incident.setdefault(incident, []).append(card)
        return card

    # Teams

    async def _post(self, request: web.Request) -> web.Response:
        self.teams_calls += 1
        activity = await request.json()
        conversation, _, root = request.match_info["conversation"].partition(";messageid=")
        key = str(next(self._ids))
        if root:
            card = self._cards[root]
            card.replies += 1
            self._arrived(card, None)
        else:
            incident = activity["summary"].split()[1]
            card = self._new_card(key, incident, conversation)
            card.buttons = actions_in(activity["attachments"])
            self._arrived(card, activity["summary"])
        return web.json_response({"id": key}, status=201)

    async def _put(self, request: web.Request) -> web.Response:
        self.teams_calls += 1
        key = request.match_info["activity"]
        card, activity = self._cards[key], await request.json()
        card.sending = True
        self._arrived(card, None)
        await asyncio.sleep(self.slow_edits)
        card.sending, card.buttons = False, actions_in(activity["attachments"])
        self._arrived(card, activity["summary"])
        return web.json_response({"id": key})

    async def _bare(self, request: web.Request) -> web.Response:
        """A POST of the bare workflow, as large as a card; what it says stands in the address."""
        await request.json()
        incident = request.match_info["incident"]
        card = self._cards.get(incident) or self._new_card(incident, incident)
        self._arrived(card, request.query["says"])
        return web.json_response({"id": incident}, status=201)

    # PagerDuty

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        if form["grant_type"] == "refresh_token":
            return await self._refresh()
        scope = str(form["scope"])
        return web.json_response({"access_token": "bench", "expires_in": 86_400, "scope": scope})

    async def _refresh(self) -> web.Response:
        self.refreshes += 1
        await asyncio.sleep(self.pagerduty_delay)
        pair = {"access_token": f"bench-{self.refreshes}", "refresh_token": f"bench-refresh-{self.refreshes}"}
        return web.json_response({**pair, "expires_in": 86_400, "scope": "incidents.write"})

    async def _get_incident(self, request: web.Request) -> web.Response:
        return await self._incident(request, None)

    async def _get_alerts(self, request: web.Request) -> web.Response:
        self.pagerduty_calls += 1
        await asyncio.sleep(self.pagerduty_delay)
        return web.json_response(self.incidents[request.match_info["incident"]].alerts())

    async def _get_notes(self, _: web.Request) -> web.Response:
        self.pagerduty_calls += 1
        return web.json_response({"notes": []})

    async def _post_note(self, request: web.Request) -> web.Response:
        self.pagerduty_calls += 1
        return web.json_response({"note": (await request.json())["note"]}, status=201)

    async def _put_incident(self, request: web.Request) -> web.Response:
        change = (await request.json())["incident"]
        if "conference_bridge" in change:
            name = request.match_info["incident"]
            self.bridges[name] = time.monotonic()
            self._happened(name)
        return await self._incident(request, change.get("status"))

    async def _incident(self, request: web.Request, status: str | None) -> web.Response:
        self.pagerduty_calls += 1
        await asyncio.sleep(self.pagerduty_delay)
        incident = self._named(request.match_info["incident"])
        if status is not None:
            self.writes[incident.id] += 1
            incident.become(status)
        return web.json_response({"incident": incident.rest()})

    def _named(self, name: str) -> Incident:
        """The incident of this id, or of this number."""
        return self.incidents.get(name) or next(
            incident for incident in self.incidents.values() if str(incident.number) == name
        )

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Listen while the block runs."""
        application = web.Application(client_max_size=1024 * 1024)
        activities = "/teams/v3/conversations/{conversation}/activities"
        application.router.add_post(activities, self._post)
        application.router.add_put(activities + "/{activity}", self._put)
        application.router.add_post("/bare/{incident}", self._bare)
        application.router.add_post("/oauth/token", self._token)
        application.router.add_get("/incidents/{incident}", self._get_incident)
        application.router.add_get("/incidents/{incident}/alerts", self._get_alerts)
        application.router.add_put("/incidents/{incident}", self._put_incident)
        application.router.add_get("/incidents/{incident}/notes", self._get_notes)
        application.router.add_post("/incidents/{incident}/notes", self._post_note)
        self.graph.add_routes(application.router)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", self.port).start()
            yield
        finally:
            await runner.cleanup()
