"""Read a bot's answer to a search, as Teams reads it (msteams-docs, *respond-to-search*)."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sandbox.teams.bot_endpoint import BotAnswer
from sandbox.teams.card_actions import ADAPTIVE_CARD
from sandbox.teams.state import Json

HERO, THUMBNAIL = "application/vnd.microsoft.card.hero", "application/vnd.microsoft.card.thumbnail"
MOST_RESULTS = 25
"""What Teams asks for in ``queryOptions.count``, and the most that it lists."""
UNREACHABLE = "Unable to reach app. Please try again."
WENT_WRONG = "Something went wrong. Please try again."


class _Piece(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)


class PreviewContent(_Piece):
    """What the list of results shows of one."""

    title: str = ""
    subtitle: str = ""
    text: str = ""

    @model_validator(mode="after")
    def _says_something(self) -> "PreviewContent":
        if not (self.title or self.subtitle or self.text):
            raise ValueError("a preview needs a title, a subtitle or a text")
        return self


class Preview(_Piece):
    """A hero or thumbnail card; Teams shows no other one in the list."""

    contentType: Literal["application/vnd.microsoft.card.hero", "application/vnd.microsoft.card.thumbnail"]
    content: PreviewContent


class Result(_Piece):
    """One result: the card to share, and its preview. An Adaptive Card is listed by its preview alone."""

    contentType: str
    content: Json
    preview: Preview

    @model_validator(mode="after")
    def _is_a_card(self) -> "Result":
        if self.contentType not in (ADAPTIVE_CARD, HERO, THUMBNAIL):
            raise ValueError("Teams shares no such attachment")
        if self.contentType == ADAPTIVE_CARD and self.content.get("type") != "AdaptiveCard":
            raise ValueError("the content of an Adaptive Card attachment must be of type AdaptiveCard")
        return self


class Results(_Piece):
    """Any number of results, as a list or a grid."""

    type: Literal["result"]
    attachmentLayout: Literal["list", "grid"]
    attachments: Annotated[tuple[Result, ...], Field(max_length=MOST_RESULTS)]


class Notice(_Piece):
    """A text in place of results."""

    type: Literal["message"]
    text: Annotated[str, Field(min_length=1)]


class SignInAction(_Piece):
    """What leads to the page where the person signs in."""

    type: Literal["openUrl"]
    value: Annotated[str, Field(pattern="^https?://")]
    title: Annotated[str, Field(min_length=1)]


class SuggestedActions(_Piece):
    """The one action of a sign-in."""

    actions: Annotated[tuple[SignInAction, ...], Field(min_length=1, max_length=1)]


class SignIn(_Piece):
    """The person must sign in, or set the app up, before they can search."""

    type: Literal["auth", "config"]
    suggestedActions: SuggestedActions


class ExtensionAnswer(_Piece):
    """The whole answer."""

    composeExtension: Annotated[Results | Notice | SignIn, Field(discriminator="type")]


def for_searcher(answer: BotAnswer) -> Json:
    """What the person who searched sees; ``problem`` says what an answer in the wrong form lacks.

    ``kind`` is ``results``, ``message``, ``sign_in`` or ``error``.
    """
    seen: Json = {"kind": "error", "results": [], "text": "", "action": None, "problem": None}
    if answer.status is None:
        return seen | {"text": UNREACHABLE}
    if answer.status != 200:
        return seen | {"text": WENT_WRONG}
    try:
        told = ExtensionAnswer.model_validate(answer.body).composeExtension
    except ValidationError as error:
        return seen | {"text": UNREACHABLE, "problem": _first_problem(error)}
    match told:
        case Results():
            results = answer.body["composeExtension"]["attachments"]
            return seen | {"kind": "results", "results": results}
        case Notice():
            return seen | {"kind": "message", "text": told.text}
        case SignIn():
            (action,) = told.suggestedActions.actions
            return seen | {"kind": "sign_in", "action": {"title": action.title, "url": action.value}}


def check_result(attachment: Any) -> Json:
    """The attachment as a message holds it, without its preview; raises ValueError if it is no result."""
    Result.model_validate(attachment)
    return {name: value for name, value in attachment.items() if name != "preview"}


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in problem["loc"])
    return f"{place}: {problem['msg']}" if place else str(problem["msg"])
