"""A group chat with the bot in it: what people do there about an incident, and what is said there."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

from temporalio.client import WorkflowExecutionStatus

from muster.cards.incident.following import FOLLOWED_ALREADY, FOLLOWS
from muster.cards.incident.shared import FOLLOW
from tests.chaos.company import ACCOUNT, BO_EMAIL, DI_EMAIL, NO_CHANNEL, Company, Incident, QuietPlace
from tests.support.waiting import eventually
from workflows.ids import ChannelIncidentId


class Chat:
    """A chat of Bo, Di and perhaps others."""

    def __init__(self, company: Company, id: str) -> None:
        self.company = company
        self.id = id

    @classmethod
    async def opened(cls, company: Company, *people: str) -> "Chat":
        """Di opens it for Bo and these people, and adds the bot."""
        return cls(company, await company.chats.open(DI_EMAIL, BO_EMAIL, *people, app=True))

    # What people do in it

    async def share(self, incident: Incident) -> str:
        """Di looks for the incident by its number and shares the picture; its message."""
        number = (await self.company.pagerduty.incident(incident.id))["incident_number"]
        found = await self.company.chats.search(DI_EMAIL, self.id, str(number))
        (result,) = found.results
        return (await self.company.chats.share(DI_EMAIL, self.id, result)).message

    async def follow(self, incident: Incident, *, by: Sequence[str] = (DI_EMAIL,)) -> str:
        """Di shares the incident, and these people press **Follow here** at once; the picture's message.

        Each of them is told that it is followed.
        """
        picture = await self.share(incident)
        clicked = await asyncio.gather(
            *(self.company.chats.click(person, self.id, picture, FOLLOW) for person in by)
        )
        incident.chats.append(self.id)
        for (answer,) in (one.answers for one in clicked):
            assert answer["status"] == 200, answer
            assert any(told in str(answer["body"]) for told in (FOLLOWS, FOLLOWED_ALREADY)), answer
        return picture

    async def choose(self, preset: str) -> None:
        """Di writes ``updates`` with this preset: how much is said from now on beside the card."""
        await self.company.teams.say(person=DI_EMAIL, conversation=self.id, text=f"updates {preset}")
        await eventually(partial(self._reads, f"chose **{preset}**"))

    async def loses_the_bot(self) -> None:
        """Di removes it."""
        assert await self.company.chats.remove_app(DI_EMAIL, self.id) == [200, 200]

    async def gets_the_bot(self) -> None:
        """Di adds it."""
        assert await self.company.chats.add_app(DI_EMAIL, self.id) == [200, 200]

    async def seen_anew(self, picture: str) -> list[str]:
        """What Bo gets instead of the picture who sees the chat."""
        refreshed = await self.company.chats.visit(BO_EMAIL, self.id)
        return [str(one["body"]) for one in refreshed if one["message"] == picture]

    # What is in it

    async def living(self) -> list[str]:
        """Ids of the messages that nobody deleted."""
        return [message["id"] for message in await self._messages() if not message["deleted_at"]]

    async def shows(self, incident: Incident, text: str) -> bool:
        """Whether the incident's card holds the text now."""
        return text in str((await incident.card(self.id))["versions"][-1])

    async def is_over(self, incident: Incident) -> bool:
        """Whether the run of the incident's card has ended."""
        run = self.company.temporal.get_workflow_handle(await self._run_of(incident))
        return (await run.describe()).status is WorkflowExecutionStatus.COMPLETED

    async def _reads(self, text: str) -> bool:
        return any(text in str(message["versions"][-1]) for message in await self._messages())

    async def _messages(self) -> list[dict[str, Any]]:
        records = await self.company.teams.records()
        (found,) = (one for one in records["conversations"] if one["id"] == self.id)
        return list(found["messages"])

    async def _run_of(self, incident: Incident) -> str:
        (row,) = await self.company.rows("SELECT key FROM conversation WHERE id = $1", self.id)
        return str(ChannelIncidentId(ACCOUNT, incident.id, row["key"]))


async def chat_to_follow_in(company: Company) -> QuietPlace:
    """A new chat; an incident begins that is in no channel, and is followed there."""
    chat = await Chat.opened(company)

    async def begins() -> Incident:
        incident = await company.incident(service=NO_CHANNEL)
        await chat.follow(incident)
        return incident

    return QuietPlace(chat.id, begins)
