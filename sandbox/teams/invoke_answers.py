"""Read a bot's answer to a click, as Teams reads it."""

from dataclasses import dataclass
from typing import Any, Literal

from sandbox.teams.bot_endpoint import BotAnswer
from sandbox.teams.state import Json

CARD = "application/vnd.microsoft.card.adaptive"
MESSAGE = "application/vnd.microsoft.activity.message"

WENT_WRONG = "Something went wrong. Please try again."
UNREACHABLE = "Unable to reach app. Please try again."


@dataclass(frozen=True, slots=True)
class InvokeResult:
    """What the person who clicked sees."""

    result: Literal["card", "message", "error", "none", "offers_app"]
    card: Json | None = None
    text: str = ""
    error: str = ""
    repeated: bool = False
    """Whether Teams delivers the click again: the answer was late, empty or malformed."""

    def for_page(self) -> Json:
        """The JSON for the page."""
        return {"result": self.result, "card": self.card, "text": self.text, "error": self.error}


_UNREADABLE = InvokeResult("error", error=UNREACHABLE, repeated=True)
_FAILED = InvokeResult("error", error=WENT_WRONG)


def read_answer(answer: BotAnswer) -> InvokeResult:
    """Read a card, a message or an error. An answer that breaks the protocol counts as unreadable."""
    if answer.status is None:
        return _UNREADABLE
    if answer.status != 200:
        return _FAILED
    match answer.body:
        case {"statusCode": 200, "type": str(kind), "value": value} if kind == CARD:
            return _card(value)
        case {"statusCode": 200, "type": str(kind), "value": str(text)} if kind == MESSAGE:
            return InvokeResult("message", text=text) if text.strip() else InvokeResult("none")
        case {"statusCode": int(code), "type": str()} if code != 200:
            return _FAILED
        case _:
            return _UNREADABLE


def _card(value: Any) -> InvokeResult:
    if isinstance(value, dict) and value.get("type") == "AdaptiveCard":
        return InvokeResult("card", card=value)
    return _UNREADABLE
