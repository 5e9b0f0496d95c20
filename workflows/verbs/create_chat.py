"""Create Chat: the incident gets a chat of its own, with the people who work on it."""

from workflows.verbs.verb import Verb

VERB = Verb(
    name="create_chat",
    label="Create Chat",
    place=30,
    owner="room",
    activity="graph.create_chat",
    offered_in=frozenset({"triggered", "acknowledged"}),
    exclusive=False,
    find_out="look_up",
    confirmed_by=frozenset(),
)
