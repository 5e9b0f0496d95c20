"""An activity from Teams, read once: everything that the edge and the bot derive from it.

Whatever is kept, sent or logged is bounded and has no control characters. What must be exact is refused where
it cannot be used as it is; a name is cleaned and clipped.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from muster.identifiers import Uuid, UuidOrNothing
from muster.values import NAME, one_line, teams_identifier


def _exact(value: Any) -> str:
    exact = teams_identifier(value)
    if exact is None:
        raise ValueError("it must be printable ASCII without spaces, and not too long")
    return exact


def _exact_or_nothing(value: Any) -> str | None:
    return None if value is None or value == "" else _exact(value)


def _name(value: Any) -> str | None:
    return one_line(value, NAME) or None


_THREAD_MARK = ";messageid="

Exact = Annotated[str, BeforeValidator(_exact)]
"""An id, or what is compared: it goes into headers, rows and logs as it is."""
ExactOrNothing = Annotated[str | None, BeforeValidator(_exact_or_nothing)]
Name = Annotated[str | None, BeforeValidator(_name)]
"""What people read: of another type it counts as missing."""


class _Envelope(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Tenant(_Envelope):
    id: Uuid


class _ChannelData(_Envelope):
    tenant: _Tenant | None = None


class _Conversation(_Envelope):
    id: Exact
    tenant_id: UuidOrNothing = Field(default=None, alias="tenantId")


class Sender(_Envelope):
    """Who sent it."""

    id: Exact
    aad_object_id: UuidOrNothing = Field(default=None, alias="aadObjectId")
    name: Name = None


class _Recipient(_Envelope):
    id: Exact


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
    def action(self) -> Mapping[str, Any] | None:
        """The pressed button's ``Action.Execute``; ``None`` where there is none, or none with a verb."""
        action = self.value.get("action") if isinstance(self.value, Mapping) else None
        if not isinstance(action, Mapping) or action.get("type") != "Action.Execute":
            return None
        verb = action.get("verb")
        return action if isinstance(verb, str) and verb else None
