"""PagerDuty as the API asks it for people's rights: one person, one service, and the members of its teams."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx

USER, SERVICE, TEAM = "PUSER01", "PSVC001", "PTEAM01"
NAME = "Checkout *API*"


@dataclass
class PagerDuty:
    """Answers by what it knows, or with ``status``; it answers while ``answering`` is set."""

    role: str = "user"
    knows_user: bool = True
    shows_service: bool = True
    is_disabled: bool = False
    teams: dict[str, str] = field(default_factory=lambda: {TEAM: "Payments"})
    """Names of the service's teams, by id."""
    members: list[tuple[str, str, str]] = field(default_factory=list)
    """Id, name and role of each member of every team."""
    status: int = 200
    refresh_status: int = 400
    requests: list[httpx.Request] = field(default_factory=list)
    answering: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.answering.set()

    @property
    def asked(self) -> list[str]:
        """The paths, in order."""
        return [request.url.path for request in self.requests]

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """One of its answers."""
        self.requests.append(request)
        await self.answering.wait()
        if request.method == "POST":
            return httpx.Response(self.refresh_status, json={"error": "invalid_grant"})
        if self.status != 200:
            return httpx.Response(self.status, json={"error": {"message": "…"}})
        known = self._known(request.url.path.strip("/").split("/"))
        return httpx.Response(404, json={"error": {"code": 2100}}) if known is None else known

    def _known(self, path: list[str]) -> httpx.Response | None:
        match path:
            case ["users", id] if self.knows_user:
                return _of("user", {"id": id, "name": "Ada Pager", "role": self.role})
            case ["services", id] if self.shows_service:
                teams = [
                    {"id": team, "type": "team_reference", "summary": name}
                    for team, name in self.teams.items()
                ]
                status = "disabled" if self.is_disabled else "active"
                return _of("service", {"id": id, "name": NAME, "status": status, "teams": teams})
            case ["teams", _, "members"]:
                members = [
                    {"user": {"id": id, "type": "user_reference", "summary": name}, "role": role}
                    for id, name, role in self.members
                ]
                return httpx.Response(200, json={"members": members, "more": False})
        return None


def _of(name: str, content: dict[str, Any]) -> httpx.Response:
    return httpx.Response(200, json={name: content})
