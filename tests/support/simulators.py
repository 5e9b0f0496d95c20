"""Clients of the simulators: PagerDuty's API, records, clicks, and faults on demand."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import httpx

P1, P2, P3 = "PPRIO01", "PPRIO02", "PPRIO03"
"""Priorities, the highest first."""
_MEETING = re.compile(r"19:meeting_[^/]+@thread\.v2")
"""A meeting's id, in the address to join by."""


class PagerDuty:
    """A client of the PagerDuty simulator: its REST API and its ``/_sandbox``."""

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

    async def monitor(self, title: str, *, service: str, **more: Any) -> str:
        """A new incident of monitoring's, with alerts; its id."""
        body = {"title": title, "service": service, **more}
        created = await self._call("POST", "/_sandbox/incidents", body)
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

    async def bridge(self, incident: str) -> Mapping[str, Any] | None:
        """Its conference bridge."""
        answer = await self._call("GET", f"/incidents/{incident}?include[]=conference_bridge")
        bridge: Mapping[str, Any] | None = answer["incident"]["conference_bridge"]
        return bridge

    async def notes(self, incident: str) -> list[str]:
        """The texts of its notes, the newest first."""
        notes = (await self._call("GET", f"/incidents/{incident}/notes"))["notes"]
        return [note["content"] for note in notes]

    async def changes(self, incident: str) -> list[tuple[str, str]]:
        """Every change of status that the API accepted for this incident: which user, which status."""
        writes = (await self.records())["writes"]
        changes = [w for w in writes if w["method"] == "PUT" and w["path"] == f"/incidents/{incident}"]
        return [
            (write["user"], write["body"]["incident"]["status"])
            for write in changes
            if write["status"] == 200 and "status" in write["body"]["incident"]
        ]

    async def refreshes(self, user: str) -> int:
        """How many times somebody got new tokens by this user's refresh token."""
        calls = (await self.records())["tokens"]
        return sum(
            call["grant_type"] == "refresh_token" and call["user"] == user and call["issued"]
            for call in calls
        )

    async def webhook_states(self, incident: str) -> dict[str, str]:
        """The states of this incident's webhooks by event type."""
        return {webhook["event_type"]: webhook["state"] for webhook in await self.webhooks(incident)}

    async def webhooks(self, incident: str) -> list[dict[str, Any]]:
        """This incident's webhooks, oldest first, with every attempt to deliver them."""
        webhooks = (await self.records())["webhooks"]
        return [webhook for webhook in webhooks if webhook["incident"] == incident]

    async def subscriptions(self) -> list[dict[str, Any]]:
        """The account's webhook subscriptions, oldest first, without their secrets."""
        found: list[dict[str, Any]] = (await self._call("GET", "/webhook_subscriptions"))[
            "webhook_subscriptions"
        ]
        return found

    async def subscribe(self, url: str, description: str, *events: str) -> None:
        """Somebody else's webhook subscription."""
        wanted = {
            "type": "webhook_subscription",
            "description": description,
            "events": events,
            "filter": {"type": "account_reference"},
            "delivery_method": {"type": "http_delivery_method", "url": url},
        }
        await self._call("POST", "/webhook_subscriptions", {"webhook_subscription": wanted})

    async def records(self) -> Mapping[str, Any]:
        """Everything that was written, asked and sent."""
        found: Mapping[str, Any] = await self._call("GET", "/_sandbox/records")
        return found

    async def send_webhook(self, event: Mapping[str, Any]) -> int:
        """Sign an event and deliver it once, before all that waits; the receiver's status."""
        answer = await self._call("POST", "/_sandbox/webhook", {"event": event})
        return int(answer["status"])

    async def fault(self, on: str, do: str, **more: Any) -> None:
        """Let something go wrong."""
        await self._call("POST", "/_sandbox/faults", {"on": on, "do": do, **more})

    async def clear_faults(self) -> None:
        """Remove all faults."""
        await self._call("DELETE", "/_sandbox/faults")

    async def advance(self, *, minutes: float) -> None:
        """Move the account's clock ahead."""
        await self._call("POST", "/_sandbox/clock", {"advance": minutes * 60})

    async def end_authorizations(self, user: str) -> None:
        """End every authorization of the app by this user: its tokens are dead at once."""
        await self._call("DELETE", f"/_sandbox/identity/delegations?user={user}")

    async def forget_allowances(self) -> None:
        """Ask every user again whether the app may authorize as them."""
        await self._call("DELETE", "/_sandbox/identity")

    async def _call(self, method: str, path: str, body: Any = None) -> Any:
        answer = await self._http.request(method, self._url + path, json=body, headers=self._headers)
        answer.raise_for_status()
        return answer.json() if answer.content else None


class Teams:
    """A client of the Teams simulator's ``/_sandbox``: records, clicks, faults."""

    def __init__(self, http: httpx.AsyncClient, ready: Mapping[str, Any]) -> None:
        self._http = http
        self._url = ready["teams"]

    async def cards(self, team: str, channel: str, incident: str) -> list[dict[str, Any]]:
        """The messages with a card of this incident, also the deleted ones."""
        return [
            message
            for conversation in (await self.records())["conversations"]
            if (conversation["team"], conversation["name"]) == (team, channel)
            for message in conversation["messages"]
            if message["to"] is message["reply_to"] is None and incident in str(message)
        ]

    async def chat(self, topic: str) -> str:
        """The id of the group chat with this topic."""
        chats = [chat for chat in (await self.records())["conversations"] if chat["kind"] == "group"]
        return next(str(chat["id"]) for chat in chats if chat["name"] == topic)

    async def records(self) -> Mapping[str, Any]:
        """Every conversation with its messages in all their versions, and every connector call."""
        found: Mapping[str, Any] = await self._call("GET", "records")
        return found

    async def calendar(self, person: str) -> list[dict[str, Any]]:
        """The entries of a person's calendar, their own and those to which they are invited."""
        answer = await self._http.get(f"{self._url}/page/calendar", params={"person": person})
        answer.raise_for_status()
        entries: list[dict[str, Any]] = answer.json()
        return entries

    async def has_meeting(self, address: str) -> bool:
        """Whether somebody who opens this address can join a meeting."""
        found = _MEETING.search(unquote(address))
        if found is None:
            return False
        answer = await self._http.get(f"{self._url}/page/meetings/{found[0]}")
        return answer.status_code == 200

    async def click(self, **click: Any) -> list[dict[str, Any]]:
        """Click a button as Teams would deliver it; one answer for each delivery."""
        answers: list[dict[str, Any]] = (await self._call("POST", "click", click))["answers"]
        return answers

    async def install(self, **installation: Any) -> list[int | None]:
        """Add the app to a team as a person would; the bot's answers to what Teams tells it."""
        statuses: list[int | None] = (await self._call("POST", "install", installation))["statuses"]
        return statuses

    async def uninstall(self, **removal: Any) -> list[int | None]:
        """Remove the app from a team as a person would; the bot's answers to what Teams tells it."""
        statuses: list[int | None] = (await self._call("POST", "uninstall", removal))["statuses"]
        return statuses

    async def upgrade(self, **upgrade: Any) -> list[int | None]:
        """Give a team the app's newer version; the bot's answers to what Teams tells it."""
        statuses: list[int | None] = (await self._call("POST", "upgrade", upgrade))["statuses"]
        return statuses

    async def happens(self, event: str, **more: Any) -> list[int | None]:
        """Let something happen to a team; the bot's answers to what Teams tells it."""
        answer = await self._call("POST", "team", {"event": event, **more})
        statuses: list[int | None] = answer["statuses"]
        return statuses

    async def allow_meetings(self, *, since: float = 1800) -> None:
        """A Teams admin has let the app make everybody's meetings, so many seconds ago."""
        await self._call("POST", "access-policy", {"person": None})
        await self._call("POST", "clock", {"advance": since})

    async def say(self, **message: Any) -> str:
        """Write a message to the bot; the message's id."""
        return str((await self._call("POST", "say", message))["id"])

    async def fault(self, on: str, do: str, **more: Any) -> None:
        """Let something go wrong."""
        await self._call("POST", "faults", {"on": on, "do": do, **more})

    async def clear_faults(self) -> None:
        """Remove all faults."""
        await self._call("DELETE", "faults")

    async def _call(self, method: str, path: str, body: Any = None) -> Any:
        answer = await self._http.request(method, f"{self._url}/_sandbox/{path}", json=body, timeout=120)
        answer.raise_for_status()
        return answer.json() if answer.content else None


class Microsoft:
    """A client of Microsoft's simulator: what the tenant consents to."""

    def __init__(self, http: httpx.AsyncClient, ready: Mapping[str, Any]) -> None:
        self._http = http
        self._url = ready["microsoft"]

    async def revoke_consent(self) -> None:
        """Take back whatever was granted."""
        (await self._http.delete(f"{self._url}/_sandbox/consent")).raise_for_status()

    async def revoke(self, *permissions: str) -> None:
        """Take these permissions back; tokens that were issued before still show them."""
        for one in permissions:
            (await self._http.delete(f"{self._url}/_sandbox/consent/{one}")).raise_for_status()

    async def grant(self, *, without: tuple[str, ...] = ()) -> None:
        """Grant what the registration asks for, but for these permissions."""
        (await self._http.post(f"{self._url}/_sandbox/consent/grant")).raise_for_status()
        await self.revoke(*without)
