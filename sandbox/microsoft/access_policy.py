"""The Teams admin's application access policy for meetings: the Teams simulator has it and its clock."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx

from sandbox.company import Company

_POLICY = "/_sandbox/access-policy"
_CLOCK = "/_sandbox/clock"
_EVERYBODY = "everybody"
_HALF_AN_HOUR = timedelta(minutes=30)
_PATIENCE = 5
"""Seconds for an answer from this machine: people wait for the page."""


class TeamsAway(Exception):
    """The Teams simulator does not answer."""


@dataclass(frozen=True, kw_only=True)
class Organizer:
    """Somebody in whose name the app may make meetings."""

    name: str | None
    """None: everybody who has no grant of their own."""
    counts_from: datetime
    """By the clock of the Teams simulator, in UTC."""
    minutes_left: int
    """Until it counts, rounded up; 0: it counts."""


class AccessPolicy:
    """Reads and changes the policy; every method raises TeamsAway where there is no Teams."""

    def __init__(self, http: httpx.AsyncClient, teams_url: str | None, company: Company) -> None:
        self._http = http
        self._teams_url = teams_url
        self._company = company

    async def organizers(self) -> list[Organizer]:
        """Who may organize meetings by it, everybody first."""
        granted = (await self._ask("GET", _POLICY)).json()["counts_from"]
        now = datetime.fromisoformat((await self._ask("GET", _CLOCK)).json()["now"])
        found = [self._organizer(key, datetime.fromisoformat(at), now) for key, at in granted.items()]
        return sorted(found, key=lambda one: one.name or "")

    async def grant_to_everybody(self) -> None:
        """Grant it to the whole tenant; it counts half an hour later."""
        await self._ask("POST", _POLICY, {"person": None})

    async def take_back(self) -> None:
        """Take every grant back, at once."""
        await self._ask("DELETE", _POLICY)

    async def let_half_an_hour_pass(self) -> None:
        """Move the clock of the Teams simulator ahead: what was granted by now counts."""
        await self._ask("POST", _CLOCK, {"advance": _HALF_AN_HOUR.total_seconds()})

    def _organizer(self, key: str, counts_from: datetime, now: datetime) -> Organizer:
        person = self._company.person(key)
        name = None if key == _EVERYBODY else key if person is None else person.name
        left = max(timedelta(), counts_from - now)
        return Organizer(name=name, counts_from=counts_from, minutes_left=-(-left // timedelta(minutes=1)))

    async def _ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        if self._teams_url is None:
            raise TeamsAway
        try:
            answer = await self._http.request(
                method, f"{self._teams_url}{path}", json=body, timeout=_PATIENCE
            )
        except httpx.TransportError:
            raise TeamsAway from None
        return answer.raise_for_status()
