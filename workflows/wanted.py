"""Who is wanted in the chat: PagerDuty's people, those first who matter most."""

from workflows.values import Value

ASSIGNEE, ROLE, JOINED, ASKED, ASKER = range(5)
"""Ranks: who comes first where there is no place for all."""
NOT_WANTED = frozenset({"declined", "cancelled"})
"""States of responders, as PagerDuty names them, who are not brought in."""


class WantedPerson(Value):
    """A PagerDuty user who is to be in the chat."""

    user: str
    rank: int
    name: str = ""


def rank_of_responder(state: str) -> int | None:
    """By PagerDuty's state of somebody who was asked to help; ``None``: they are not wanted."""
    if state in NOT_WANTED:
        return None
    return JOINED if state == "joined" else ASKED
