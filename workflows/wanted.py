"""Who is wanted in the chat: PagerDuty's people, those first who matter most."""

from collections.abc import Iterable

from workflows.values import Value

ASSIGNEE, ROLE, JOINED, ASKED, ASKER = range(5)
"""Ranks: who comes first where there is no place for all."""
NOT_WANTED = frozenset({"declined", "cancelled"})
"""States of responders, as PagerDuty names them, who are not brought in."""
_MOST_NAMED = 20
"""Names of people in one message of a history."""


class WantedPerson(Value):
    """A PagerDuty user who is to be in the chat."""

    user: str
    rank: int
    name: str = ""
    """Empty: their link or PagerDuty tells it."""


def rank_of_responder(state: str) -> int | None:
    """By PagerDuty's state of somebody who was asked to help; ``None``: they are not wanted."""
    if state in NOT_WANTED:
        return None
    return JOINED if state == "joined" else ASKED


def with_few_names(people: Iterable[WantedPerson]) -> tuple[WantedPerson, ...]:
    """The same people, the first twenty with their names."""
    return tuple(
        one if place < _MOST_NAMED else one.model_copy(update={"name": ""})
        for place, one in enumerate(people)
    )
