"""``/_sandbox``: what tests do to teams, and how often and in which order the bot hears of it."""

from typing import Self

from fastapi import APIRouter, HTTPException
from pydantic import model_validator

from sandbox.teams.announcements import Announcement, Announcements
from sandbox.teams.chats import Chats
from sandbox.teams.conversations import Conversations
from sandbox.teams.installations import InstallationAnnouncement, Installations
from sandbox.teams.lookups import find_channel, find_chat, find_person, find_team
from sandbox.teams.state import Json
from sandbox.teams.team_event_request import TeamEventRequest
from sandbox.teams.team_life import TeamLife
from sandbox.teams.teams import Teams


class _Place(Announcement):
    """A team or a group chat of the person's, or neither for their own chat."""

    person: str
    team: str | None = None
    chat: str | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if self.team is not None and self.chat is not None:
            raise ValueError("name a team or a chat")
        return self


class Removal(_Place, InstallationAnnouncement):
    """Where to remove the bot from, and how it hears of it."""


class Installation(Removal):
    """Where to install the bot; ``channel`` is the id or name of the channel chosen, General without one."""

    channel: str | None = None


class Upgrade(_Place):
    """The team or group chat that gets the app's newer version."""

    @model_validator(mode="after")
    def _is_shared(self) -> Self:
        if self.team is None and self.chat is None:
            raise ValueError("name a team or a chat")
        return self


def teams_api_router(
    conversations: Conversations,
    installations: Installations,
    team_life: TeamLife,
    announcements: Announcements,
) -> APIRouter:
    """The routes under ``/_sandbox`` that install, upgrade, remove and change."""
    router = APIRouter(prefix="/_sandbox")
    teams, chats = Teams(conversations), Chats(conversations)

    async def tell(activities: list[Json]) -> Json:
        return {"statuses": await announcements.deliver(activities)}

    @router.post("/install")
    async def install(body: Installation) -> Json:
        person = find_person(conversations, body.person)
        if body.chat is not None:
            chat = find_chat(chats, body.chat, person)
            return await tell(installations.install_in_chat(person, chat, body))
        if body.team is None:
            installations.install_for(person)
            return await tell([])
        team = find_team(teams, body.team, person)
        channel = find_channel(teams, team, body.channel or team.id)
        return await tell(installations.install(person, team, channel, body))

    @router.post("/upgrade")
    async def upgrade(body: Upgrade) -> Json:
        person = find_person(conversations, body.person)
        if body.chat is not None:
            chat = find_chat(chats, body.chat, person)
            if not chat.has_app:
                raise HTTPException(409, "the app is not in this chat")
            return await tell(installations.upgrade_in_chat(person, chat, body))
        team = find_team(teams, body.team or "", person)
        if not teams.has_app(team):
            raise HTTPException(409, f"the app is not in {team.name}")
        return await tell(installations.upgrade(person, team, body))

    @router.post("/uninstall")
    async def uninstall(body: Removal) -> Json:
        person = find_person(conversations, body.person)
        if body.chat is not None:
            chat = find_chat(chats, body.chat, person)
            return await tell(installations.uninstall_from_chat(person, chat, body))
        if body.team is None:
            installations.uninstall_for(person)
            return await tell([])
        return await tell(installations.uninstall(person, find_team(teams, body.team, person), body))

    @router.post("/team")
    async def team_event(body: TeamEventRequest) -> Json:
        happened = team_life.happen(body)
        about = {"channel": None if happened.channel is None else happened.channel.id}
        return await tell(happened.activities) | about

    return router
