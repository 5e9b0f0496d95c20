"""An incident is found, shared, followed in a chat, acted on there and stopped; its channel's card agrees."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import httpx
import pytest

from muster.cards.incident.following import FOLLOWS
from sandbox.up.supervision.launch import Launched
from tests.support.connections import KEPT_SHORTLY, async_client
from tests.support.product import running
from tests.support.simulators import PagerDuty, Teams
from tests.support.waiting import eventually

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

_WITHIN = 30


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    with running(tmp_path_factory.mktemp("following")) as stack:
        yield stack


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with async_client(timeout=60, limits=KEPT_SHORTLY) as http:
        yield http


class Chat:
    """A group chat of two linked people, in which the bot is not."""

    def __init__(self, http: httpx.AsyncClient, stack: Launched, people: list[str]) -> None:
        self._http = http
        self._url = f"{stack.ready['teams']}/_sandbox"
        self._teams = Teams(http, stack.ready)
        self._people = people
        self.id = ""

    async def opens(self) -> None:
        body = {"person": self._people[0], "people": self._people[1:], "topic": "What is slow?"}
        self.id = str((await self._post("chats", body))["chat"])

    async def finds_and_shares(self, person: str, words: str) -> Mapping[str, Any]:
        """Search from the box to write in, and share the one result; what Teams says of the message."""
        found = await self._post("search", {"person": person, "conversation": self.id, "query": words})
        (result,) = found["body"]["composeExtension"]["attachments"]
        body = {"person": person, "conversation": self.id, "result": result}
        shared: Mapping[str, Any] = await self._post("share", body)
        return shared

    async def gets_the_bot(self, person: str) -> None:
        await self._post("install", {"person": person, "chat": self.id})

    async def clicks(self, person: str, message: str, verb: str) -> Mapping[str, Any]:
        """What the person sees."""
        (answer,) = await self._teams.click(
            person=person, conversation=self.id, message=message, verb=verb, data=None
        )
        assert answer["status"] == 200, answer
        body: Mapping[str, Any] = answer["body"]
        return body

    async def posted(self) -> list[dict[str, Any]]:
        """The bot's cards of incidents, which have an *as of* and are nobody's picture."""
        conversations = (await self._teams.records())["conversations"]
        here = next(one for one in conversations if one["id"] == self.id)
        return [one for one in here["messages"] if _verbs(one) is not None]

    async def _post(self, path: str, body: Mapping[str, Any]) -> Any:
        answer = await self._http.post(f"{self._url}/{path}", json=body)
        answer.raise_for_status()
        return answer.json()


def _card(message: Mapping[str, Any]) -> Mapping[str, Any] | None:
    attachments = message["versions"][-1]["activity"].get("attachments", [])
    return attachments[0]["content"] if attachments else None


def _verbs(message: Mapping[str, Any]) -> set[str] | None:
    """Of the buttons of a card that is no picture."""
    card = _card(message)
    if card is None or "refresh" in card or "as of" not in json.dumps(card):
        return None
    actions = [action for one in card["body"] if one["type"] == "ActionSet" for action in one["actions"]]
    return {action["verb"] for action in actions if action["type"] == "Action.Execute"}


def _text(message: Mapping[str, Any]) -> str:
    return json.dumps(_card(message), ensure_ascii=False)


async def test_an_incident_is_shared_followed_acted_on_and_stopped_in_a_chat(
    stack: Launched, http: httpx.AsyncClient
) -> None:
    linked = [person["email"] for person in stack.ready["people"] if person["linked"]]
    others = [person["email"] for person in stack.ready["people"] if not person["linked"]]
    ada = linked[0]
    chat, teams = Chat(http, stack, [ada, *linked[1:], *others]), Teams(http, stack.ready)
    pagerduty = PagerDuty(http, stack.ready)
    incident = await pagerduty.trigger("Search is slow in eu-west-1")
    number = (await pagerduty.incident(incident))["incident_number"]
    await chat.opens()

    shared = await chat.finds_and_shares(ada, str(number))
    assert shared["offers_app"], "the bot is not in the chat yet"
    await chat.gets_the_bot(ada)
    assert (await chat.clicks(ada, shared["message"], "follow"))["value"] == FOLLOWS

    async def is_live() -> bool:
        return any(
            _verbs(one) == {"acknowledge", "resolve", "create_chat", "create_meeting", "stop_following"}
            for one in await chat.posted()
        )

    await eventually(is_live, within=_WITHIN)
    (card,) = await chat.posted()

    async def is_answered_with_its_link() -> bool:
        """The row knows the message a moment after Teams has it."""
        answer = await chat.clicks(ada, shared["message"], "follow")
        return card["id"] in json.dumps(answer["value"])

    await eventually(is_answered_with_its_link, within=_WITHIN)

    await chat.clicks(ada, card["id"], "acknowledge")

    async def agree() -> bool:
        (here,) = await chat.posted()
        (in_channel,) = await teams.cards("Payments", "ops", incident)
        return all("Acknowledged" in _text(one) for one in (here, in_channel))

    await eventually(agree, within=_WITHIN)
    (in_channel,) = await teams.cards("Payments", "ops", incident)
    assert _verbs(in_channel) == {"resolve", "create_meeting", "create_chat"}, "a connection brings it there"

    (card,) = await chat.posted()
    await chat.clicks(ada, card["id"], "stop_following")

    async def is_stopped() -> bool:
        (here,) = await chat.posted()
        return _verbs(here) == set() and "Not followed here any more" in _text(here)

    await eventually(is_stopped, within=_WITHIN)
    await pagerduty.update(incident, status="resolved")

    async def is_resolved_in_the_channel() -> bool:
        (there,) = await teams.cards("Payments", "ops", incident)
        return "Resolved" in _text(there)

    await eventually(is_resolved_in_the_channel, within=_WITHIN)
    (here,) = await chat.posted()
    assert "Resolved" not in _text(here)

    assert (await chat.clicks(ada, shared["message"], "follow"))["value"] == FOLLOWS

    async def has_another() -> bool:
        return len(await chat.posted()) == 2

    await eventually(has_another, within=_WITHIN)
    assert "Resolved" in _text((await chat.posted())[-1]), "the final state, in a message of its own"
