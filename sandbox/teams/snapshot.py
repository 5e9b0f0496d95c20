"""What of the state outlives a restart: every message, and of its history what somebody may still look at."""

from sandbox.snapshot import Taken
from sandbox.teams.state import Message, State

KEPT_CALLS = 5_000
KEPT_EDITS = 50
"""Of each of the newest messages of a conversation, beside the first sending; of the others, the last."""
NEWEST = 500


def take(state: State) -> Taken:
    """Copy what can change; the rest is frozen, but for a call that is being answered: it is as it is."""
    head = state.model_dump(mode="json", exclude={"calls", "conversations"})
    calls = state.calls[-KEPT_CALLS:]
    conversations = [
        (c.model_dump(exclude={"messages"}), list(c.messages)) for c in state.conversations.values()
    ]
    return lambda: {
        **head,
        "calls": calls,
        "conversations": {
            fields["id"]: {**fields, "messages": _worth_keeping(messages)}
            for fields, messages in conversations
        },
    }


def _worth_keeping(messages: list[Message]) -> list[Message]:
    older, newest = messages[:-NEWEST], messages[-NEWEST:]
    return [_shortened(one, 1) for one in older] + [_shortened(one, KEPT_EDITS) for one in newest]


def _shortened(message: Message, edits: int) -> Message:
    first, *later = message.versions
    return message.model_copy(update={"versions": (first, *later[-edits:])})
