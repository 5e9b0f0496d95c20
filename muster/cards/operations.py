"""What whoever asks for an operation reads of how it ended."""

from collections.abc import Callable, Mapping

from muster.cards.messages import message_error, message_summary
from workflows.operation.state import Ended

_SUMMARIES: Mapping[str, Callable[[Ended], str]] = {"message": message_summary}
_ERRORS: Mapping[str, Callable[[Ended], str | None]] = {"message": message_error}
"""By kind."""


def summary_of(kind: str, ended: Ended) -> str:
    """The result in one sentence."""
    return _SUMMARIES[kind](ended)


def error_of(kind: str, ended: Ended) -> str | None:
    """Why it was not done; ``None`` where it was."""
    return _ERRORS[kind](ended)
