"""Microsoft Graph in the sink: chats, their people and apps, calendars; each call after a delay."""

import asyncio
import itertools
from typing import Any

from aiohttp import web


class GraphSink:
    """Answers what Muster asks about chats and meetings. Everybody is there, and is no guest."""

    def __init__(self) -> None:
        self.delay = 0.0
        """Seconds that each call takes."""
        self.calls = 0
        self._numbers = itertools.count(1)
        self._members: dict[str, list[str]] = {}

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Serve below ``/graph``."""
        root = "/graph/v1.0"
        router.add_post(f"{root}/chats", self._create)
        router.add_get(f"{root}/chats/{{chat}}/members", self._list)
        router.add_post(f"{root}/chats/{{chat}}/installedApps", self._install)
        router.add_get(f"{root}/users/{{person}}", self._person)
        router.add_post(f"{root}/users/{{person}}/events", self._enter)

    async def _called(self) -> None:
        self.calls += 1
        await asyncio.sleep(self.delay)

    async def _create(self, request: web.Request) -> web.Response:
        await self._called()
        chat = f"19:{next(self._numbers):032x}@thread.v2"
        members = (await request.json())["members"]
        self._members[chat] = [str(one["user@odata.bind"]).split("'")[1] for one in members]
        return web.json_response({"id": chat, "webUrl": f"https://teams.example/l/chat/{chat}"}, status=201)

    async def _list(self, request: web.Request) -> web.Response:
        await self._called()
        members = self._members[request.match_info["chat"]]
        listed: list[dict[str, Any]] = [{"id": f"of-{person}", "userId": person} for person in members]
        return web.json_response({"value": listed})

    async def _install(self, _: web.Request) -> web.Response:
        await self._called()
        return web.json_response({}, status=201)

    async def _person(self, request: web.Request) -> web.Response:
        await self._called()
        person = request.match_info["person"]
        address = f"{person}@acme.example"
        return web.json_response(
            {"id": person, "userPrincipalName": address, "mail": address, "accountEnabled": True}
        )

    async def _enter(self, _: web.Request) -> web.Response:
        await self._called()
        number = next(self._numbers)
        address = f"https://teams.example/l/meetup-join/{number}"
        entry = {"id": f"entry-{number}", "isOnlineMeeting": True, "onlineMeeting": {"joinUrl": address}}
        return web.json_response(entry, status=201)
