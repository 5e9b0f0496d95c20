"""What a responder can do from a card: one row per verb."""

from typing import Literal

from workflows.model.incident import Status, Value

VerbName = Literal["acknowledge", "resolve"]


class Verb(Value):
    """A button's row.

    ``undoes`` holds the states that the call would wrongly undo: PagerDuty *reopens* a resolved
    incident that is told ``acknowledged``, so such a verb reads the incident right before it writes.
    """

    name: VerbName
    label: str
    """The button's text."""
    target: Status
    """The status PagerDuty is told."""
    offered_in: frozenset[Status]
    """States of the incident in which the card shows the button."""
    undoes: frozenset[Status]


VERBS: dict[VerbName, Verb] = {
    verb.name: verb
    for verb in (
        Verb(
            name="acknowledge",
            label="Acknowledge",
            target="acknowledged",
            offered_in=frozenset({"triggered"}),
            undoes=frozenset({"resolved"}),
        ),
        Verb(
            name="resolve",
            label="Resolve",
            target="resolved",
            offered_in=frozenset({"triggered", "acknowledged"}),
            undoes=frozenset(),
        ),
    )
}
