"""What the snapshot keeps of the state: every message, but not all of its versions."""

from sandbox.snapshot import Taken
from sandbox.teams.state import Message, State

KEPT_CALLS = 5_000
KEPT_EDITS = 50
"""Edits that are kept of each of the ``NEWEST`` messages; of an older message, the last edit is kept."""
NEWEST = 500


def take(state: State) -> Taken:
    """Copy what can change, except calls: a call that is open is written as it is at that time."""
    head = state.model_dump(mode="json", exclude={"calls", "graph_calls", "conversations"})
    calls, graph_calls = state.calls[-KEPT_CALLS:], state.graph_calls[-KEPT_CALLS:]
    conversations = [
        (c.model_dump(exclude={"messages"}), list(c.messages)) for c in state.conversations.values()
    ]
    return lambda: {
        **head,
        "calls": calls,
        "graph_calls": graph_calls,
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
