"""Find an action in a card."""

from collections.abc import Iterator
from typing import Any

from sandbox.teams.state import Json, Message

ADAPTIVE_CARD = "application/vnd.microsoft.card.adaptive"


def find_action(message: Message, verb: str) -> Json | None:
    """The ``Action.Execute`` with this verb in the message's cards; None if there is none."""
    for attachment in message.activity.get("attachments", []):
        if attachment.get("contentType") == ADAPTIVE_CARD:
            for action in _executes(attachment.get("content")):
                if action.get("verb") == verb:
                    return action
    return None


def _executes(node: Any) -> Iterator[Json]:
    """Every ``Action.Execute`` under the node, but not in a ``fallback``: Teams does not need it."""
    if isinstance(node, list):
        for item in node:
            yield from _executes(item)
    elif isinstance(node, dict):
        if node.get("type") == "Action.Execute":
            yield node
        for name, item in node.items():
            if name not in ("data", "fallback"):
                yield from _executes(item)
