"""``/_sandbox``: what tests do to teams, and how often and in which order the bot hears of it."""

from typing import Annotated

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from sandbox.teams.conversations import Conversations
from sandbox.teams.installations import Announcement, Installations, Only, Order
from sandbox.teams.lookups import find_channel, find_person, find_team
from sandbox.teams.state import Json
from sandbox.teams.team_life import TeamEvent, TeamLife
from sandbox.teams.teams import Teams


class Removal(BaseModel):
    """Where to remove the bot from, a team or without one the person's own chat, and how it hears of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    person: str
    team: str | None = None
    repeat: Annotated[int, Field(ge=1, le=4)] = 1
    order: Order = "conversation_update_first"
    by_nobody: bool = False
    only: Only | None = None

    @property
    def announcement(self) -> Announcement:
        """How the bot hears of it."""
        return Announcement(repeat=self.repeat, order=self.order, by_nobody=self.by_nobody, only=self.only)


class Installation(Removal):
    """Where to install the bot; ``channel`` is the id or name of the channel chosen, General without one."""

    channel: str | None = None


def teams_api_router(
    conversations: Conversations, installations: Installations, team_life: TeamLife
) -> APIRouter:
    """The routes under ``/_sandbox`` that install, remove and change."""
    router = APIRouter(prefix="/_sandbox")
    teams = Teams(conversations)

    @router.post("/install")
    async def install(body: Installation) -> Json:
        person = find_person(conversations, body.person)
        if body.team is None:
            installations.install_for(person)
            return {"statuses": []}
        team = find_team(teams, body.team, person)
        channel = find_channel(teams, team, body.channel or team.id)
        activities = installations.install(person, team, channel, body.announcement)
        return {"statuses": await installations.deliver(activities)}

    @router.post("/uninstall")
    async def uninstall(body: Removal) -> Json:
        person = find_person(conversations, body.person)
        if body.team is None:
            installations.uninstall_for(person)
            return {"statuses": []}
        team = find_team(teams, body.team, person)
        activities = installations.uninstall(person, team, body.announcement)
        return {"statuses": await installations.deliver(activities)}

    @router.post("/team")
    async def team_event(body: TeamEvent) -> Json:
        team = teams.find(body.team)
        if team is None:
            raise HTTPException(404, f"no team {body.team}")
        person = None if body.person is None else find_person(conversations, body.person)
        return await team_life.happen(body, team, person)

    return router
