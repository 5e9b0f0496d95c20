"""The chat that is made for an incident, as people and Microsoft's records see it."""

import uuid
from collections import Counter
from typing import Any
from urllib.parse import quote

from temporalio.client import WorkflowExecutionDescription

from muster.cards.incident.room import JOIN_CHAT
from tests.chaos.company import ACCOUNT, BO_EMAIL, DI_EMAIL, Company, Incident
from tests.chaos.made_chats import chats_of
from tests.support.waiting import eventually


async def made_for(incident: Incident, *, asker: str = DI_EMAIL) -> "Room":
    """The incident's chat, asked for on its card, with everything in it."""
    room = Room(incident, asker=asker)
    await room.ask()
    await room.is_complete()
    return room


class Room:
    """The room of an incident."""

    def __init__(self, incident: Incident, *, asker: str = DI_EMAIL) -> None:
        self.incident = incident
        self.company: Company = incident.company
        self.asker = asker
        self.members = (BO_EMAIL, asker)
        """Bo is on call."""

    async def ask(self, place: str | None = None) -> str:
        """Somebody presses **Create Chat** in the channel or in another place; what the answer says."""
        (answer,) = await self.incident.click("create_chat", by=self.asker, place=place)
        return str(answer["body"]["value"])

    async def run(self) -> WorkflowExecutionDescription:
        """The latest run of its workflow."""
        name = f"room/{ACCOUNT}/{self.incident.id}"
        return await self.company.temporal.get_workflow_handle(name).describe()

    async def row(self) -> dict[str, Any] | None:
        rows = await self.company.rows("SELECT * FROM incident_room WHERE incident_id = $1", self.incident.id)
        return dict(rows[0]) if rows else None

    async def has(self, column: str) -> bool:
        """Whether the row says that this was done."""
        row = await self.row()
        return row is not None and row[column] is not None

    async def is_complete(self, *, within: float = 60) -> None:
        """Wait until everything is done; from here on the incident is followed in its chat too."""

        async def done() -> bool:
            row = await self.row()
            if row is None or row["stage"] != "made" or not (row["shown_at"] and row["noted_at"]):
                return False
            present = await self.company.rows(
                "SELECT FROM room_member WHERE incident_id = $1 AND in_chat", self.incident.id
            )
            return len(present) == len(self.members) and "made" in str(row["told"])

        await eventually(done, within=within)
        row = await self.row()
        assert row is not None
        if row["chat"] not in self.incident.chats:
            self.incident.chats.append(row["chat"])
        await self.incident.shown_and_recorded()

    async def is_deleted(self) -> None:
        """Somebody deletes the chat that the room knows."""
        row = await self.row()
        assert row is not None
        records = await self.company.teams.records()
        if row["chat"] not in self.incident.chats:
            self.incident.chats.append(row["chat"])
        self.incident.deleted_chats += [one for one in records["conversations"] if one["id"] == row["chat"]]
        await self.company.graph.delete_chat(row["chat"])

    async def goes_on(self) -> None:
        """What somebody writes is shown in the chat and wherever else the incident is."""
        text = f"Written as {uuid.uuid4().hex}"
        await self.incident.note(text)
        await self.incident.agrees(text)

    async def is_joined_from(self, place: str | None = None) -> bool:
        """Whether the card in the channel, or in another place, leads to the chat."""
        row, card = await self.row(), str((await self.incident.card(place))["versions"][-1])
        return row is not None and JOIN_CHAT in card and row["url"] in card

    async def calls(self, method: str, ending: str) -> list[dict[str, Any]]:
        """Graph's calls whose path ends so, in this incident's chat where it is one of a chat."""
        row = await self.row() or {}
        calls = (await self.company.teams.records())["graph_calls"]
        return [
            one
            for one in calls
            if one["method"] == method
            and one["path"].endswith(ending)
            and (ending == "/chats" or str(row.get("chat")) in one["path"])
        ]

    async def chats(self) -> list[dict[str, Any]]:
        """Chats that are called as the incident is."""
        number = (await self.company.pagerduty.incident(self.incident.id))["incident_number"]
        return chats_of(await self.company.teams.records(), number)

    async def violations(self) -> list[str]:
        """Every promise about the room that does not hold."""
        broken: list[str] = []
        row, chats = await self.row(), await self.chats()
        if row is None or row["stage"] != "made":
            return ["15: the room has no chat"]
        if [one["id"] for one in chats] != [row["chat"]]:
            broken.append(f"15: there are {len(chats)} chats, the room knows {row['chat']}")
        people = {one["email"]: one["aad_object_id"] for one in self.company.people}
        wanted = Counter(people[email] for email in self.members)
        for chat in chats:
            if Counter(chat["members"]) != wanted:
                broken.append(f"15: in the chat are {chat['members']}")
        notes = await self.company.pagerduty.notes(self.incident.id)
        deleted = [quote(one["id"], safe="") for one in self.incident.deleted_chats]
        told = [
            one
            for one in notes
            if one.startswith("Microsoft Teams chat: ") and not any(chat in one for chat in deleted)
        ]
        if told != [f"Microsoft Teams chat: {row['url']}"]:
            broken.append(f"15: the notes are {told}")
        return broken
