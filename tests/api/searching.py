"""Searching as Teams does, and PagerDuty as it lists incidents to each person."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from muster.store import link_offers
from muster.store.pool import Pool
from tests.api.rights import PagerDuty
from tests.api.team_bot import CHANNEL, TEAM, Bot, RecordingGateway, activity
from tests.schemas.message_extension import check_extension_answer
from tests.support import bodies
from tests.support.company import TENANT
from workflows.account_link.workflow_type import ACCOUNT_LINK

CHAT_OF_TWO = "19:ada_bo@unq.gbl.spaces"
GROUP_CHAT = "19:somewhere@thread.v2"
CREATED = datetime(2026, 11, 1, 10, 0, tzinfo=UTC)


def listed(number: int, title: str = "Checkout latency", **changes: Any) -> dict[str, Any]:
    """An incident as the REST API lists it; later numbers were created later."""
    at = (CREATED + timedelta(minutes=number)).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = bodies.incident(
        id=f"Q{number:04}",
        html_url=f"https://acme.pagerduty.com/incidents/Q{number:04}",
        title=title,
        created_at=at,
        updated_at=at,
        last_status_change_at=at,
        last_status_change_by=bodies.ADA_BODY,
    )
    del body["number"], body["assignees"]
    assigned = [{"at": at, "assignee": bodies.BO_BODY}]
    return body | {"incident_number": number, "assignments": assigned} | changes


@dataclass
class Searchable(PagerDuty):
    """Lists its incidents, to whose token they are shown."""

    incidents: list[dict[str, Any]] = field(default_factory=list)
    hidden: dict[str, set[int]] = field(default_factory=dict)
    """Numbers that it shows nobody with this token."""
    failing: set[str] = field(default_factory=set)
    """Tokens for which it does not work."""

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """One of its answers."""
        self.requests.append(request)
        await self.answering.wait()
        if request.method == "POST":
            return httpx.Response(self.refresh_status, json={"error": "invalid_grant"})
        if self.status != 200:
            return httpx.Response(self.status, json={"error": {"message": "…"}})
        token = request.headers["authorization"].removeprefix("Bearer ")
        if token in self.failing:
            return httpx.Response(503)
        shown = [one for one in self.incidents if one["incident_number"] not in self.hidden.get(token, ())]
        match request.url.path.strip("/").split("/"):
            case ["incidents"]:
                statuses = request.url.params.get_list("statuses[]")
                found = [one for one in reversed(shown) if one["status"] in statuses]
                return httpx.Response(200, json={"incidents": found, "more": False})
            case ["incidents", number]:
                for one in shown:
                    if number in (str(one["incident_number"]), one["id"]):
                        return httpx.Response(200, json={"incident": one})
        return httpx.Response(404, json={"error": {"code": 2100}})


class OfferingGateway(RecordingGateway):
    """Its runs make the row of an offer for whoever asks, as ``AccountLink`` does."""

    def __init__(self, pool: Pool) -> None:
        super().__init__()
        self._pool = pool
        self.offers = True

    async def ask(
        self, row: Any, start: Any, update: Any, message: Any, *, update_id: str, answer_by: float
    ) -> Any:
        answer = await super().ask(row, start, update, message, update_id=update_id, answer_by=answer_by)
        if row is ACCOUNT_LINK and self.offers:
            await link_offers.make_personal(
                self._pool,
                tenant=start.tenant,
                person=start.person.aad_object_id,
                account=start.account,
                request=message.key,
                life=timedelta(hours=1),
            )
        return answer


def searched(text: str | None, *, place: str = "channel", skip: int = 0, **changes: Any) -> dict[str, Any]:
    """Ada types this into the search box; ``None``: Teams runs the command before anything is typed."""
    named = {"name": "initialRun", "value": "true"} if text is None else {"name": "query", "value": text}
    value = {
        "commandId": "findIncident",
        "parameters": [named],
        "queryOptions": {"skip": skip, "count": 25},
    }
    whole = activity(
        "invoke", name="composeExtension/query", value=value, conversation=conversation_of(place)
    )
    data: dict[str, Any] = {"tenant": {"id": TENANT}}
    if place == "channel":
        data |= {"team": {"id": TEAM}, "channel": {"id": CHANNEL}}
    return whole | {"channelData": data} | changes


def conversation_of(place: str) -> dict[str, str]:
    """``channel``, ``chat`` with a group, or ``two``: a private chat of two people."""
    id, kind = {
        "channel": (CHANNEL, "channel"),
        "chat": (GROUP_CHAT, "groupChat"),
        "two": (CHAT_OF_TWO, "personal"),
    }[place]
    return {"id": id, "conversationType": kind, "tenantId": TENANT}


async def answer_to(bot: Bot, whole: Mapping[str, Any]) -> dict[str, Any]:
    """What the search box shows: its form is checked whatever it is."""
    answer = await bot.post(dict(whole))
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    check_extension_answer(body)
    extension: dict[str, Any] = body["composeExtension"]
    return extension


async def found(bot: Bot, text: str | None, **where: Any) -> list[str]:
    """The titles in the list."""
    extension = await answer_to(bot, searched(text, **where))
    assert extension["type"] == "result", extension
    return [one["preview"]["content"]["title"] for one in extension["attachments"]]


async def told(bot: Bot, text: str | None, **where: Any) -> str:
    """The sentence in the place of a list."""
    extension = await answer_to(bot, searched(text, **where))
    assert extension["type"] == "message", extension
    return str(extension["text"])


def refreshed(card: Mapping[str, Any], *, place: str = "channel", **changes: Any) -> dict[str, Any]:
    """Teams asks for a newer picture of this card for Ada, who looks at it."""
    value = {"action": card["refresh"]["action"], "trigger": "automatic"}
    whole = activity(
        "invoke",
        name="adaptiveCard/action",
        replyToId="1700000000777",
        conversation=conversation_of(place),
        channelData={"tenant": {"id": TENANT}},
        value=value,
    )
    return whole | changes
