"""What programs read that have an incident followed in a channel or a chat, or stop it there."""

from workflows.operation.state import Ended

NO_CONVERSATION = "there is no such channel or chat, or Muster is not in it"
NOT_FOLLOWED = "this incident is not followed there"
NOT_THEIRS_TO_STOP = (
    "nobody stops this incident there: a connection of its service brings it, or the chat was made for it"
)
_UNKNOWN = "Nobody knows whether it was done"


def following_summary(ended: Ended) -> str:
    """Whether it is followed there, which ``says`` names."""
    return f"The incident is followed in {ended.says}" if ended.outcome == "done" else _UNKNOWN


def stopped_summary(ended: Ended) -> str:
    """Whether that is over."""
    return f"The incident is not followed in {ended.says} any more" if ended.outcome == "done" else _UNKNOWN


def following_error(ended: Ended) -> str | None:
    """Why neither is known: Muster ended while it was asked, and nobody called again."""
    return None if ended.outcome == "done" else f"{_UNKNOWN}: call again"
