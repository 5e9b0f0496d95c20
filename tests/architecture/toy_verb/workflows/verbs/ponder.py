"""Ponder: a verb that exists in tests alone, and changes no status."""

from workflows.verbs.verb import Verb

VERB = Verb(
    name="ponder",
    label="Ponder",
    place=15,
    activity="pagerduty.ponder",
    offered_in=frozenset({"triggered"}),
    exclusive=False,
    find_out="openly",
    confirmed_by=frozenset(),
)
