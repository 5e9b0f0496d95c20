"""What people do in Teams beside talking: open chats, search, share what was found, see it anew, click.

Every person is named by AAD object id or e-mail, every conversation and message by its id.
"""

from dataclasses import dataclass
from typing import Any

import httpx

from sandbox.company import Company, Person, Team

Json = dict[str, Any]


@dataclass(frozen=True)
class Found:
    """What a person who searched sees."""

    kind: str
    """``results``, ``message``, ``sign_in`` or ``error``."""
    results: list[Json]
    """The attachments, each with its preview; ``Chats.share`` takes one."""
    text: str
    """Of a message or an error."""
    action: Json | None
    """``title`` and ``url`` of a sign-in."""
    problem: str | None
    """What is wrong with the form of the bot's answer."""
    status: int | None
    body: Any
    ms: int

    @property
    def titles(self) -> list[str]:
        """The titles of the previews, in their order."""
        return [str(one["preview"]["content"].get("title", "")) for one in self.results]


@dataclass(frozen=True)
class Shared:
    """A result that a person shared."""

    message: str
    offers_app: bool
    """Whether Teams offers to add the app, since it is not in the conversation."""


@dataclass(frozen=True)
class Clicked:
    """The bot's answers to a click, one a delivery; none where Teams offers to add the app instead."""

    answers: list[Json]
    offers_app: bool


class Chats:
    """A client of the Teams simulator's ``/_sandbox``, at ``url`` or at the base of ``http``."""

    def __init__(self, http: httpx.AsyncClient, url: str = "") -> None:
        self._http = http
        self._url = url

    async def open(
        self, person: str, *people: str, topic: str | None = None, meeting: bool = False, app: bool = False
    ) -> str:
        """Open a chat of these people, with ``app`` also of the bot's; the chat's id."""
        opened = await self.post(
            "chats", {"person": person, "people": people, "topic": topic, "meeting": meeting}
        )
        chat = str(opened["chat"])
        if app:
            await self.add_app(person, chat)
        return chat

    async def add_app(self, person: str, chat: str, **how: Any) -> list[int | None]:
        """Add the bot to the chat; its answers to what it is told. ``how`` as at ``/_sandbox/install``."""
        return await self._statuses("install", {"person": person, "chat": chat, **how})

    async def remove_app(self, person: str, chat: str, **how: Any) -> list[int | None]:
        """Remove the bot from the chat; its answers to what Teams tells it."""
        return await self._statuses("uninstall", {"person": person, "chat": chat, **how})

    async def add(self, chat: str, *people: str, by: str | None = None, **how: Any) -> list[int | None]:
        """Add people; the bot's answers to what Teams tells it."""
        body = {"chat": chat, "event": "membersAdded", "people": people, "by": by, **how}
        return await self._statuses("chat", body)

    async def remove(self, chat: str, *people: str, by: str | None = None, **how: Any) -> list[int | None]:
        """Remove people; the bot's answers to what Teams tells it."""
        body = {"chat": chat, "event": "membersRemoved", "people": people, "by": by, **how}
        return await self._statuses("chat", body)

    async def rename(self, chat: str, topic: str, by: str | None = None, **how: Any) -> list[int | None]:
        """Give the chat another topic; the bot's answers to what Teams tells it."""
        body = {"chat": chat, "event": "topicName", "topic": topic, "by": by, **how}
        return await self._statuses("chat", body)

    async def search(self, person: str, conversation: str, query: str = "") -> Found:
        """Type this into the search of the conversation; nothing: open the search."""
        body = {"person": person, "conversation": conversation, "query": query}
        return Found(**await self.post("search", body))

    async def share(
        self, person: str, conversation: str, result: Json, reply_to: str | None = None
    ) -> Shared:
        """Share one of the results as the person's own message."""
        body = {"person": person, "conversation": conversation, "result": result, "reply_to": reply_to}
        return Shared(**await self.post("share", body))

    async def visit(self, person: str, conversation: str) -> list[Json]:
        """See the conversation: the cards that Teams asked for anew, and the answers.

        Each is ``message``, ``status``, ``body``, ``ms``.
        """
        seen = await self.post("visit", {"person": person, "conversation": conversation})
        refreshed: list[Json] = seen["refreshed"]
        return refreshed

    async def pass_time(self, seconds: float) -> None:
        """Make looks and targeted messages so much older."""
        await self.post("clock", {"advance": seconds})

    async def click(self, person: str, conversation: str, message: str, verb: str, **more: Any) -> Clicked:
        """Click a button, also of a shared message. ``more`` as at ``/_sandbox/click``."""
        body = {"person": person, "conversation": conversation, "message": message, "verb": verb, **more}
        return Clicked(**await self.post("click", body))

    async def shown(self, person: str, conversation: str) -> list[Json]:
        """The conversation's messages as this person's page shows them."""
        answer = await self._http.get(
            f"{self._url}/page/conversations/{conversation}/messages", params={"person": person}
        )
        answer.raise_for_status()
        messages: list[Json] = answer.json()["messages"]
        return messages

    async def post(self, path: str, body: Json) -> Json:
        """The answer of ``/_sandbox/{path}``; raises ``httpx.HTTPStatusError`` for a refusal."""
        answer = await self._http.post(f"{self._url}/_sandbox/{path}", json=body, timeout=60)
        answer.raise_for_status()
        told: Json = answer.json()
        return told

    async def _statuses(self, path: str, body: Json) -> list[int | None]:
        statuses: list[int | None] = (await self.post(path, body))["statuses"]
        return statuses


def crowded(company: Company, more: int) -> Company:
    """The company with so many more people, who are in every team: ``crowd1@acme.example`` and so on."""
    crowd = tuple(_one_of_many(number) for number in range(1, more + 1))
    ids = tuple(person.aad_object_id for person in crowd)
    teams = tuple(_with_members(team, ids) for team in company.teams)
    return company.model_copy(update={"people": (*company.people, *crowd), "teams": teams})


def _one_of_many(number: int) -> Person:
    return Person(
        name=f"Crowd {number}",
        email=f"crowd{number}@acme.example",
        aad_object_id=f"00000000-0000-4000-8000-{number:012}",
        teams_id=f"29:1crowd{number:04}",
        pagerduty_user=None,
        role="",
        job_title="Colleague",
        linked=False,
        access_token="",
    )


def _with_members(team: Team, more: tuple[str, ...]) -> Team:
    return team.model_copy(update={"members": (*team.members, *more)})
