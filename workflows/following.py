"""Following: somebody follows an incident in a conversation to which no connection brings it."""

from pydantic import AwareDatetime

from workflows.values import Value


class Stopped(Value):
    """Somebody stopped it, or the chat is archived."""

    by: str
    """Their name; empty where the chat is archived."""
    at: AwareDatetime
    is_archived: bool = False


class Following(Value):
    """Why a card is there. Of two for one card that with the higher ``number`` counts."""

    number: int
    """How often somebody began to follow the incident there: 1 is the first time."""
    by: str
    """Name of whoever began."""
    stopped: Stopped | None = None
    """The incident is not followed there any more."""


def stopped_of(following: Following | None) -> Stopped | None:
    """Who stopped it; ``None`` where it goes on, or nobody follows what a connection brings."""
    return following.stopped if following is not None else None
