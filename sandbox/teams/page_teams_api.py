"""``/page``: what a person does to a team on the page. The bot hears of it in the background."""

from typing import Literal

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict

from sandbox.teams.announcements import Announcements
from sandbox.teams.conversations import Conversations
from sandbox.teams.installations import Installations
from sandbox.teams.lookups import find_channel, find_person, find_team
from sandbox.teams.state import ChannelType
from sandbox.teams.team_event_request import TeamEventRequest
from sandbox.teams.team_life import TeamLife
from sandbox.teams.teams import Teams

Event = Literal[
    "teamRenamed",
    "teamArchived",
    "teamUnarchived",
    "teamDeleted",
    "teamRestored",
    "teamHardDeleted",
    "teamMemberAdded",
    "teamMemberRemoved",
    "channelCreated",
    "channelRenamed",
    "channelDeleted",
    "channelRestored",
    "channelMemberAdded",
    "channelMemberRemoved",
]
_WHILE_ARCHIVED = frozenset(
    {
        "teamUnarchived",
        "teamDeleted",
        "teamRestored",
        "teamHardDeleted",
        "teamMemberAdded",
        "teamMemberRemoved",
    }
)
"""What Teams still offers of an archived team."""


class InTeam(BaseModel):
    """The person upgrades the app in a team or removes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    person: str
    team: str


class InChannel(InTeam):
    """The person adds the app to a team, with this channel chosen in the dialog."""

    channel: str


class Change(InTeam):
    """The person changes the team. ``member`` comes or goes: None for the app, in a channel."""

    event: Event
    channel: str | None = None
    name: str = ""
    type: ChannelType = "standard"
    member: str | None = None


def page_teams_router(
    conversations: Conversations,
    installations: Installations,
    team_life: TeamLife,
    announcements: Announcements,
) -> APIRouter:
    """The routes of the page about teams."""
    router = APIRouter(prefix="/page")
    teams = Teams(conversations)

    @router.post("/install", status_code=204)
    async def install(body: InChannel) -> None:
        person = find_person(conversations, body.person)
        team = find_team(teams, body.team, person)
        channel = find_channel(teams, team, body.channel)
        announcements.deliver_in_background(installations.install(person, team, channel))

    @router.post("/upgrade", status_code=204)
    async def upgrade(body: InTeam) -> None:
        person = find_person(conversations, body.person)
        team = find_team(teams, body.team, person)
        announcements.deliver_in_background(installations.upgrade(person, team))

    @router.post("/uninstall", status_code=204)
    async def uninstall(body: InTeam) -> None:
        person = find_person(conversations, body.person)
        team = find_team(teams, body.team, person)
        announcements.deliver_in_background(installations.uninstall(person, team))

    @router.post("/team", status_code=204)
    async def change(body: Change) -> None:
        person = find_person(conversations, body.person)
        team = teams.find(body.team)
        if team is None:
            raise HTTPException(404, f"no team {body.team}")
        if not teams.has_member(team, person):
            raise HTTPException(403, f"{person.name} is not in {team.name}")
        if teams.is_archived(team) and body.event not in _WHILE_ARCHIVED:
            raise HTTPException(403, f"{team.name} is archived")
        wanted = TeamEventRequest(
            team=team.id,
            event=body.event,
            channel=body.channel,
            name=body.name,
            type=body.type,
            person=body.member,
            by=body.person,
        )
        announcements.deliver_in_background(team_life.happen(wanted).activities)

    return router
