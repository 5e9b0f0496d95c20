"""What travels between the API and a run of ``Operation``. It all lives in histories: no token is in it."""

from workflows.operation.state import Ended, Place
from workflows.values import Value

LONGEST_SEND = 30.0
"""Seconds after the intent of a send until its sender can certainly not write any more how it ended."""


class Start(Value):
    """The input of a run: what it does for whom, but for the text."""

    account: str
    key: str
    incident_id: str
    place: Place
    by: str
    """The user of PagerDuty in whose name it is said, as people read it."""
    through: str
    """Name of the token."""
    longest_send: float = LONGEST_SEND


class Say(Value):
    """A message is to be sent, once."""

    text: str
    """As it was written."""
    correlation: str | None = None


class End(Value):
    """The result of a run, for operators."""

    ended: Ended | None
