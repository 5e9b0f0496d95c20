"""What the edge itself reads of an activity; the rest goes to the bot as it came."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Tenant(_Part):
    id: str


class _ChannelData(_Part):
    tenant: _Tenant | None = None


class _Conversation(_Part):
    id: str = Field(min_length=1)
    tenant_id: str | None = Field(default=None, alias="tenantId")


class _Account(_Part):
    id: str


class InboundActivity(_Part):
    """The envelope of an activity from Teams. Fields that Teams adds are ignored."""

    type: str = Field(min_length=1)
    name: str | None = None
    channel_id: Literal["msteams"] = Field(alias="channelId")
    service_url: str = Field(alias="serviceUrl", min_length=1)
    sender: _Account = Field(alias="from")
    recipient: _Account
    conversation: _Conversation
    channel_data: _ChannelData | None = Field(default=None, alias="channelData")
    value: Any = None

    @property
    def tenant(self) -> str | None:
        """The Entra tenant it comes from."""
        if self.channel_data is not None and self.channel_data.tenant is not None:
            return self.channel_data.tenant.id
        return self.conversation.tenant_id

    @property
    def is_invoke(self) -> bool:
        """Whether Teams waits for an answer to show."""
        return self.type == "invoke"

    @property
    def is_card_action(self) -> bool:
        """Whether somebody pressed a button of a card, or Teams refreshes one."""
        return self.is_invoke and self.name == "adaptiveCard/action"

    @property
    def has_verb(self) -> bool:
        """Whether a card action is complete: an ``Action.Execute`` with a verb."""
        match self.value:
            case {"action": {"type": "Action.Execute", "verb": str(verb)}}:
                return bool(verb)
            case _:
                return False
