"""What happens to a team after the installation: names, channels, people, its own end."""

from dataclasses import dataclass

from fastapi import HTTPException

from sandbox.company import Person, Team
from sandbox.teams.announcements import Announcements
from sandbox.teams.conversations import Conversations
from sandbox.teams.lookups import find_person
from sandbox.teams.state import Conversation, Json
from sandbox.teams.team_event_request import (
    OF_A_CHANNEL,
    OF_A_CHANNEL_MEMBER,
    OF_A_TEAM_MEMBER,
    TeamEventRequest,
)
from sandbox.teams.team_events import TeamEvents
from sandbox.teams.teams import Teams


@dataclass(frozen=True, slots=True)
class Happened:
    """The channel that it was about, and what is to be delivered to the bot."""

    channel: Conversation | None
    activities: list[Json]


class TeamLife:
    """Changes teams, and tells the bot where the app is installed. An unknown event changes nothing."""

    def __init__(
        self, conversations: Conversations, events: TeamEvents, announcements: Announcements
    ) -> None:
        self._conversations = conversations
        self._teams = Teams(conversations)
        self._events = events
        self._announcements = announcements

    def happen(self, wanted: TeamEventRequest) -> Happened:
        """Change the team; raises the HTTP error that says what cannot be."""
        team = self._teams.find(wanted.team)
        if team is None:
            raise HTTPException(404, f"no team {wanted.team}")
        person = None if wanted.person is None else find_person(self._conversations, wanted.person)
        by = person if wanted.by is None else find_person(self._conversations, wanted.by)
        channel = self._channel_of(wanted, team)
        self._check(wanted, team, channel)
        # Whoever goes hears that they went: the app is asked for before the change and after it.
        heard = self._teams.has_app(team)
        heard_there = channel is not None and _is_heard_of(channel)
        channel = self._change(wanted, team, channel, person)
        if not heard or not (heard_there or channel is None or _is_heard_of(channel)):
            return Happened(channel, [])
        activity = self._events.event(
            None if wanted.by_nobody else by,
            self._teams.with_name(team),
            wanted.event,
            channel=channel,
            members=self._members(wanted, person),
        )
        return Happened(channel, self._announcements.due(team.id, [activity], wanted))

    def _channel_of(self, wanted: TeamEventRequest, team: Team) -> Conversation | None:
        if wanted.channel is None:
            return None
        channel = self._teams.channel(team, wanted.channel)
        if channel is None:
            raise HTTPException(404, f"no channel {wanted.channel} in {team.name}")
        return channel

    def _check(self, wanted: TeamEventRequest, team: Team, channel: Conversation | None) -> None:
        if channel is not None and channel.id == team.id and wanted.kind in OF_A_CHANNEL:
            raise HTTPException(422, "General stays as it is as long as its team")
        if channel is not None and channel.type == "standard" and wanted.kind in OF_A_CHANNEL_MEMBER:
            raise HTTPException(422, "a standard channel has the team's members and its app")
        if wanted.kind == "teamrestored" and self._teams.is_purged(team):
            raise HTTPException(422, f"{team.name} was deleted for good")
        if wanted.kind in {"channelcreated", "channelrenamed"}:
            same = self._teams.channel(team, wanted.name)
            if same is not None and same is not channel:
                raise HTTPException(409, f"{team.name} has a channel {wanted.name}, or had one")

    def _change(
        self, wanted: TeamEventRequest, team: Team, channel: Conversation | None, person: Person | None
    ) -> Conversation | None:
        """The channel that it was about, also a new one."""
        teams = self._teams
        match wanted.kind:
            case "teamrenamed":
                teams.rename(team, wanted.name)
            case "teamdeleted" | "teamrestored" as kind:
                teams.set_deleted(team, deleted=kind == "teamdeleted")
            case "teamharddeleted":
                teams.purge(team)
            case "teamarchived" | "teamunarchived" as kind:
                teams.set_archived(team, archived=kind == "teamarchived")
            case "teammemberadded" | "teammemberremoved" as kind if person is not None:
                teams.set_member(team, person, member=kind == "teammemberadded")
            case "channelcreated":
                return self._new_channel(wanted, team)
            case "channelrenamed" if channel is not None:
                teams.rename_channel(channel, wanted.name)
            case "channeldeleted" | "channelrestored" as kind if channel is not None:
                teams.set_channel_deleted(channel, deleted=kind == "channeldeleted")
            case "channelmemberadded" | "channelmemberremoved" as kind if channel is not None:
                comes = kind == "channelmemberadded"
                if person is None:
                    teams.set_channel_app(channel, has_app=comes)
                else:
                    teams.set_channel_member(channel, person, member=comes)
        return channel

    def _new_channel(self, wanted: TeamEventRequest, team: Team) -> Conversation:
        members = (
            list(self._teams.members(team))
            if wanted.members is None
            else [find_person(self._conversations, one).aad_object_id for one in wanted.members]
        )
        return self._teams.create_channel(team, wanted.name, wanted.type, members, has_app=wanted.has_app)

    def _members(self, wanted: TeamEventRequest, person: Person | None) -> Json:
        """Who came or went: a person, or without one the app of a channel."""
        if wanted.kind not in OF_A_TEAM_MEMBER | OF_A_CHANNEL_MEMBER:
            return {}
        key = "membersAdded" if wanted.kind.endswith("added") else "membersRemoved"
        return {key: [self._events.bot_account() if person is None else self._events.account(person)]}


def _is_heard_of(channel: Conversation) -> bool:
    """Whether the app hears of the channel, where the team has the app."""
    return channel.type == "standard" or channel.has_app
