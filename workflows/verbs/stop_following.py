"""Stop following: the incident is shown here no more, and goes on in PagerDuty."""

from workflows.verbs.verb import Verb

VERB = Verb(
    name="stop_following",
    label="Stop following",
    place=900,
    activity="store.stop_following",
    offered_in=frozenset({"triggered", "acknowledged"}),
    stops_following=True,
    exclusive=False,
    find_out="state",
    confirmed_by=frozenset(),
)
