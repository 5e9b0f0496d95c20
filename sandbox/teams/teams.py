"""The teams as they are now: their names, channels and members, and whether the bot is in them."""

import uuid

from sandbox.company import Person, Team
from sandbox.teams.conversations import Conversations
from sandbox.teams.state import ChannelType, Conversation, State


class Teams:
    """Reads and changes teams and channels. A team is deleted with its channels, and restored with them."""

    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations
        self._roster = conversations.roster

    @property
    def all(self) -> list[Team]:
        """Every team, also those that were deleted, by the names that they have now."""
        return [self.with_name(team) for team in self._roster.company.teams]

    def with_name(self, team: Team) -> Team:
        """The team by the name that it has now."""
        return team.model_copy(update={"name": self._state.team_names.get(team.id, team.name)})

    def find(self, key: str) -> Team | None:
        """The team with this thread id, AAD group id or name, or None."""
        return next((t for t in self.all if key in (t.id, t.aad_group_id, t.name)), None)

    def of(self, conversation: Conversation) -> Team | None:
        """The team of a channel; None for a chat."""
        team = self._roster.team_of(conversation)
        return None if team is None else self.with_name(team)

    def seen_by(self, person: Person) -> list[Team]:
        """The teams with a channel that this person is a member of, without those that were deleted."""
        return [t for t in self.all if not self.is_deleted(t) and self._shows(t, person)]

    def restorable_by(self, person: Person) -> list[Team]:
        """The deleted teams that this person, a member, can restore."""
        return [
            t for t in self.all if self.is_deleted(t) and not self.is_purged(t) and self.has_member(t, person)
        ]

    def members(self, team: Team) -> list[str]:
        """AAD object ids. General, whose id is the team's, has the team's members."""
        return self._state.conversations[team.id].members

    def has_member(self, team: Team, person: Person) -> bool:
        """Whether the person is in the team."""
        return person.aad_object_id in self.members(team)

    def has_app(self, team: Team) -> bool:
        """Whether the app is installed, also where the team was deleted with it."""
        return team.id in self._state.installed_teams

    def has_bot(self, team: Team) -> bool:
        """Whether the bot is in the team's roster."""
        return self._conversations.bot_is_in(self._state.conversations[team.id])

    def is_deleted(self, team: Team) -> bool:
        """Whether the team was deleted."""
        return team.id in self._state.deleted_teams

    def is_purged(self, team: Team) -> bool:
        """Whether the team was deleted for good."""
        return team.id in self._state.purged_teams

    def is_archived(self, team: Team) -> bool:
        """Whether the team can only be read."""
        return team.id in self._state.archived_teams

    def channels(self, team: Team) -> list[Conversation]:
        """The team's channels, General first, without those that were deleted."""
        return [c for c in self._channels(team) if not c.deleted]

    def deleted_channels(self, team: Team) -> list[Conversation]:
        """The team's channels that were deleted."""
        return [c for c in self._channels(team) if c.deleted]

    def channel(self, team: Team, key: str) -> Conversation | None:
        """The channel of this team with this id or name, also a deleted one; or None."""
        return next((c for c in self._channels(team) if key in (c.id, c.name)), None)

    def enter(self, team: Team) -> None:
        """Add the bot to the team's roster."""
        self._state.installed_teams.add(team.id)
        self._conversations.lists_changed()

    def leave(self, team: Team) -> None:
        """Remove the bot from the team's roster, and from its private and shared channels."""
        for channel in self._channels(team):
            channel.has_app = False
        self._state.installed_teams.discard(team.id)
        self._conversations.lists_changed()

    def rename(self, team: Team, name: str) -> None:
        """Give the team another name."""
        self._state.team_names[team.id] = name
        self._conversations.lists_changed()

    def set_deleted(self, team: Team, *, deleted: bool) -> None:
        """Delete the team, or restore it."""
        (self._state.deleted_teams.add if deleted else self._state.deleted_teams.discard)(team.id)
        self._conversations.lists_changed()

    def purge(self, team: Team) -> None:
        """Delete the team for good, and the app with it."""
        self._state.purged_teams.add(team.id)
        self.set_deleted(team, deleted=True)
        self.leave(team)

    def set_archived(self, team: Team, *, archived: bool) -> None:
        """Archive the team, or let people write there again."""
        (self._state.archived_teams.add if archived else self._state.archived_teams.discard)(team.id)
        self._conversations.lists_changed()

    def create_channel(
        self, team: Team, name: str, type_: ChannelType, members: list[str], *, has_app: bool
    ) -> Conversation:
        """A new channel of these members, by AAD object id."""
        channel = Conversation(
            id=f"19:{uuid.uuid4().hex}@thread.tacv2",
            kind="channel",
            name=name,
            team=team.id,
            members=members,
            type=type_,
            has_app=has_app,
        )
        self._state.conversations[channel.id] = channel
        self._conversations.lists_changed()
        return channel

    def rename_channel(self, channel: Conversation, name: str) -> None:
        """Give the channel another name."""
        channel.name = name
        self._conversations.lists_changed()

    def set_channel_deleted(self, channel: Conversation, *, deleted: bool) -> None:
        """Delete the channel, or restore it."""
        channel.deleted = deleted
        self._conversations.lists_changed()

    def set_member(self, team: Team, person: Person, *, member: bool) -> None:
        """Add the person to every standard channel of the team, or remove them; from private ones too."""
        for channel in self._channels(team):
            if channel.type == "standard" or (channel.type == "private" and not member):
                _set_member(channel, person, member=member)
        self._conversations.lists_changed()

    def set_channel_member(self, channel: Conversation, person: Person, *, member: bool) -> None:
        """Add the person to a private or shared channel, or remove them."""
        _set_member(channel, person, member=member)
        self._conversations.lists_changed()

    def set_channel_app(self, channel: Conversation, *, has_app: bool) -> None:
        """Add the app to a private or shared channel, or remove it."""
        channel.has_app = has_app
        self._conversations.lists_changed()

    def _shows(self, team: Team, person: Person) -> bool:
        return any(person.aad_object_id in c.members for c in self.channels(team))

    def _channels(self, team: Team) -> list[Conversation]:
        return [c for c in self._state.conversations.values() if c.team == team.id]

    @property
    def _state(self) -> State:
        return self._conversations.state


def _set_member(channel: Conversation, person: Person, *, member: bool) -> None:
    if person.aad_object_id in channel.members:
        channel.members.remove(person.aad_object_id)
    if member:
        channel.members.append(person.aad_object_id)
