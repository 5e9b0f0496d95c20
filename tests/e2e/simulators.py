"""Both simulators' other side: PagerDuty's API, what was sent and written, and faults on demand."""

from collections.abc import Mapping
from typing import Any

import httpx

P1, P2, P3 = "PPRIO01", "PPRIO02", "PPRIO03"
"""Priorities, the highest first."""


class PagerDuty:
    """The account, by its REST API and its records."""

    def __init__(self, http: httpx.AsyncClient, ready: Mapping[str, Any]) -> None:
        self._http = http
        self._url = ready["pagerduty"]
        self._headers = {
            "Authorization": f"Token token={ready['pagerduty_token']}",
            "Accept": "application/vnd.pagerduty+json;version=2",
            "From": ready["pagerduty_user"],
        }
        self.checkout = ready["service"]
        """The service of one channel, Payments › ops."""
        self.ledger = ready["service_two_channels"]
        """The service of two channels, Payments › ops and Platform › alerts."""

    async def trigger(self, title: str, *, service: str | None = None, priority: str | None = None) -> str:
        """A new incident; its id."""
        incident: dict[str, Any] = {"type": "incident", "title": title}
        incident["service"] = {"type": "service_reference", "id": service or self.checkout}
        if priority:
            incident["priority"] = {"type": "priority_reference", "id": priority}
        created = await self._call("POST", "/incidents", {"incident": incident})
        return str(created["incident"]["id"])

    async def update(self, incident: str, **changes: Any) -> None:
        """Change it as Ada."""
        body = {"incident": {"type": "incident_reference", **changes}}
        await self._call("PUT", f"/incidents/{incident}", body)

    async def add_note(self, incident: str, text: str) -> None:
        """Write a note as Ada."""
        await self._call("POST", f"/incidents/{incident}/notes", {"note": {"content": text}})

    async def incident(self, incident: str) -> Mapping[str, Any]:
        """The incident as it is."""
        found: Mapping[str, Any] = (await self._call("GET", f"/incidents/{incident}"))["incident"]
        return found

    async def changes(self, incident: str) -> list[tuple[str, str]]:
        """Every change of status that the API accepted for this incident: which user, which status."""
        writes = (await self._call("GET", "/_sandbox/records"))["writes"]
        changes = [w for w in writes if w["method"] == "PUT" and w["path"] == f"/incidents/{incident}"]
        return [
            (write["user"], write["body"]["incident"]["status"])
            for write in changes
            if write["status"] == 200 and "status" in write["body"]["incident"]
        ]

    async def webhook_states(self, incident: str) -> dict[str, str]:
        """What became of this incident's webhooks, by event type."""
        webhooks = (await self._call("GET", "/_sandbox/records"))["webhooks"]
        return {w["event_type"]: w["state"] for w in webhooks if w["incident"] == incident}

    async def fault(self, on: str, do: str, **more: Any) -> None:
        """Let something go wrong."""
        await self._call("POST", "/_sandbox/faults", {"on": on, "do": do, **more})

    async def clear_faults(self) -> None:
        """All is well again."""
        await self._call("DELETE", "/_sandbox/faults")

    async def advance(self, *, minutes: float) -> None:
        """Let the account's clock run ahead."""
        await self._call("POST", "/_sandbox/clock", {"advance": minutes * 60})

    async def _call(self, method: str, path: str, body: Any = None) -> Any:
        answer = await self._http.request(method, self._url + path, json=body, headers=self._headers)
        answer.raise_for_status()
        return answer.json() if answer.content else None


class TeamsRecords:
    """Everything that Muster sent to Teams."""

    def __init__(self, http: httpx.AsyncClient, ready: Mapping[str, Any]) -> None:
        self._http = http
        self._url = ready["teams"]

    async def cards(self, team: str, channel: str, incident: str) -> list[dict[str, Any]]:
        """The messages with a card of this incident, whether they live or were deleted."""
        answer = await self._http.get(f"{self._url}/_sandbox/records")
        return [
            message
            for conversation in answer.json()["conversations"]
            if (conversation["team"], conversation["name"]) == (team, channel)
            for message in conversation["messages"]
            if message["reply_to"] is None and incident in str(message)
        ]
