"""Create Meeting: the incident gets an online meeting, which becomes its conference bridge."""

from workflows.verbs.verb import Verb

VERB = Verb(
    name="create_meeting",
    label="Create Meeting",
    place=25,
    owner="room",
    activity="graph.create_meeting",
    offered_in=frozenset({"triggered", "acknowledged"}),
    exclusive=False,
    find_out="look_up",
    confirmed_by=frozenset({"incident.conference_bridge.updated"}),
)
