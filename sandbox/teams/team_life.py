"""What happens to a team after the installation: new names, new and deleted channels, people, its own end."""

from typing import Annotated, Self

from fastapi import HTTPException
from pydantic import BaseModel, ConfigDict, Field, model_validator

from sandbox.company import Person, Team
from sandbox.teams.conversations import Conversations
from sandbox.teams.deliveries import Deliveries
from sandbox.teams.state import Conversation, Json
from sandbox.teams.team_events import TeamEvents
from sandbox.teams.teams import Teams

_NAMED = frozenset({"teamrenamed", "channelrenamed", "channelcreated"})
_OF_A_CHANNEL = frozenset({"channelrenamed", "channeldeleted", "channelrestored"})
_OF_A_MEMBER = frozenset({"teammemberadded", "teammemberremoved"})


class TeamEvent(BaseModel):
    """An event of a team. ``event`` is sent as it is spelled; how it is spelled makes no difference here."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    team: str
    event: Annotated[str, Field(min_length=1)]
    channel: str | None = None
    """Id or name, of the events of a channel."""
    name: str = ""
    """The new name, of a renaming and of a new channel."""
    person: str | None = None
    """Who did it, or who came or went; None for nobody."""

    @model_validator(mode="after")
    def _names_what_it_is_about(self) -> Self:
        for name, kinds in (("name", _NAMED), ("channel", _OF_A_CHANNEL), ("person", _OF_A_MEMBER)):
            if self.kind in kinds and not getattr(self, name):
                raise ValueError(f'"{self.event}" needs a "{name}"')
        return self

    @property
    def kind(self) -> str:
        """The event in small letters, since its case does not count."""
        return self.event.lower()


class TeamLife:
    """Changes teams, and tells the bot where the app is installed. An unknown event changes nothing."""

    def __init__(self, conversations: Conversations, events: TeamEvents, deliveries: Deliveries) -> None:
        self._teams = Teams(conversations)
        self._events = events
        self._deliveries = deliveries

    async def happen(self, wanted: TeamEvent, team: Team, person: Person | None) -> Json:
        """Change the team and tell the bot: the statuses of its answers, and the channel it was about."""
        channel = self._channel_of(wanted, team)
        self._change(wanted, team, channel, person)
        if wanted.kind == "channelcreated":
            channel = self._teams.create_channel(team, wanted.name)
        about = {"channel": None if channel is None else channel.id}
        team = self._teams.with_name(team)
        if not self._teams.has_app(team):
            return {"statuses": [], **about}
        members = self._members(wanted, person)
        activity = self._events.event(person, team, wanted.event, channel=channel, members=members)
        return {"statuses": [await self._deliveries.deliver(activity)], **about}

    def _channel_of(self, wanted: TeamEvent, team: Team) -> Conversation | None:
        if wanted.channel is None:
            return None
        channel = self._teams.channel(team, wanted.channel)
        if channel is None:
            raise HTTPException(404, f"no channel {wanted.channel} in {team.name}")
        if channel.id == team.id and wanted.kind in _OF_A_CHANNEL:
            raise HTTPException(422, "General stays as it is as long as its team")
        return channel

    def _change(
        self, wanted: TeamEvent, team: Team, channel: Conversation | None, person: Person | None
    ) -> None:
        teams = self._teams
        match wanted.kind:
            case "teamrenamed":
                teams.rename(team, wanted.name)
            case "teamdeleted" | "teamharddeleted":
                teams.set_deleted(team, deleted=True)
            case "teamrestored":
                teams.set_deleted(team, deleted=False)
            case "teammemberadded" | "teammemberremoved" as kind if person is not None:
                teams.set_member(team, person, member=kind == "teammemberadded")
            case "channelrenamed" if channel is not None:
                teams.rename_channel(channel, wanted.name)
            case "channeldeleted" | "channelrestored" as kind if channel is not None:
                teams.set_channel_deleted(channel, deleted=kind == "channeldeleted")

    def _members(self, wanted: TeamEvent, person: Person | None) -> Json:
        """Who came or went; ``from`` is the same person, since nobody else is named."""
        if wanted.kind not in _OF_A_MEMBER or person is None:
            return {}
        key = "membersAdded" if wanted.kind == "teammemberadded" else "membersRemoved"
        return {key: [self._events.account(person)]}
