"""Find actions in a message's cards."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.teams.state import Json, Message

ADAPTIVE_CARD = "application/vnd.microsoft.card.adaptive"
SENT = ("id", "verb", "data")
"""What of an action Teams sends to the bot."""


@dataclass(frozen=True, slots=True)
class Refresh:
    """How a card asks to be refreshed: the action as Teams sends it, and for whom; None for everybody."""

    action: Json
    people: list[str] | None


def find_action(message: Message, verb: str) -> Json | None:
    """The ``Action.Execute`` with this verb in the message's cards; None if there is none."""
    actions = (action for card in _cards(message) for action in _executes(card))
    return next((action for action in actions if action.get("verb") == verb), None)


def has_execute(message: Message) -> bool:
    """Whether a card of the message has an action of the bot's: a button, or its refresh."""
    return any(True for card in _cards(message) for _ in _executes(card))


def refresh_of(message: Message, person: str) -> Refresh | None:
    """The refresh of the card that this person sees, if it has one."""
    shown = [message.private_cards[person]] if person in message.private_cards else _cards(message)
    for card in shown:
        match card:
            case {"refresh": {"action": {"type": "Action.Execute"} as action} as refresh}:
                return Refresh(
                    {name: action[name] for name in SENT if name in action}, refresh.get("userIds")
                )
    return None


def _cards(message: Message) -> list[Any]:
    return [
        attachment.get("content")
        for attachment in message.activity.get("attachments", [])
        if attachment.get("contentType") == ADAPTIVE_CARD
    ]


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
