"""The simulator's state: conversations, messages, installations, recorded calls."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.teams.calendar_state import CalendarEntry, OnlineMeeting

Json = dict[str, Any]
Kind = Literal["channel", "personal", "group"]
ChannelType = Literal["standard", "private", "shared"]


def timestamp() -> str:
    """The current time as Teams writes it: UTC with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Version(BaseModel):
    """The content of a message from the time ``at``."""

    model_config = ConfigDict(frozen=True)

    at: str
    activity: Json


class Message(BaseModel):
    """One message with all its versions."""

    model_config = ConfigDict(frozen=True)

    id: str
    reply_to: str | None = None
    """In a channel the id of the thread's first message."""
    author: str | None = None
    """AAD object id of the person, or None for the bot."""
    to: str | None = None
    """AAD object id of the one person who sees a targeted message; None for everybody."""
    expires_at: datetime | None = None
    """When a targeted message is gone, by the clock that tests move."""
    created_at: str
    deleted_at: str | None = None
    gone_answer: int = 404
    """What the bot's edits and deletes get once the message is deleted: 404, or 403 where a person did it."""
    versions: tuple[Version, ...]
    private_cards: dict[str, Json] = Field(default_factory=dict)
    """By person, the card that the bot answered to their click; they see it until the next edit."""
    refreshed_at: dict[str, datetime] = Field(default_factory=dict)
    """By person, when their client last got the card or asked for a newer one, by the clock of ages."""

    @property
    def activity(self) -> Json:
        """The latest content."""
        return self.versions[-1].activity

    @property
    def thread(self) -> str:
        """The id of the first message of the thread."""
        return self.reply_to or self.id

    def is_for(self, person: str) -> bool:
        """Whether this person, by AAD object id, may know of the message."""
        return self.to in (None, person)

    def is_shown_to(self, person: str) -> bool:
        """Whether their page has a place for it; of a deleted targeted message nothing is left."""
        return self.is_for(person) and (self.to is None or self.deleted_at is None)


class Conversation(BaseModel):
    """A channel or a chat."""

    id: str
    kind: Kind
    name: str
    """Of a group chat the topic, empty where it has none."""
    team: str | None = None
    """Id of the channel's team."""
    members: list[str]
    """AAD object ids; the bot is not among them."""
    deleted: bool = False
    """Whether the channel was deleted; it can be restored."""
    type: ChannelType = "standard"
    """A private or shared channel has members of its own; a chat is of the first type."""
    has_app: bool = False
    """Whether the app was added to this private or shared channel, or to this group chat."""
    meeting: str | None = None
    """Id of the meeting whose chat it is."""
    guests: set[str] = Field(default_factory=set)
    """Members who are guests of the tenant, by AAD object id."""
    histories: dict[str, str] = Field(default_factory=dict)
    """By AAD object id, from when a member of a group chat sees its messages; else from its beginning."""
    created_at: str = Field(default_factory=timestamp)
    changed_at: str = Field(default_factory=timestamp)
    """When people last came, went, or the topic changed."""
    installation: str | None = None
    """Id of the app's installation in this group chat, where Graph made it."""
    messages: list[Message] = Field(default_factory=list)

    def message(self, message_id: str) -> Message | None:
        """The message with this id, also if it is deleted; or None."""
        return next((m for m in reversed(self.messages) if m.id == message_id), None)

    def replace(self, message: Message) -> None:
        """Replace the message that has the same id."""
        places = reversed(range(len(self.messages)))
        self.messages[next(place for place in places if self.messages[place].id == message.id)] = message


class Call(BaseModel):
    """One request to the connector."""

    at: str
    method: str
    path: str
    conversation: str | None = None
    status: int | None = None
    """The status of the operation, also if the bot got another answer or none."""
    ms: int = 0
    fault: str | None = None


class State(BaseModel):
    """The whole state; ``sandbox.teams.snapshot`` says which parts are kept on disk."""

    format: Literal[1] = 1
    last_message_id: int = 0
    clock_ahead: timedelta = timedelta()
    """How far tests have moved the clock of ages."""
    installed_teams: set[str] = Field(default_factory=set)
    """Ids of the teams whose roster the bot is in."""
    team_names: dict[str, str] = Field(default_factory=dict)
    """The names of renamed teams, by id."""
    deleted_teams: set[str] = Field(default_factory=set)
    """Ids of the teams that were deleted; a team can be restored, with the bot in it."""
    purged_teams: set[str] = Field(default_factory=set)
    """Ids of the deleted teams that nobody can restore any more."""
    archived_teams: set[str] = Field(default_factory=set)
    """Ids of the teams that people and bots can only read."""
    held_events: dict[str, list[Json]] = Field(default_factory=dict)
    """By team or group chat, what the bot hears after its next event."""
    personal_installs: set[str] = Field(default_factory=set)
    """People who have the bot without a team: they installed it or wrote to it."""
    closed_chats: set[str] = Field(default_factory=set)
    """Personal chats from which the bot was removed."""
    conversations: dict[str, Conversation] = Field(default_factory=dict)
    unread: dict[str, dict[str, int]] = Field(default_factory=dict)
    """By person and conversation."""
    calls: list[Call] = Field(default_factory=list)
    """Of the connector."""
    graph_calls: list[Call] = Field(default_factory=list)
    """Of Graph, about chats, calendars and meetings."""
    calendar: dict[str, CalendarEntry] = Field(default_factory=dict)
    """The entries of all calendars, by id, the oldest first."""
    meetings: dict[str, OnlineMeeting] = Field(default_factory=dict)
    """Online meetings, by the id of their chat."""
    access_policies: dict[str, datetime] = Field(default_factory=dict)
    """When the app's access to online meetings was granted, by the clock: for a person, or ``""`` for all."""
