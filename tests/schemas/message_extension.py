"""The form of an answer to a message extension (Microsoft: *Respond to search command*).

No schema of it is published. Every field that the documentation does not name is refused.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel

from tests.schemas.cards import check_card


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Thumbnail(_Form):
    title: str = Field(min_length=1)
    text: str = ""


class _Preview(_Form):
    contentType: Literal["application/vnd.microsoft.card.thumbnail", "application/vnd.microsoft.card.hero"]
    content: _Thumbnail


class _Attachment(_Form):
    contentType: Literal["application/vnd.microsoft.card.adaptive"]
    content: dict[str, Any]
    preview: _Preview


class _OpenUrl(_Form):
    type: Literal["openUrl"]
    title: str = Field(min_length=1)
    value: str = Field(pattern=r"^https?://")


class _SuggestedActions(_Form):
    actions: list[_OpenUrl] = Field(min_length=1)


class _Results(_Form):
    type: Literal["result"]
    attachmentLayout: Literal["list", "grid"]
    attachments: list[_Attachment]


class _SignIn(_Form):
    type: Literal["auth", "config"]
    suggestedActions: _SuggestedActions


class _Message(_Form):
    type: Literal["message"]
    text: str = Field(min_length=1)


class _Extension(RootModel[Annotated[_Results | _SignIn | _Message, Field(discriminator="type")]]):
    pass


class _Answer(_Form):
    composeExtension: _Extension


def check_extension_answer(body: Mapping[str, Any]) -> None:
    """Fail unless the answer has the form, and each of its cards is valid."""
    answer = _Answer.model_validate(body).composeExtension.root
    for attachment in answer.attachments if isinstance(answer, _Results) else ():
        check_card(attachment.content)
