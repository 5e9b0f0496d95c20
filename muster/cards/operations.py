"""What whoever asks for an operation reads of how it ended."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import get_args

from muster.cards.conversations import following_error, following_summary, stopped_summary
from muster.cards.messages import message_error, message_summary
from muster.cards.rooms.programs import ProgramCall, room_error, room_summary
from workflows.incident_room.state import OrderKind
from workflows.operation.state import Ended

_ROOM_CALLS: tuple[ProgramCall, ...] = ("open_chat", "open_meeting", *get_args(OrderKind))
_ROOMS: Mapping[str, ProgramCall] = {called: called for called in _ROOM_CALLS}
_SUMMARIES: Mapping[str, Callable[[Ended], str]] = {
    "message": message_summary,
    "follow": following_summary,
    "stop_following": stopped_summary,
    **{called: partial(room_summary, called) for called in _ROOM_CALLS},
}
_ERRORS: Mapping[str, Callable[[Ended], str | None]] = {
    "message": message_error,
    "follow": following_error,
    "stop_following": following_error,
}
"""By kind."""


def summary_of(kind: str, ended: Ended) -> str:
    """The result in one sentence."""
    return _SUMMARIES[kind](ended)


def error_of(kind: str, ended: Ended, *, policy: str = "") -> str | None:
    """Why it was not done; ``None`` where it was. ``policy``: the commands that let Muster make meetings."""
    called = _ROOMS.get(kind)
    return _ERRORS[kind](ended) if called is None else room_error(called, ended, policy=policy)
