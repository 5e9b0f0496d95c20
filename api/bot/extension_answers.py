"""Answers to a message extension, in its form (Microsoft: *Respond to search command*).

Only whoever searches sees them.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from api.bot.answers import CARD

_THUMBNAIL = "application/vnd.microsoft.card.thumbnail"


class Result(NamedTuple):
    """One line of a list, and the card that it stands for."""

    title: str
    """Plain text."""
    text: str
    """HTML."""
    card: Mapping[str, Any]


def results(found: Sequence[Result]) -> dict[str, Any]:
    """A list to choose from."""
    return _extension(
        "result", attachmentLayout="list", attachments=[_attachment(result) for result in found]
    )


def message(text: str) -> dict[str, Any]:
    """A sentence in the place of a list; plain text."""
    return _extension("message", text=text)


def sign_in(url: str, title: str) -> dict[str, Any]:
    """One link, for whoever has to open it before there is a list."""
    return _extension(
        "auth", suggestedActions={"actions": [{"type": "openUrl", "title": title, "value": url}]}
    )


def _extension(type_: str, **content: Any) -> dict[str, Any]:
    return {"composeExtension": {"type": type_, **content}}


def _attachment(result: Result) -> dict[str, Any]:
    preview = {"contentType": _THUMBNAIL, "content": {"title": result.title, "text": result.text}}
    return {"contentType": CARD, "content": result.card, "preview": preview}
