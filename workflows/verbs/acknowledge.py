"""Acknowledge: the incident is being worked on, and PagerDuty stops notifying."""

from workflows.verbs.verb import Verb

VERB = Verb(
    name="acknowledge",
    label="Acknowledge",
    place=10,
    target="acknowledged",
    offered_in=frozenset({"triggered"}),
    undoes=frozenset({"resolved"}),
    exclusive=True,
    find_out="state",
    confirmed_by=frozenset({"incident.acknowledged"}),
)
