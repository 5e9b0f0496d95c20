"""The request bodies of the connector, validated before an operation runs."""

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sandbox.teams.card_actions import ADAPTIVE_CARD
from sandbox.teams.errors import bad_argument, bad_syntax, message_too_big
from sandbox.teams.state import Json

MESSAGE_LIMIT = 100 * 1024
"""The most bytes of a message; Teams counts them in UTF-16."""


class _Body(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)


class SentAttachment(_Body):
    """An attachment; the content of an Adaptive Card attachment must be a card."""

    contentType: str
    content: Any = None

    @model_validator(mode="after")
    def _card_is_a_card(self) -> "SentAttachment":
        if self.contentType == ADAPTIVE_CARD and not (
            isinstance(self.content, dict) and self.content.get("type") == "AdaptiveCard"
        ):
            raise ValueError("the content of an Adaptive Card attachment must be of type AdaptiveCard")
        return self


class SentActivity(_Body):
    """A message with a text or an attachment, or a typing activity."""

    type: Literal["message", "typing"]
    text: str = ""
    attachments: tuple[SentAttachment, ...] = ()

    @model_validator(mode="after")
    def _has_content(self) -> "SentActivity":
        if self.type == "message" and not self.text and not self.attachments:
            raise ValueError("a message needs a text or an attachment")
        return self


class _Reference(_Body):
    id: str


class ConversationChannelData(_Body):
    """The channel and the tenant of a new conversation."""

    channel: _Reference | None = None
    tenant: _Reference | None = None


class ConversationParameters(_Body):
    """A conversation to open: a thread in a channel, or a chat with one person."""

    members: Annotated[tuple[_Reference, ...], Field(max_length=1)] = ()
    tenantId: str | None = None
    channelData: ConversationChannelData = ConversationChannelData()
    activity: SentActivity | None = None

    @model_validator(mode="after")
    def _names_one_place(self) -> "ConversationParameters":
        if self.channelData.channel is None and not self.members:
            raise ValueError("name a channel in channelData.channel.id or one person in members")
        if self.channelData.channel is not None and self.activity is None:
            raise ValueError("a thread in a channel needs its first activity")
        return self

    @property
    def tenant(self) -> str | None:
        """The tenant, from ``tenantId`` or from the channel data."""
        return self.tenantId or (self.channelData.tenant.id if self.channelData.tenant else None)


def parse_json(raw: bytes) -> Json:
    """The body as an object; raises MessageSizeTooBig or BadSyntax."""
    try:
        text = raw.decode()
        if len(text.encode("utf-16-le")) > MESSAGE_LIMIT:
            raise message_too_big(MESSAGE_LIMIT)
        body = json.loads(text)
    except ValueError:
        raise bad_syntax("The body is not JSON.") from None
    if not isinstance(body, dict):
        raise bad_syntax("The body is not an object.")
    return body


def parse_activity(body: Json) -> SentActivity:
    """The activity in the body; raises BadSyntax."""
    try:
        return SentActivity.model_validate(body)
    except ValidationError as error:
        raise bad_syntax(_first_problem(error)) from None


def parse_recipient(body: Json) -> str:
    """The ``29:`` id of the person of a targeted message; raises BadArgument."""
    match body.get("recipient"):
        case {"id": str(teams_id)} if teams_id:
            return teams_id
        case _:
            raise bad_argument("A targeted message needs a recipient.")


def check_no_recipient(body: Json) -> None:
    """A targeted message stays its person's: an edit or a deletion names nobody; raises BadArgument."""
    if body.get("recipient") is not None:
        raise bad_argument("The recipient of a targeted message cannot be named again.")


def parse_parameters(body: Json) -> ConversationParameters:
    """The conversation parameters in the body; raises BadSyntax."""
    try:
        return ConversationParameters.model_validate(body)
    except ValidationError as error:
        raise bad_syntax(_first_problem(error)) from None


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in problem["loc"])
    return f"{place}: {problem['msg']}" if place else problem["msg"]
