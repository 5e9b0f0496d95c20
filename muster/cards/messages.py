"""A program's message: who speaks, its text letter by letter, and what the program is told of it."""

from muster.cards.text import plain, plain_lines
from workflows.errors import (
    BotRemoved,
    Conflict,
    ConversationUnavailable,
    Forbidden,
    NotFound,
    ProviderUnavailable,
    RateLimited,
    RefusedForNow,
)
from workflows.operation.state import Ended

LONGEST_TEXT = 8_000
"""Characters of a message. Teams takes about 100 KB, and a character has four bytes at most."""
EMPTY = "nothing of it can be seen"
NO_CHANNEL = "there is no such channel, or Muster is not in it"
NO_CHAT = "there is no such chat, or Muster is not in it"
NO_PERSON = "nobody with this e-mail or PagerDuty user id has linked their accounts"
_NAME_LIMIT = 120
_ABSENT = "Muster is not in {} any more"
_FOR_NOW = "Teams refused the message in {} for the moment: call again"
_NOT_SENT: dict[str, str] = {
    BotRemoved.__name__: _ABSENT,
    ConversationUnavailable.__name__: _ABSENT,
    NotFound.__name__: "Muster does not find {} any more",
    Forbidden.__name__: "Teams does not let Muster write to {}",
    RateLimited.__name__: "Teams takes no more messages in {} for the moment: call again",
    RefusedForNow.__name__: _FOR_NOW,
    Conflict.__name__: _FOR_NOW,
    ProviderUnavailable.__name__: "Teams was not reached: call again",
    "withdrawn": "Muster could not begin: call again",
}
"""By the reason, with the place; all else Teams refuses for good."""


def message_text(text: str, *, by: str, through: str) -> str:
    """A plain text: a line that says who speaks, then what was written, with its lines as they are."""
    return f"{speaker_name(by, through=through)}:\n{plain_lines(text)}"


def speaker_name(by: str, *, through: str) -> str:
    """Who does something in Teams through a program: ``Ada Ops through PagerDuty workflows``."""
    return f"{plain(by, _NAME_LIMIT)} through {plain(through, _NAME_LIMIT)}"


def message_summary(ended: Ended) -> str:
    """What became of it."""
    match ended.outcome:
        case "done":
            return f"Message sent to {ended.says}"
        case "unknown":
            return f"Nobody knows whether the message is in {ended.says or 'Teams'}"
        case "failed":
            return "Message not sent"


def message_error(ended: Ended) -> str | None:
    """Why it was not sent, and what to do; ``None`` where it was."""
    match ended.outcome:
        case "done":
            return None
        case "unknown":
            return f"The answer was lost: look in {ended.says or 'Teams'} before you send it again"
        case "failed":
            return _NOT_SENT.get(ended.reason, "Teams refused the message in {}").format(ended.says)
