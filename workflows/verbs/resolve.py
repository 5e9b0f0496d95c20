"""Resolve: the incident is over."""

from workflows.verbs.verb import Verb

VERB = Verb(
    name="resolve",
    label="Resolve",
    place=20,
    target="resolved",
    offered_in=frozenset({"triggered", "acknowledged"}),
    exclusive=True,
    find_out="state",
    confirmed_by=frozenset({"incident.resolved"}),
)
