"""An activity from Teams, read once: everything that the edge and the bot derive from it.

What every activity has must be right. What only a message or an event of a team has is dropped where it is
odd, and the rest of the activity counts all the same.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from api.bot.activity_fields import (
    Exact,
    ExactOrNothing,
    IfExact,
    IfUuid,
    Items,
    Moment,
    Name,
    OrDropped,
    Text,
)
from api.bot.answers import CARD
from muster.cards.incident.shared import REFRESH
from muster.identifiers import Uuid, UuidOrNothing
from workflows.verbs.button_data import is_shared

_THREAD_MARK = ";messageid="


class _Envelope(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Tenant(_Envelope):
    id: Uuid


class TeamReference(_Envelope):
    """The team that it is about."""

    id: Exact
    aad_group_id: IfUuid = Field(default=None, alias="aadGroupId")
    name: Name = None


class ChannelReference(_Envelope):
    """The channel that it is about."""

    id: Exact
    name: Name = None
    type: IfExact = Field(default=None, validation_alias=AliasChoices("type", "membershipType"))
    """``standard``, ``private`` or ``shared``, in whatever case; of a standard one Teams often tells none.
    Graph calls it ``membershipType``."""


class _Settings(_Envelope):
    selected_channel: Annotated[ChannelReference | None, OrDropped] = Field(
        default=None, alias="selectedChannel"
    )


class _ChannelData(_Envelope):
    tenant: _Tenant | None = None
    team: Annotated[TeamReference | None, OrDropped] = None
    channel: Annotated[ChannelReference | None, OrDropped] = None
    event_type: IfExact = Field(default=None, alias="eventType")
    settings: Annotated[_Settings | None, OrDropped] = None


class _Conversation(_Envelope):
    id: Exact
    tenant_id: UuidOrNothing = Field(default=None, alias="tenantId")
    kind: IfExact = Field(default=None, alias="conversationType")
    name: Name = None
    """The topic of a group chat that has one."""


class Sender(_Envelope):
    """Who sent it."""

    id: Exact
    aad_object_id: UuidOrNothing = Field(default=None, alias="aadObjectId")
    name: Name = None


class _Recipient(_Envelope):
    id: Exact
    name: Name = None


class _Member(_Envelope):
    id: IfExact = None


class Mention(_Envelope):
    """Somebody or something that a message names with an ``@``."""

    type: IfExact = None
    mentioned: Annotated[_Member | None, OrDropped] = None
    text: Text = ""
    """As it stands in the message: ``<at>Muster</at>``."""


class _Attachment(_Envelope):
    content_type: IfExact = Field(default=None, alias="contentType")


class InboundActivity(_Envelope):
    """The envelope of an activity from Teams. Fields that Teams adds are ignored."""

    id: ExactOrNothing = None
    type: Exact
    name: ExactOrNothing = None
    channel_id: Literal["msteams"] = Field(alias="channelId")
    service_url: Exact = Field(alias="serviceUrl")
    sender: Sender = Field(alias="from")
    recipient: _Recipient
    conversation: _Conversation
    channel_data: _ChannelData | None = Field(default=None, alias="channelData")
    reply_to_id: ExactOrNothing = Field(default=None, alias="replyToId")
    """The message that it is about."""
    value: Any = None
    text: Text = ""
    timestamp: Moment = None
    entities: Annotated[tuple[Mention, ...], Items] = ()
    attachments: Annotated[tuple[_Attachment, ...], Items] = ()
    install_action: IfExact = Field(default=None, alias="action")
    """Of an ``installationUpdate``: ``add``, ``remove``, ``add-upgrade``, ``remove-upgrade``."""
    members_added: Annotated[tuple[_Member, ...], Items] = Field(default=(), alias="membersAdded")
    members_removed: Annotated[tuple[_Member, ...], Items] = Field(default=(), alias="membersRemoved")

    topic_name: Name = Field(default=None, alias="topicName")
    """What a chat is called from now on."""

    @property
    def at(self) -> datetime:
        """When it happened; now, where Teams does not say."""
        return self.timestamp or datetime.now(UTC)

    @property
    def team(self) -> TeamReference | None:
        """The team that it is about. Nothing else names one: a conversation's id may be that of a channel."""
        return self.channel_data.team if self.channel_data else None

    @property
    def channel(self) -> ChannelReference | None:
        """The channel that an event is about."""
        return self.channel_data.channel if self.channel_data else None

    @property
    def selected_channel(self) -> str | None:
        """The channel that was chosen at an installation."""
        settings = self.channel_data.settings if self.channel_data else None
        return settings.selected_channel.id if settings and settings.selected_channel else None

    @property
    def event_type(self) -> str | None:
        """Teams' word for what happened to a team, in whatever case."""
        return self.channel_data.event_type if self.channel_data else None

    @property
    def is_private(self) -> bool:
        """Whether one person alone reads it and its answer."""
        return self.conversation.kind == "personal"

    @property
    def is_shared(self) -> bool:
        """Whether it comes from a channel or group chat. Of no kind: nobody knows."""
        return self.team is not None or self.conversation.kind in ("channel", "groupChat")

    @property
    def membership(self) -> Literal["private", "shared"] | None:
        """Why its channel has members of its own; ``None``: it has its team's, or is a chat."""
        told = self.channel.type.casefold() if self.channel and self.channel.type else None
        return "private" if told == "private" else "shared" if told == "shared" else None

    @property
    def mentions(self) -> tuple[Mention, ...]:
        """Who is named in its text, in order."""
        return tuple(entity for entity in self.entities if entity.type == "mention")

    def is_bot(self, member: str | None) -> bool:
        """Whether this id of Teams is that of the bot, to which the activity is addressed."""
        return member is not None and member.casefold() == self.recipient.id.casefold()

    @property
    def adds_bot(self) -> bool:
        """Whether the bot is among those who came."""
        return any(self.is_bot(one.id) for one in self.members_added)

    @property
    def removes_bot(self) -> bool:
        """Whether the bot is among those who went."""
        return any(self.is_bot(one.id) for one in self.members_removed)

    @property
    def tenant(self) -> str | None:
        """The Entra tenant it comes from."""
        if self.channel_data is not None and self.channel_data.tenant is not None:
            return self.channel_data.tenant.id
        return self.conversation.tenant_id

    @property
    def conversation_id(self) -> str:
        """The conversation without its thread: the id of a channel carries it (``…;messageid=…``)."""
        return self.conversation.id.partition(";")[0]

    @property
    def thread(self) -> str | None:
        """The message that its thread begins with; ``None`` in a conversation without threads."""
        return self.conversation.id.partition(_THREAD_MARK)[2] or None

    @property
    def is_invoke(self) -> bool:
        """Whether Teams waits for an answer to show."""
        return self.type == "invoke"

    @property
    def is_card_action(self) -> bool:
        """Whether somebody pressed a button of a card, or Teams refreshes one."""
        return self.is_invoke and self.name == "adaptiveCard/action"

    @property
    def is_extension(self) -> bool:
        """Whether it comes from a message extension, whose answers have a form of their own."""
        return self.is_invoke and (self.name or "").startswith("composeExtension/")

    @property
    def shares_card(self) -> bool:
        """Whether it is a message with a card, which people send by an app's search alone."""
        return self.type == "message" and any(one.content_type == CARD for one in self.attachments)

    @property
    def is_shared_card(self) -> bool:
        """Whether it is about a card that somebody shared, as its data say."""
        data = self.action.get("data") if self.is_card_action and self.action is not None else None
        return isinstance(data, Mapping) and is_shared(data)

    @property
    def is_refresh(self) -> bool:
        """Whether Teams asks for a newer picture of a shared card: nobody did anything."""
        return self.is_shared_card and self.action is not None and self.action.get("verb") == REFRESH

    @property
    def is_in_a_place_of_the_bot(self) -> bool:
        """Whether its conversation is one that the bot is or was in.

        People search and share in any conversation, in private chats of two among them.
        """
        return not (self.is_extension or self.is_shared_card)

    @property
    def action(self) -> Mapping[str, Any] | None:
        """The pressed button's ``Action.Execute``; ``None`` where there is none, or none with a verb."""
        action = self.value.get("action") if isinstance(self.value, Mapping) else None
        if not isinstance(action, Mapping) or action.get("type") != "Action.Execute":
            return None
        verb = action.get("verb")
        return action if isinstance(verb, str) and verb else None
