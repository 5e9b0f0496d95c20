"""An activity from Teams, read once: everything that the edge and the bot derive from it."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _text_or_nothing(value: Any) -> str | None:
    return value if isinstance(value, str) else None


Text = Annotated[str | None, BeforeValidator(_text_or_nothing)]
"""What is not needed to let an activity in: of another type it counts as missing."""


class _Envelope(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Tenant(_Envelope):
    id: str


class _ChannelData(_Envelope):
    tenant: _Tenant | None = None


class _Conversation(_Envelope):
    id: str = Field(min_length=1)
    tenant_id: str | None = Field(default=None, alias="tenantId")


class Sender(_Envelope):
    """Who sent it."""

    id: str
    aad_object_id: Text = Field(default=None, alias="aadObjectId")
    name: Text = None


class _Recipient(_Envelope):
    id: str


class InboundActivity(_Envelope):
    """The envelope of an activity from Teams. Fields that Teams adds are ignored."""

    id: Text = None
    type: str = Field(min_length=1)
    name: str | None = None
    channel_id: Literal["msteams"] = Field(alias="channelId")
    service_url: str = Field(alias="serviceUrl", min_length=1)
    sender: Sender = Field(alias="from")
    recipient: _Recipient
    conversation: _Conversation
    channel_data: _ChannelData | None = Field(default=None, alias="channelData")
    reply_to_id: Text = Field(default=None, alias="replyToId")
    """The message that it is about."""
    value: Any = None

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
    def is_invoke(self) -> bool:
        """Whether Teams waits for an answer to show."""
        return self.type == "invoke"

    @property
    def is_card_action(self) -> bool:
        """Whether somebody pressed a button of a card, or Teams refreshes one."""
        return self.is_invoke and self.name == "adaptiveCard/action"

    @property
    def action(self) -> Mapping[str, Any] | None:
        """The pressed button's ``Action.Execute``; ``None`` where there is none, or none with a verb."""
        action = self.value.get("action") if isinstance(self.value, Mapping) else None
        if not isinstance(action, Mapping) or action.get("type") != "Action.Execute":
            return None
        verb = action.get("verb")
        return action if isinstance(verb, str) and verb else None
