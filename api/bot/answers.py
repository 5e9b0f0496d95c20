"""Answers to an invoke. None is ever empty: Teams would deliver the invoke again."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse

from muster.cards.sentences import NO_ANSWER, NO_NEWER_PICTURE

CARD = "application/vnd.microsoft.card.adaptive"
_ERROR = "application/vnd.microsoft.error"
_MESSAGE = "application/vnd.microsoft.activity.message"


def sentence(text: str) -> dict[str, Any]:
    """A card action's answer in words, beside the card, which stays as it is."""
    return {"statusCode": 200, "type": _MESSAGE, "value": text}


def card(content: Mapping[str, Any]) -> dict[str, Any]:
    """A card action's answer that replaces the card."""
    return {"statusCode": 200, "type": CARD, "value": content}


def error(status: int, code: str, message: str) -> dict[str, Any]:
    """A card action that failed. Teams reads the inner status and shows ``message`` in red."""
    return {"statusCode": status, "type": _ERROR, "value": {"code": code, "message": message}}


def not_refreshed(status: int) -> dict[str, Any]:
    """A refresh that failed, for whatever reason: the card stays, and Teams shows an error of it to nobody.

    A sentence would be shown to everybody who looks at the card. Never 401: Teams would ask to sign in.
    """
    return error(status, "NotRefreshed", NO_NEWER_PICTURE)


def card_error(status: int, code: str, message: str) -> JSONResponse:
    """The same as the whole HTTP answer."""
    return JSONResponse(error(status, code, message))


def plain_error(status: int, message: str) -> JSONResponse:
    """Any other request that failed."""
    return JSONResponse({"detail": message}, status_code=status)


def invoke_answer(status: int, body: Any) -> JSONResponse:
    """What the bot answered; if it had no answer to this kind of invoke, that is said."""
    if body is None:
        return plain_error(status if status >= 400 else 501, NO_ANSWER)
    return JSONResponse(body, status_code=status)
