"""What is known of one operation: where it goes, how it ended, and the state of the run that does it."""

from typing import Literal

from workflows.person import Person
from workflows.values import Value

Outcome = Literal["done", "failed", "unknown"]
"""``failed``: certainly not done. ``unknown``: it was sent and its answer lost; it is never sent again."""


class OperationKey(Value):
    """The row of one operation."""

    account: str
    key: str


class Ended(Value):
    """How an operation ended. Its sentences are made where it is read (``muster.cards.operations``)."""

    outcome: Outcome
    reason: str = ""
    """Why it was not done: the name of an error, or a code of whoever did it."""
    says: str = ""
    """What its sentence names: a place or a person, a permission that is missing."""
    url: str = ""
    """Of what was made, where it can be opened."""
    told: str = ""
    """All that whoever did it answered, as JSON, where that is more: a room's ``RoomAnswer``."""


class Place(Value):
    """Where a message goes."""

    kind: Literal["channel", "chat", "person"]
    name: str
    """As people read it: ``Payments/#ops``, ``chat “Incident 42”``, ``Ada Ops``."""
    tenant: str
    conversation: str = ""
    """Empty: a person's private chat with the bot, wherever it is."""
    card: str | None = None
    """Activity id of the incident's card, in whose thread it is said. ``None``: in a message of its own."""
    group: str | None = None
    """AAD id of the channel's team, where it is known."""
    person: Person | None = None


class State(Value):
    """What the run knows."""

    ended: Ended | None = None
