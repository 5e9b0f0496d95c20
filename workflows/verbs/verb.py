"""The row of a verb: all that tells one verb from another without a call."""

from typing import Annotated, Literal

from pydantic import Field

from workflows.incident.values import Status
from workflows.values import Value

VerbName = Annotated[str, Field(pattern=r"^[a-z]+(_[a-z]+)*$")]
"""How the button, the update and the dialog name the verb."""

VerbOpening = Literal["at_once"]
"""What a press opens: ``at_once`` nothing, the press is the click."""

Owner = Literal["card", "room"]
"""Which run handles the click: ``card``, the run that owns the pressed card; ``room``, the one that owns the
chat and the meeting of its incident."""

FindOut = Literal["state", "look_up", "event", "openly"]
"""How an unknown outcome of the verb's PagerDuty call is found out.

``state``: the incident shows it. ``look_up``: a list shows it. ``event``: its event arrives within 20 s.
``openly``: nobody can know, and the person is told so.
"""


class Verb(Value):
    """What a button of the card does.

    ``undoes`` holds the states that the call would wrongly undo: PagerDuty *reopens* a resolved incident
    that is told ``acknowledged``, so such a verb reads the incident right before it writes.
    """

    name: VerbName
    label: str
    """The button's text."""
    place: int
    """Where its button stands among the others; lower ones come first."""
    opening: VerbOpening = "at_once"
    owner: Owner = "card"
    activity: str = "pagerduty.change_status"
    """The activity that tells PagerDuty; its row is made of this name."""
    target: Status | None = None
    """The status that PagerDuty is told, by a verb that changes it."""
    offered_in: frozenset[Status]
    """States of the incident in which the card shows the button."""
    stops_following: bool = False
    """It is about the card, and PagerDuty is told nothing: offered in the menu where somebody follows it."""
    undoes: frozenset[Status] = frozenset()
    exclusive: bool
    """Alone on its incident: clicks of such verbs wait for each other (the status lock)."""
    find_out: FindOut
    confirmed_by: frozenset[str]
    """Types of the events with which PagerDuty tells that it was done."""
