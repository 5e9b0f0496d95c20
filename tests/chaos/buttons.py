"""Buttons of cards, as they are on somebody's screen."""

from collections.abc import Mapping
from typing import Any


def on_screen(message: Mapping[str, Any], verb: str) -> dict[str, Any]:
    """The message as somebody sees it now, whose button they press now or later."""
    return {**message, "data": data_of(message["versions"][-1], verb)}


def data_of(shown: Any, verb: str) -> Any:
    """What the verb's button carries, in the card of a message's version or of an answer."""
    if isinstance(shown, list):
        return next((found for one in shown if (found := data_of(one, verb)) is not None), None)
    if not isinstance(shown, dict):
        return None
    if shown.get("type") == "Action.Execute" and shown.get("verb") == verb:
        return shown["data"]
    return data_of(list(shown.values()), verb)
